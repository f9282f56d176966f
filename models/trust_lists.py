"""What the console shows of risk and of security events: held payments, signals, disputes, counts over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.dispute import Dispute
from domain.risk import RiskSignal
from domain.security import SECURITY_CHAIN, SecurityEvent, SecurityEventKind
from models.needs import HELD
from models.paging import Ordering, Paged, Place, a_number, a_time, a_word
from models.records import DISPUTES, RISK_SIGNALS, SECURITY_EVENTS
from models.sealing import FieldCipher

SIGNAL_ORDER: Final = Ordering((("r.at", a_time), ("r.session_id", UUID), ("r.kind", a_word), ("r.source", a_word)))
SECURITY_ORDER: Final = Ordering((("r.audit_seq", a_number),))
#: Payments that wait for a decision and disputes that are open, as far as anybody would read.
_MOST: Final = 60

#: Held for their risk or for review, and money of another amount than was asked.
_HELD: Final = f"""
    SELECT id FROM ({HELD}) held JOIN payment_sessions s USING (id)
     ORDER BY coalesce(s.held_at, (SELECT min(t.paid_at) FROM transactions t WHERE t.session_id = s.id)) LIMIT %(most)s
"""  # noqa: S608


class SignalRow(NamedTuple):
    """A signal with its lot and what its payment scores now."""

    signal: RiskSignal
    lot: str
    score: int


class DisputeRow(NamedTuple):
    """An open dispute with its lot."""

    dispute: Dispute
    lot: str


class ChainState(NamedTuple):
    """Where the security chain ends."""

    seq: int
    hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class WantedSecurity:
    """Which security events somebody wants to see; None: any."""

    since: datetime
    kind: str | None = None
    actor: str | None = None
    session_id: UUID | None = None

    @property
    def condition(self) -> str:
        """As a condition on `security_events r`."""
        parts = (
            ("r.kind = %(kind)s", self.kind),
            ("r.actor = %(actor)s", self.actor),
            ("r.session_id = %(session_id)s", self.session_id),
        )
        return " AND ".join(["r.at >= %(since)s", *(part for part, value in parts if value is not None)])

    @property
    def params(self) -> dict[str, Any]:
        """What stands in the condition."""
        return {"since": self.since, "kind": self.kind, "actor": self.actor, "session_id": self.session_id}


@dataclass(frozen=True, slots=True)
class TrustLists:
    """Reads, in one transaction."""

    connection: Connection[Any]
    cipher: FieldCipher

    def held(self) -> list[UUID]:
        """Payments that wait for a decision, the longest first."""
        return [row[0] for row in self.connection.execute(_HELD, {"most": _MOST})]

    def disputes(self) -> list[DisputeRow]:
        """Open disputes, the soonest answer first."""
        rows = self.connection.execute(
            f"SELECT coalesce(s.title, s.auction_id), {DISPUTES.selection} FROM disputes r"  # noqa: S608
            " JOIN payment_sessions s ON s.id = r.session_id"
            " WHERE r.closed_at IS NULL ORDER BY r.evidence_due_at NULLS LAST LIMIT %s",
            (_MOST,),
        )
        return [DisputeRow(DISPUTES.load(row, self.cipher), lot) for lot, *row in rows]

    def signals(self, kind: str | None, place: Place, limit: int) -> Paged[SignalRow]:
        """Signals that weigh something, newest first."""
        sql = (
            f"SELECT coalesce(s.title, s.auction_id), s.risk_score, {RISK_SIGNALS.selection}"  # noqa: S608
            " FROM risk_signals r JOIN payment_sessions s ON s.id = r.session_id WHERE "
        )

        def fetch(tail: str, keys: dict[str, Any]) -> Sequence[SignalRow]:
            rows = self.connection.execute(sql + tail, {"kind": kind} | keys)
            return [SignalRow(RISK_SIGNALS.load(row, self.cipher), lot, score) for lot, score, *row in rows]

        condition = "r.points > 0" + (" AND r.kind = %(kind)s" if kind else "")
        return SIGNAL_ORDER.page(fetch, condition, place, limit)

    def security(self, wanted: WantedSecurity, place: Place, limit: int) -> Paged[SecurityEvent]:
        """Security events, newest first."""
        sql = f"SELECT {SECURITY_EVENTS.selection} FROM security_events r WHERE "  # noqa: S608 - our own words

        def fetch(tail: str, keys: dict[str, Any]) -> Sequence[SecurityEvent]:
            rows = self.connection.execute(sql + tail, wanted.params | keys)
            return [SECURITY_EVENTS.load(row, self.cipher) for row in rows]

        return SECURITY_ORDER.page(fetch, wanted.condition, place, limit)

    def counts(self, since: datetime, step: timedelta) -> dict[tuple[datetime, str], int]:
        """How many security events of each kind fell into each step from then on."""
        rows = self.connection.execute(
            "SELECT date_bin(%(step)s, at, %(since)s), kind, count(*) FROM security_events"
            " WHERE at >= %(since)s GROUP BY 1, 2",
            {"since": since, "step": step},
        )
        return {(at, kind): count for at, kind, count in rows}

    def chain(self) -> ChainState | None:
        """Where the security chain ends; None while it is empty."""
        row = self.connection.execute(
            "SELECT seq, hash, at FROM audit_entries WHERE session_id = %s ORDER BY seq DESC LIMIT 1", (SECURITY_CHAIN,)
        ).fetchone()
        return None if row is None else ChainState(row[0], bytes(row[1]), row[2])

    def newest(self, kind: SecurityEventKind) -> SecurityEvent | None:
        """The newest security event of one kind."""
        rows = self.connection.execute(
            f"SELECT {SECURITY_EVENTS.selection} FROM security_events r WHERE r.kind = %s"  # noqa: S608 - our own words
            " ORDER BY r.at DESC LIMIT 1",
            (kind,),
        )
        return next((SECURITY_EVENTS.load(row, self.cipher) for row in rows), None)
