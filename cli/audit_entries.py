"""`gavelpay audit list|export`: search the audit trail, and take a copy of what is found."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import click

from cli.acting import acting_user
from cli.opening import open_store
from cli.printing import PlainCommand, as_json, print_json, print_table
from cli.since import Since
from console.desk.audit.files import comma_separated, json_lines
from domain.security import SECURITY_CHAIN
from models.audit_lists import AuditRow, WantedEntries
from models.paging import Place
from services.view_audit import ViewAudit

_LONGEST: Final = 100
_FORMS: Final[Mapping[str, Callable[[Iterable[AuditRow]], Iterator[bytes]]]] = {
    "csv": comma_separated,
    "jsonl": json_lines,
}


class Chain(click.ParamType[UUID]):
    """A payment's id, or `security`."""

    name = "chain"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        """Read it."""
        try:
            return SECURITY_CHAIN if value == "security" else UUID(str(value))
        except ValueError:
            self.fail(f"{value!r} is neither a payment's id nor security", param, ctx)


_chain: Final = click.option("--session", "chain", type=Chain(), help="Only this payment's chain, or `security`.")
_who: Final = click.option("--who", help="Only what they did, such as admin:alice.")
_what: Final = click.option("--what", help="Only entries of this kind, such as window_extended.")
_since: Final = click.option("--since", type=Since(), help="From then on: 90m, 2h, 7d, or a time.")
_until: Final = click.option("--until", type=Since(), help="And before then.")
_people: Final = click.option("--people", is_flag=True, help="Only what people and other services did.")


@click.command("list", cls=PlainCommand, epilog="Example: gavelpay audit list --people --since 7d")
@_chain
@_who
@_what
@_since
@_until
@_people
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many at most.")
@as_json
def list_entries(
    *,
    chain: UUID | None,
    who: str | None,
    what: str | None,
    since: datetime | None,
    until: datetime | None,
    people: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Search the audit trail, newest first."""
    wanted = WantedEntries(chain, who, what, since, until, people)
    with open_store() as (store, clock):
        found = ViewAudit(store.begin, store.begin_report, clock).page(wanted, Place(), limit).rows
    if as_json:
        print_json([
            {"sessionId": entry.session_id, "seq": entry.seq, "at": entry.at, "action": entry.action,
             "actor": entry.actor, "data": entry.data, "hash": entry.hash.hex()}
            for entry, _ in found
        ])  # fmt: skip
        return
    columns = ("when (UTC)", "who", "what", "payment", ">entry", "")
    print_table(columns, [_row(one) for one in found], empty="No entry matches.")


@click.command(
    "export",
    cls=PlainCommand,
    epilog="Example: gavelpay audit export --since 30d --format csv --reason 'year end' > audit.csv",
)
@click.option("--format", "form", type=click.Choice(list(_FORMS)), default="jsonl", show_default=True, help="As what.")
@click.option("--reason", required=True, help="Why, for the record.")
@_chain
@_who
@_what
@_since
@_until
@_people
def export_entries(
    *,
    form: str,
    reason: str,
    chain: UUID | None,
    who: str | None,
    what: str | None,
    since: datetime | None,
    until: datetime | None,
    people: bool,
) -> None:
    """Write what matches, newest first and 50,000 entries at most. That you took them is an entry as well."""
    wanted = WantedEntries(chain, who, what, since, until, people)
    with open_store() as (store, clock):
        view = ViewAudit(store.begin, store.begin_report, clock)
        for line in _FORMS[form](view.export(wanted, acting_user(), form, reason)):
            sys.stdout.buffer.write(line)


def _row(one: AuditRow) -> list[object]:
    entry, lot = one
    whose = "security" if entry.session_id == SECURITY_CHAIN else lot
    data = " ".join(f"{name}={value}" for name, value in entry.data.items())
    return [entry.at, entry.actor, entry.action, whose, entry.seq, data[:_LONGEST]]
