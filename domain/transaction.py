"""Money that moved: what Stripe took, and what went back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.ids import AttemptId, RefundId, SessionId, TransactionId


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
    #: Under which number Stripe booked it; None until we have seen that.
    stripe_balance_transaction_id: str | None = None
    #: When Stripe is to be asked what became of it (`domain/lookups.py`); None if nothing can have been missed.
    look_up_at: datetime | None = None
    #: Not to be asked again before this.
    look_up_after: datetime | None = None
    #: How often it was looked up.
    look_ups: int = 0
