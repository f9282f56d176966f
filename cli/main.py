"""The `gavelpay` command."""

import click


@click.group()
def main() -> None:
    """Collect the payment after an auction's hammer falls."""
