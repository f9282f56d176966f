"""`gavelpay sessions export`: a list of payments as a file."""

from dataclasses import asdict, astuple
from typing import IO

import click
import orjson

from cli.acting import acting_user
from cli.opening import open_app
from console.desk.payments.filters import Filters
from console.desk.spreadsheets import as_csv
from console.problems import Problem
from services.export_payments import COLUMNS, ExportedPayment


@click.command(
    "export",
    epilog="Example: gavelpay sessions export --where status=completed --where since=2026-11-01 --reason 'month end'",
)
@click.option("--where", multiple=True, metavar="NAME=VALUE", help="A filter, as in the address of the console's list.")
@click.option("--reason", required=True, help="Why, for the record.")
@click.option("--out", type=click.File("wb"), default="-", help="Where to; by default the standard output.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object in each line, instead of CSV.")
def export_sessions(*, where: tuple[str, ...], reason: str, out: IO[bytes], as_json: bool) -> None:
    """Write the sessions that match to a file, newest first, without anybody's address. It is audited."""
    try:
        filters = Filters.of(dict(one.partition("=")[::2] for one in where))
    except Problem as problem:
        raise click.BadParameter(problem.detail) from None
    if len(filters.set) != len(where):
        raise click.BadParameter("there is no such filter, or it has no value; the list's address names them all")
    with open_app() as app:
        rows = app.desk.export_payments(filters.wish, reason=reason, actor=acting_user(), asked=filters.set)
        for piece in map(_line, rows) if as_json else as_csv(COLUMNS, map(astuple, rows)):
            out.write(piece)


def _line(row: ExportedPayment) -> bytes:
    return orjson.dumps(asdict(row), default=str, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
