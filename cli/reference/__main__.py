"""`python -m cli.reference`."""

import click

from cli.reference.pages import write_all

if __name__ == "__main__":  # pragma: no cover - the pages themselves are tested
    click.echo("\n".join(write_all()) or "Every page is as the code has it.")
