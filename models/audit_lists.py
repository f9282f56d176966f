"""Audit entries of all chains as the console lists them: by payment, person, kind and time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.messaging import AuditEntry
from models.paging import Ordering, Paged, Place, a_number, a_time
from models.records import AUDIT
from models.sealing import FieldCipher

AUDIT_ORDER: Final = Ordering((("r.at", a_time), ("r.session_id", UUID), ("r.seq", a_number)))
#: Whoever acts has a role or a way in front: "admin:alice", "cli:bob". An index has their entries alone.
_PEOPLE: Final = "r.actor LIKE '%%:%%'"


class AuditRow(NamedTuple):
    """An entry with its lot; None for the security chain."""

    entry: AuditEntry
    lot: str | None


@dataclass(frozen=True, slots=True)
class WantedEntries:
    """Which entries somebody wants to see; None: any."""

    #: A payment's id, or `SECURITY_CHAIN`.
    chain: UUID | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    #: Only what people and other services did.
    people: bool = False

    @property
    def condition(self) -> str:
        """As a condition on `audit_entries r`."""
        parts = (
            ("r.session_id = %(chain)s", self.chain is not None),
            ("r.actor = %(actor)s", self.actor is not None),
            ("r.action = %(action)s", self.action is not None),
            ("r.at >= %(since)s", self.since is not None),
            ("r.at < %(until)s", self.until is not None),
            (_PEOPLE, self.people or (self.actor is not None and ":" in self.actor)),
        )
        return " AND ".join(["true", *(part for part, is_set in parts if is_set)])

    @property
    def params(self) -> dict[str, Any]:
        """What stands in the condition."""
        return {
            "chain": self.chain,
            "actor": self.actor,
            "action": self.action,
            "since": self.since,
            "until": self.until,
        }


def page(
    connection: Connection[Any], cipher: FieldCipher, wanted: WantedEntries, place: Place, limit: int
) -> Paged[AuditRow]:
    """One page of entries, newest first."""
    sql = (
        f"SELECT coalesce(s.title, s.auction_id), {AUDIT.selection} FROM audit_entries r"  # noqa: S608 - our own words
        " LEFT JOIN payment_sessions s ON s.id = r.session_id WHERE "
    )

    def fetch(tail: str, keys: dict[str, Any]) -> Sequence[AuditRow]:
        rows = connection.execute(sql + tail, wanted.params | keys)
        return [AuditRow(AUDIT.load(row, cipher), lot) for lot, *row in rows]

    return AUDIT_ORDER.page(fetch, wanted.condition, place, limit)


def count(connection: Connection[Any], wanted: WantedEntries, enough: int) -> int:
    """How many there are, counted up to `enough`."""
    row = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM audit_entries r WHERE {wanted.condition} LIMIT %(enough)s) found",  # noqa: S608
        wanted.params | {"enough": enough},
    ).fetchone()
    return int(row[0]) if row else 0


def newest_chains(connection: Connection[Any], limit: int) -> list[UUID]:
    """The payments that were begun last."""
    rows = connection.execute("SELECT id FROM payment_sessions ORDER BY id DESC LIMIT %s", (limit,))
    return [row[0] for row in rows]
