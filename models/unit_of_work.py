"""One transaction over everything that a use case touches, and the bells that ring once it is committed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from domain.payment import Note
from domain.security import SecurityEventKind, is_refused_act
from domain.session import PaymentSession
from models.database import Database
from models.dead_letters import DeadLetters
from models.inbox import Inbox
from models.outbox import Endpoints
from models.payments import Payments
from models.sealing import FieldCipher
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

    def ring(self, actor: str, pieces: int = 1) -> None:
        """Ring for an actor after the commit."""
        self.bells[actor] += pieces

    def flush(self) -> None:
        """Write what changed. What an operator was refused is a security event as well."""
        self.payments.flush()
        for session, note in self.payments.noted:
            if is_refused_act(note):
                kind, details = SecurityEventKind.ACT_REFUSED, dict(note.data)
                self.security.note(kind, note.at, note.actor, session_id=session.id, act=note.action, details=details)
        self.security.flush()


#: Hears of what was noted about payments, once it is committed. It must neither fail nor wait.
Noted = Callable[[Sequence[tuple[PaymentSession, Note]]], None]

#: Opens a unit of work: leaving the block commits, an exception rolls back.
Begin = Callable[[], AbstractContextManager[UnitOfWork]]


def nobody(_noted: Sequence[tuple[PaymentSession, Note]]) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Store:
    """Where units of work come from."""

    database: Database
    cipher: FieldCipher
    endpoints: Endpoints
    ring: Ring
    noted: Noted = nobody
    alarmed: Alarmed = nobody_alarmed

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Open a unit of work: leaving the block writes what changed and commits; then the bells ring."""
        with self.database.transaction() as connection:
            bells: Counter[str] = Counter()
            uow = UnitOfWork(
                connection,
                self.cipher,
                Payments(connection, self.cipher, self.endpoints, lambda actor, pieces: bells.update({actor: pieces})),
                Inbox(connection, self.cipher),
                DeadLetters(connection, self.cipher),
                SecurityLog(connection, self.cipher, self.endpoints.new_id),
                bells,
            )
            yield uow
            uow.flush()
        if uow.security.recorded:
            self.alarmed(uow.security.recorded)
        if uow.payments.noted:
            self.noted(uow.payments.noted)
        if rung := +uow.bells:
            self.ring(rung)
