"""How commands print: tables for people, JSON for programs, one sentence for what went wrong."""

import logging
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import click
import orjson
import psycopg
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.opening import own_version
from console.exact_json import exact
from domain.errors import GavelpayError
from domain.lifecycle import Status
from domain.money import Money
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.settings import NotConfigured, SettingsError

#: Colors by meaning; the word stands there too.
COLORS: Final[dict[str, str]] = {
    Status.PENDING: "blue",
    Status.PROCESSING: "cyan",
    Status.COMPLETED: "green",
    Status.FAILED: "yellow",
    "waiting": "blue",
    "done": "green",
    "set_aside": "red",
    "dead": "red",
    "ok": "green",
    "warn": "yellow",
    "fail": "red",
    "numbered": "blue",
    "issued": "green",
    "stuck": "red",
    "void": "yellow",
    "sent": "green",
    "given_up": "red",
    "healthy": "green",
    "failing": "red",
    "paused": "yellow",
}
#: What could steer a terminal: a message's text was written by others.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

#: The first example that an epilog has.
_EXAMPLE: Final = re.compile(r"gavelpay .+?(?=$| · |  )", re.MULTILINE)

as_json: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


class PlainCommand(click.Command):
    """A command that fails in one sentence and with exit code 1, and logs nothing but crashes."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        try:
            with _quiet():
                return super().invoke(ctx)
        except (GavelpayError, NotConfigured, SettingsError) as error:
            raise click.ClickException(sentence(error)) from None
        except psycopg.errors.UndefinedTable:
            raise click.ClickException("The database has no tables yet: run `gavelpay migrate`.") from None


class PlainGroup(click.Group):
    """Commands of that kind."""

    command_class = PlainCommand

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say an example of each."""
        commands = (self.get_command(ctx, name) for name in self.list_commands(ctx))
        found = [_EXAMPLE.search(one.epilog or "") for one in commands if one is not None]
        formatter.write("\nExamples:\n" + "".join(f"  {one[0].strip()}\n" for one in found if one))


@contextmanager
def _quiet() -> Iterator[None]:
    logs = configure_logging(
        process="gavelpay",
        role="cli",
        version=own_version(),
        now=SystemClock(),
        terminal=sys.stderr,
        level=logging.CRITICAL,
    )
    try:
        yield
    finally:
        logs.close()


def sentence(error: Exception) -> str:
    """What went wrong, as a sentence."""
    text = " ".join(str(error).split()) or type(error).__name__
    return f"{text[0].upper()}{text[1:].rstrip('.')}."


def print_json(document: Any) -> None:
    """Print JSON with exact decimals and times in UTC."""
    text = orjson.dumps(document, default=exact, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)
    click.echo(text.decode())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print a table; a column whose name begins with `>` is right-aligned. Without rows, the sentence `empty`."""
    if not rows:
        click.echo(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        name = column.removeprefix(">")
        # Ids are there to be copied: they are never cut.
        table.add_column(name, justify="right" if name != column else "left", no_wrap=name == "id", overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    screen().print(table)


def print_facts(facts: Sequence[tuple[str, object]]) -> None:
    """Print names with values; what has no value is left out."""
    table = Table(box=None, pad_edge=False, show_header=False, show_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        if value is not None:
            table.add_row(name, _cell(value))
    screen().print(table)


def _cell(value: object) -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, datetime):
        return Text(f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}")
    return Text("" if value is None else harmless(str(value)))


def harmless(text: str) -> str:
    """Text without what could steer a terminal."""
    return _CONTROL.sub("\ufffd", text)


def screen() -> Console:
    """Standard output: as wide as the terminal, and as wide as need be where it goes to a file."""
    console = Console(file=sys.stdout, highlight=False)
    return console if console.is_terminal else Console(file=sys.stdout, highlight=False, width=240)


def colored(word: str) -> Text:
    """A status in its color."""
    return Text(word, COLORS.get(word, "default"))


def money(minor: int, currency: str) -> str:
    """An amount, such as `1,240.00 USD`."""
    return str(Money(currency, minor))
