"""One payment in a worker's hands: its records, and what is to be noted, announced and booked about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.dispute import Dispute
from domain.lifecycle import UNPAID
from domain.money import Money
from domain.notice import Notice
from domain.payment_method import PaymentMethod
from domain.receipt import Receipt
from domain.risk import RiskSignal
from domain.session import PaymentSession
from domain.transaction import Disposition, Refund, Transaction


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened to a payment; it becomes a link of its audit chain."""

    action: str
    at: datetime
    actor: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that the auction or the order service must be told; it becomes an outgoing event."""

    type: str
    auction_id: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An amount that moves from one account to another: debit and credit in one line, so that no line can be off."""

    #: What booked it, such as `payment:pi_123`; booked once.
    cause: str
    line: int
    debit: str
    credit: str
    amount: Money
    at: datetime


_LISTS = (
    "attempts",
    "transactions",
    "refunds",
    "disputes",
    "signals",
    "notes",
    "announcements",
    "ledger",
    "methods",
    "notices",
    "receipts",
)


@dataclass(slots=True)
class Payment:
    """A session with all that belongs to it, as one worker holds it between lock and commit."""

    session: PaymentSession
    attempts: list[CheckoutAttempt] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    signals: list[RiskSignal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    ledger: list[LedgerLine] = field(default_factory=list)
    #: Ways to pay that were used just now.
    methods: list[PaymentMethod] = field(default_factory=list)
    #: What buyer and maker are to be told.
    notices: list[Notice] = field(default_factory=list)
    #: Receipts and credit notes that became wanted just now.
    receipts: list[Receipt] = field(default_factory=list)
    #: Takes back what the auction is to be told of a reopened lot; False if somebody may have heard it.
    withdraw_reopening: Callable[[], bool] = lambda: False

    @property
    def newest_attempt(self) -> CheckoutAttempt | None:
        """The attempt opened last, whatever became of it."""
        return max(self.attempts, key=lambda attempt: attempt.attempt_no, default=None)

    @property
    def awaits_page(self) -> bool:
        """Whether a page to pay on is to come: it is being opened, or the one before is closed to make room for it."""
        session, newest = self.session, self.newest_attempt
        if newest is None or newest.status is AttemptStatus.OPENING:
            return newest is not None
        if session.status not in UNPAID:
            return False
        if newest.status is AttemptStatus.OPEN:
            return newest.close_requested_at is not None
        return newest.status is AttemptStatus.CLOSED and session.next_retry_at is not None

    @property
    def live_attempts(self) -> list[CheckoutAttempt]:
        """All that Stripe could still be paid through: the newest first, and those that are being closed last."""
        live = [one for one in self.attempts if one.status in (AttemptStatus.OPENING, AttemptStatus.OPEN)]
        return sorted(live, key=lambda one: (one.close_requested_at is not None, -one.attempt_no))

    @property
    def live_attempt(self) -> CheckoutAttempt | None:
        """The one that the buyer can pay through, or soon will."""
        return next(iter(self.live_attempts), None)

    @property
    def kept_transaction(self) -> Transaction | None:
        """The money that pays for the lot."""
        return next((one for one in self.transactions if one.disposition is Disposition.KEPT), None)

    def transaction(self, transaction_id: UUID) -> Transaction:
        """The transaction with that id."""
        return next(one for one in self.transactions if one.id == transaction_id)

    def attempt(self, attempt_id: UUID) -> CheckoutAttempt:
        """The attempt with that id."""
        return next(one for one in self.attempts if one.id == attempt_id)

    def checkpoint(self) -> Callable[[], None]:
        """Remember everything as it is now; calling the result puts it back."""
        lists = [getattr(self, name) for name in _LISTS]
        kept = [list(one) for one in lists]
        records: list[Any] = [self.session, *self.attempts, *self.transactions, *self.refunds, *self.disputes]
        values = [[getattr(record, name) for name in record.__slots__] for record in records]

        def restore() -> None:
            for one, old in zip(lists, kept, strict=True):
                one[:] = old
            for record, old_values in zip(records, values, strict=True):
                for name, value in zip(record.__slots__, old_values, strict=True):
                    setattr(record, name, value)

        return restore

    def note(self, action: str, at: datetime, actor: str = "system", **data: object) -> None:
        """Remember what happened, for the audit chain."""
        self.notes.append(Note(action, at, actor, data))

    def announce(self, kind: str, at: datetime, **data: object) -> None:
        """Remember what must be told downstream."""
        body = {"auctionId": self.session.auction_id, "sessionId": str(self.session.id)} | data
        self.announcements.append(Announcement(kind, self.session.auction_id, at, body))
