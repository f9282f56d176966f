"""The records of one payment: the session, its attempts at Stripe, the money that moved, and what is to be told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.ids import AttemptId, RefundId, SessionId, TransactionId
from domain.lifecycle import Status
from domain.money import Money
from domain.policies import AttemptKind


class AttemptStatus(StrEnum):
    """Where one Stripe object stands."""

    #: Claimed by us; whether Stripe has it is unknown until its answer is recorded.
    OPENING = "opening"
    #: The buyer can pay through it.
    OPEN = "open"
    #: Paid through it.
    PAID = "paid"
    #: Stripe closed it unpaid, by itself or because we asked.
    CLOSED = "closed"
    #: Stripe will never open it.
    REFUSED = "refused"


class AttemptCause(StrEnum):
    """Why a Stripe object was opened."""

    FIRST = "first"
    #: After a decline. Only these count towards the policy's retry limit.
    RETRY = "retry"
    #: The window was extended beyond the life of the old one.
    EXTENSION = "extension"
    #: The old one is known never to have existed, or Stripe closed it before the window's end.
    REPLACEMENT = "replacement"


class TransactionStatus(StrEnum):
    """What became of money that Stripe took."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially_refunded"
    DISPUTED = "disputed"


class Disposition(StrEnum):
    """Whether money that came is ours to keep."""

    #: It pays for the lot. At most one per session.
    KEPT = "kept"
    #: It came after the end.
    LATE = "late"
    #: The session was paid already.
    DUPLICATE = "duplicate"
    #: Amount or currency differ from what was asked: an operator decides.
    HELD = "held"


class RefundStatus(StrEnum):
    """Where a refund stands."""

    #: Decided by us, not yet known to Stripe.
    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(slots=True)
class PaymentSession:
    """One buyer's obligation for one auction. Its fields are the columns of `payment_sessions`."""

    id: SessionId
    auction_id: str
    buyer_id: str
    maker_id: str
    intake_key: str
    policy: str
    amount_minor: int
    currency: str
    created_at: datetime
    updated_at: datetime
    #: Provisional until the first checkout opens; from then on what the buyer was told.
    window_expires_at: datetime
    status: Status = Status.PENDING
    #: Why it is where it is, as a stable word.
    reason: str | None = None
    title: str | None = None
    description: str | None = None
    locale: str | None = None
    buyer_email: str | None = None
    buyer_phone: str | None = None
    maker_email: str | None = None
    maker_stripe_account: str | None = None
    return_url: str | None = None
    cancel_url: str | None = None
    max_extension_minutes: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    risk: dict[str, str] = field(default_factory=dict)
    #: When the first checkout opened; the window counts from then.
    window_started_at: datetime | None = None
    #: Rises with every change of the window; an expiry planned for another version does nothing.
    window_version: int = 1
    retry_count: int = 0
    next_retry_at: datetime | None = None
    completed_at: datetime | None = None
    #: When it became expired or canceled.
    closed_at: datetime | None = None
    fully_refunded: bool = False
    #: The newest thing that Stripe said about it: attempt, time, rank within that second. Older news change nothing.
    news_attempt: int = 0
    news_at: datetime | None = None
    news_rank: int = 0
    #: The end of its audit chain.
    audit_seq: int = 0
    audit_hash: bytes | None = None

    @property
    def amount(self) -> Money:
        """What was asked."""
        return Money(self.currency, self.amount_minor)


