"""One transaction over everything that a use case touches, and the bells that ring once it is committed."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from domain.notifying import QUIET, Telling
from domain.payment import Announcement, Note
from domain.security import SecurityEventKind, is_refused_act
from domain.session import PaymentSession
from domain.window_mirror import Window
from models import outbox
from models.database import Database
from models.dead_letters import DeadLetters
from models.inbox import Inbox
from models.outbox import Endpoints
from models.payments import Payments
from models.replica import Replica
from models.sealing import FieldCipher, SealingError
from models.security import Alarmed, SecurityLog, nobody_alarmed

#: Rings the bells of queues: each name with how many pieces of work there are. It never raises: a bell that is lost
#: costs seconds, for idle workers and sweeps look for the work itself.
Ring = Callable[[Counter[str]], None]


@dataclass(slots=True)
class UnitOfWork:
    """What a use case sees of the database. Nothing outside is asked while one is open."""

    connection: Connection[Any]
    cipher: FieldCipher
    payments: Payments
    inbox: Inbox
    dead_letters: DeadLetters
    security: SecurityLog
    bells: Counter[str]
    #: It sees nothing that others have committed since it began, so nothing may follow on what it reads.
    is_snapshot: bool = False

    def ring(self, actor: str, pieces: int = 1) -> None:
        """Ring for an actor after the commit."""
        self.bells[actor] += pieces

    def at_one_moment(self) -> None:
        """Read everything as it stood at one moment: a payment and its attempts are several queries.

        It is asked before anything is read, by who writes nothing.
        """
        self.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self.is_snapshot = True

    def flush(self) -> None:
        """Write what changed. What an operator was refused is a security event as well."""
        self.payments.flush()
        for session, note in self.payments.noted:
            if is_refused_act(note):
                kind, details = SecurityEventKind.ACT_REFUSED, dict(note.data)
                self.security.note(kind, note.at, note.actor, session_id=session.id, act=note.action, details=details)
        self.security.flush()

    def announce_once(self, announcements: Mapping[str, Announcement]) -> None:
        """Tell something that belongs to no payment, each once for its key, however often it is announced."""
        rung = outbox.write_once(self.connection, self.cipher, announcements, self.payments.endpoints)
        self.bells.update(rung)


#: Hears of what was noted about payments, once it is committed. It must neither fail nor wait.
Noted = Callable[[Sequence[tuple[PaymentSession, Note]]], None]

#: Shows payment windows elsewhere, once what changed them is committed. It must neither fail nor wait for long.
Mirror = Callable[[Sequence[Window]], None]

#: Opens a unit of work: leaving the block commits, an exception rolls back.
Begin = Callable[[], AbstractContextManager[UnitOfWork]]


def nobody(_noted: Sequence[tuple[PaymentSession, Note]]) -> None:
    """Nobody watches."""


def nowhere(_windows: Sequence[Window]) -> None:
    """Nobody mirrors."""


@dataclass(frozen=True, slots=True)
class Store:
    """Where units of work come from."""

    database: Database
    cipher: FieldCipher
    endpoints: Endpoints
    ring: Ring
    noted: Noted = nobody
    alarmed: Alarmed = nobody_alarmed
    mirror: Mirror = nowhere
    telling: Telling = QUIET
    #: As `noted`, but it may wait a moment: called when everything else is done.
    shown: Noted = nobody
    #: What reports are read from, seconds behind; None: the database itself.
    replica: Replica | None = None

    @property
    def for_reports(self) -> Database:
        """What reports are read from."""
        return self.replica or self.database

    def close(self) -> None:
        """Close all connections."""
        self.database.close()
        if self.replica is not None:
            self.replica.close()

    def begin(self) -> AbstractContextManager[UnitOfWork]:
        """Open a unit of work: leaving the block writes what changed and commits; then the bells ring."""
        return self._begun(single=False)

    def begin_single(self) -> AbstractContextManager[UnitOfWork]:
        """The same for one that makes a single statement, in one round trip. It is not taken back."""
        return self._begun(single=True)

    @contextmanager
    def begin_report(self) -> Iterator[UnitOfWork]:
        """Open a unit of work that is only read, where reports are. What cannot be opened there is noted here."""
        unreadable: dict[str, SealingError] = {}
        with self.for_reports.transaction() as connection:
            yield self._unit(connection, unreadable)
        self._note_afterwards(unreadable)

    @contextmanager
    def _begun(self, *, single: bool) -> Iterator[UnitOfWork]:
        with self.database.transaction(single=single) as connection:
            unreadable: dict[str, SealingError] = {}
            uow = self._unit(connection, unreadable)
            yield uow
            if not uow.is_snapshot:
                uow.security.note_unreadable(unreadable)
            uow.flush()
        if uow.is_snapshot:
            self._note_afterwards(unreadable)
        if uow.security.recorded:
            self.alarmed(uow.security.recorded)
        if uow.payments.noted:
            self.noted(uow.payments.noted)
        if rung := +uow.bells:
            self.ring(rung)
        if uow.payments.windows:
            self.mirror(uow.payments.windows)
        if uow.payments.noted:
            self.shown(uow.payments.noted)

    def _note_afterwards(self, unreadable: Mapping[str, SealingError]) -> None:
        """Note what could not be opened, where the end of the security chain can be seen."""
        if unreadable:
            with self.begin() as uow:
                uow.security.note_unreadable(unreadable)

    def _unit(self, connection: Connection[Any], unreadable: dict[str, SealingError]) -> UnitOfWork:
        bells: Counter[str] = Counter()
        cipher = self.cipher.telling(unreadable.setdefault)
        return UnitOfWork(
            connection,
            cipher,
            Payments(
                connection, cipher, self.endpoints, self.telling, lambda actor, pieces: bells.update({actor: pieces})
            ),
            Inbox(connection, cipher),
            DeadLetters(connection, cipher),
            SecurityLog(connection, cipher, self.endpoints.new_id),
            bells,
        )
