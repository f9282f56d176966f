"""The window sweep: many windows that have run out among very many that have not."""