@dataclass(slots=True)
class CheckoutAttempt:
    """One Stripe object opened for a session. Its fields are the columns of `checkout_attempts`."""

    id: AttemptId
    session_id: SessionId
    #: Counts within the session, from 1.
    attempt_no: int
    #: `auctionId:buyerId:n`, n counting over all sessions of the pair. Stored before the first call.
    idempotency_key: str
    kind: AttemptKind
    cause: AttemptCause
    created_at: datetime
    status: AttemptStatus = AttemptStatus.OPENING
    #: The parameters sent first, sent unchanged ever after. None until the first call is about to be made.
    request: dict[str, Any] | None = None
    stripe_checkout_id: str | None = None
    stripe_payment_intent_id: str | None = None
    url: str | None = None
    client_secret: str | None = None
    #: When Stripe closes it by itself; None if never.
    expires_at: datetime | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    #: It must be closed at Stripe, because it could outlive its window or was replaced.
    close_requested_at: datetime | None = None
    decline_code: str | None = None
    declined_at: datetime | None = None
    #: Calls made for the step that is under way.
    tries: int = 0
    last_error: str | None = None
    #: When the next call is due; None when nothing is to be asked of Stripe.
    due_at: datetime | None = None
    #: Until when a worker has it in hand, by the database's clock.
    leased_until: datetime | None = None
    #: Rises with every claim; who holds an older number may not write.
    fence: int = 0


@dataclass(slots=True)
class Transaction:
    """Money that Stripe took. Its fields are the columns of `transactions`."""

    id: TransactionId
    session_id: SessionId
    stripe_payment_intent_id: str
    amount_minor: int
    currency: str
    status: TransactionStatus
    disposition: Disposition
    #: When Stripe says that it was paid.
    paid_at: datetime
    created_at: datetime
    attempt_id: AttemptId | None = None
    stripe_charge_id: str | None = None
    stripe_balance_transaction_id: str | None = None
    #: In the settlement currency; None until Stripe has told it.
    stripe_fee_minor: int | None = None
    net_minor: int | None = None
    settlement_currency: str | None = None
    platform_fee_minor: int = 0
    refunded_minor: int = 0
    method_type: str | None = None
    method_brand: str | None = None
    method_last4: str | None = None
    failure_reason: str | None = None


@dataclass(slots=True)
class Refund:
    """Money that goes back. Its fields are the columns of `refunds`."""

    id: RefundId
    session_id: SessionId
    transaction_id: TransactionId
    amount_minor: int
    currency: str
    status: RefundStatus
    reason: str
    idempotency_key: str
    created_at: datetime
    updated_at: datetime
    requested_by: str = "system"
    stripe_refund_id: str | None = None
    failure_reason: str | None = None
    tries: int = 0
    last_error: str | None = None
    due_at: datetime | None = None
    leased_until: datetime | None = None
    fence: int = 0


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


_LISTS = ("attempts", "transactions", "refunds", "notes", "announcements", "ledger")


@dataclass(slots=True)
class Payment:
    """A session with all that belongs to it, as one worker holds it between lock and commit."""

    session: PaymentSession
    attempts: list[CheckoutAttempt] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    ledger: list[LedgerLine] = field(default_factory=list)

    @property
    def newest_attempt(self) -> CheckoutAttempt | None:
        """The attempt opened last, whatever became of it."""
        return max(self.attempts, key=lambda attempt: attempt.attempt_no, default=None)

    @property
    def live_attempt(self) -> CheckoutAttempt | None:
        """The one that the buyer can pay through, or soon will."""
        live = (AttemptStatus.OPENING, AttemptStatus.OPEN)
        return next((attempt for attempt in self.attempts if attempt.status in live), None)

    @property
    def kept_transaction(self) -> Transaction | None:
        """The money that pays for the lot."""
        return next((one for one in self.transactions if one.disposition is Disposition.KEPT), None)

    def attempt(self, attempt_id: UUID) -> CheckoutAttempt:
        """The attempt with that id."""
        return next(one for one in self.attempts if one.id == attempt_id)

    def checkpoint(self) -> Callable[[], None]:
        """Remember everything as it is now; calling the result puts it back."""
        lists = [getattr(self, name) for name in _LISTS]
        kept = [list(one) for one in lists]
        records: list[Any] = [self.session, *self.attempts, *self.transactions, *self.refunds]
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
