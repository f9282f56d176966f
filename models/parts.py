"""Parts of records: the few columns that a use case reads or changes, where it has hundreds of rows in hand.

What was not loaded is not there: who reads it gets an `AttributeError`, never a value that is none.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

from domain.attempt import CheckoutAttempt
from domain.errors import TransientError
from domain.session import PaymentSession
from domain.unreadable import unopened
from models.mapping import RecordTable
from models.records import ATTEMPTS, SESSIONS
from models.sealing import FieldCipher
from models.tables.schema import FROZEN, SEALED

R = TypeVar("R")


class Part(RecordTable[R]):
    """Some columns of a table. Of one that is sealed only whether it holds anything is loaded: it stays unopened.

    Args:
        whole: the table; its identity is always part of it.
        names: the other columns. What is sealed and may change cannot be one of them: it could not be written back.
    """

    def __init__(self, whole: RecordTable[R], *names: str) -> None:
        super().__init__(whole.table, whole.record, identity=whole.identity, only=names)
        if lacking := set(names).difference(self.names):
            raise TypeError(f"{whole.table.name} has no {sorted(lacking)}")
        if any(SEALED in column.info and not column.info.get(FROZEN) for column in self.columns):
            raise TypeError("what is sealed and may change is loaded whole")
        self._puts = [getattr(whole.record, name).__set__ for name in self.names]

    def selection_as(self, alias: str) -> str:
        """The column list of a SELECT."""
        shown = (
            f"{alias}.{column.name} IS NOT NULL" if SEALED in column.info else f"{alias}.{column.name}"
            for column in self.columns
        )
        return ", ".join(shown)

    def load(self, row: Sequence[Any], _cipher: FieldCipher) -> R:
        """Make a record of a row, with these fields and no other."""
        values = list(row)
        for at, choices in self._enums_at:
            if values[at] is not None:
                values[at] = choices[values[at]]
        for at, column in self._sealed_at:
            values[at] = unopened(column.info[SEALED]) if values[at] else None
        record = self.record.__new__(self.record)
        for put, value in zip(self._puts, values, strict=True):
            put(record, value)
        return record


class Overtaken(TransientError):
    """An attempt that was not locked has changed since it was read. Nothing was kept."""

    code = "overtaken"


class Extent(NamedTuple):
    """How much of a payment is loaded, and locked beside its session."""

    sessions: RecordTable[PaymentSession]
    attempts: RecordTable[CheckoutAttempt]
    #: Its attempts are locked at once. Else those that change are, when they are written: who writes must expect
    #: `Overtaken`. Whatever tells of a payment holds its session; only who takes work in hand holds attempts alone.
    locks_attempts: bool = True

    @property
    def locking(self) -> "Extent":
        """The same, with its attempts locked at once."""
        return self._replace(locks_attempts=True)


WHOLE: Final = Extent(SESSIONS, ATTEMPTS)

#: What the end of a window reads and changes: its rules, whoever is told of it, the log and analytics.
ENDING: Final = Extent(
    Part(
        SESSIONS,
        *("auction_id", "buyer_id", "policy", "amount_minor", "currency"),
        *("buyer_email", "buyer_phone", "maker_email"),
        *("status", "reason", "closed_at", "retry_count", "next_retry_at"),
        *("window_started_at", "window_expires_at", "window_version"),
        *("news_attempt", "news_at", "news_rank"),
        *("audit_seq", "audit_hash", "updated_at"),
    ),
    Part(
        ATTEMPTS,
        *("session_id", "attempt_no", "status", "tries", "expires_at", "due_at", "close_requested_at"),
        *("stripe_checkout_id", "stripe_payment_intent_id", "paid_near_end_at", "look_up_at", "look_up_after"),
    ),
    # Nearly all stay as they are: Stripe has ended them by itself. A lock is a write of its row and of its page.
    locks_attempts=False,
)
