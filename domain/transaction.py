"""Money that moved: what Stripe took, and what went back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

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

    #: Decided by us, not yet known to Stripe; perhaps a second person must agree first.
    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    #: The money did not arrive, or came back later: it is on our balance, and a person must look.
    FAILED = "failed"
    #: Called off before it arrived: declined by the second person, forgotten by everybody, or canceled at Stripe.
    CANCELED = "canceled"


#: Refunds whose money is on its way, or soon will be: it cannot be sent back twice.
UNDER_WAY: Final = frozenset({RefundStatus.REQUESTED, RefundStatus.PENDING})


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
    #: The maker's own Stripe account, to which Stripe passed this money on at once (Connect).
    destination: str | None = None
    #: What that account got: the amount less the platform's fee. 0 where there is none.
    transferred_minor: int = 0
    refunded_minor: int = 0
    #: What has reached its buyer another way, as a person has said. It is the buyer's for good.
    settled_minor: int = 0
    #: It was held, and its payment waits for no decision on it any more, even if its refund comes back.
    hold_ended: bool = False
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
    #: Until then a second person may agree; None: nobody need to. Nothing is sent before somebody has.
    approval_until: datetime | None = None
    approved_by: str | None = None
    #: Stripe is asked to take the maker's part back from their account, and to give them the platform's fee of it.
    reverses_transfer: bool = False
    #: What the maker's account gave back for it, less the fee that it got back; None: nothing was taken from it.
    reversed_minor: int | None = None
    #: The parameters sent first, sent unchanged ever after. None until the first call is about to be made.
    request: dict[str, Any] | None = None
    #: When the first call was about to be made.
    sent_at: datetime | None = None
    #: Keys of it that are used up: nothing can be done under those any more, and nothing was.
    keys_used: int = 0
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
    #: When a person dealt with it otherwise, although it came to nothing: it was paid back another way, or kept.
    settled_at: datetime | None = None

    @property
    def awaits_approval(self) -> bool:
        """Whether a second person must agree before it is sent."""
        return self.status is RefundStatus.REQUESTED and self.approval_until is not None and self.approved_by is None
