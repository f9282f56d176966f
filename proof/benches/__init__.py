"""Performance figures, each with its baseline in the same run."""
