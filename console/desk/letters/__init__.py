"""Dead letters: what gave up, for what cause, and what becomes of it."""
