"""Security events, each a row and a link of the security chain, written in the transaction that they belong to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.ids import NewId
from domain.security import SECURITY_CHAIN, UNREADABLE_INTERVAL, SecurityEvent, SecurityEventKind, tidy
from models import audit
from models.records import AUDIT, SECURITY_EVENTS
from models.sealing import FieldCipher, SealingError

#: Whoever appends to the security chain holds this advisory lock until its commit. It is the last lock that a
#: transaction takes, so nobody waits in a circle for it.
_LOCK: Final = 0x6761_7665_6C73_6563

#: Hears of security events, once they are committed. It must neither fail nor wait.
Alarmed = Callable[[Sequence[SecurityEvent]], None]


def nobody_alarmed(_events: Sequence[SecurityEvent]) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class SecurityLog:
    """The security events of one transaction."""

    connection: Connection[Any]
    cipher: FieldCipher
    new_id: NewId
    #: What was written.
    recorded: list[SecurityEvent] = field(default_factory=list)
    _due: list[tuple[SecurityEvent, timedelta | None]] = field(default_factory=list)

    def note(
        self,
        kind: str,
        at: datetime,
        actor: str,
        *,
        session_id: UUID | None = None,
        quiet: timedelta | None = None,
        **data: object,
    ) -> None:
        """Remember what happened; it is written with the transaction.

        Args:
            kind: a `SecurityEventKind`.
            at: when.
            actor: who did it.
            session_id: the payment that it is about.
            quiet: nothing is written if one of this kind by this actor is younger than that: one flood is one event.
            data: what else there is to know. It is kept for good: no bodies, no secrets.
        """
        self._due.append((SecurityEvent(self.new_id(), kind, actor, at, session_id, tidy(data)), quiet))

    def note_unreadable(self, values: Mapping[str, SealingError]) -> None:
        """Remember, once an hour for each column, that values of it cannot be opened: a key is missing, or worse.

        Args:
            values: table and column of each, with what was wrong with one of them.
        """
        kind = SecurityEventKind.UNREADABLE_VALUES
        for where, error in values.items():
            ((at,),) = self.connection.execute("SELECT lease_now()").fetchall()
            event = SecurityEvent(self.new_id(), kind, f"system:{where}", at, None, tidy({"why": error}))
            if not self._had_one(event, UNREADABLE_INTERVAL):  # or each of their transactions would wait for the chain
                self._due.append((event, UNREADABLE_INTERVAL))

    def flush(self) -> None:
        """Write what was noted to the end of the chain."""
        if not self._due:
            return
        self.connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        due, self._due = self._due, []
        events = [event for event, quiet in due if quiet is None or not self._had_one(event, quiet)]
        entries = audit.chain(SECURITY_CHAIN, *self._end(), [event.note() for event in events])
        for event, entry in zip(events, entries, strict=True):
            event.audit_seq = entry.seq
        if events:
            AUDIT.insert_all(self.connection, entries, self.cipher)
            SECURITY_EVENTS.insert_all(self.connection, events, self.cipher)
            self.recorded += events

    def find(self, condition: str = "true", **params: Any) -> list[SecurityEvent]:
        """Events by a condition on `security_events r`, newest first."""
        sql = f"SELECT {SECURITY_EVENTS.selection} FROM security_events r WHERE {condition} ORDER BY r.audit_seq DESC"  # noqa: S608
        return [SECURITY_EVENTS.load(row, self.cipher) for row in self.connection.execute(sql, params)]

    def _end(self) -> tuple[int, bytes | None]:
        row = self.connection.execute(
            "SELECT seq, hash FROM audit_entries WHERE session_id = %s ORDER BY seq DESC LIMIT 1", (SECURITY_CHAIN,)
        ).fetchone()
        return (0, None) if row is None else (row[0], row[1])

    def _had_one(self, event: SecurityEvent, quiet: timedelta) -> bool:
        sql = "SELECT 1 FROM security_events WHERE kind = %s AND actor = %s AND at > %s LIMIT 1"
        return self.connection.execute(sql, (event.kind, event.actor, event.at - quiet)).fetchone() is not None
