"""The pages of `docs/` that are made from the code. `python -m cli.reference` writes them anew; a test compares."""
