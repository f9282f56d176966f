"""The APScheduler process: one table of what is due when, and why."""
