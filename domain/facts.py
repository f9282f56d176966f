"""What Stripe has said, in the words of this domain. The Stripe gateway reads events and answers into these."""

from dataclasses import dataclass
from datetime import datetime

from domain.dispute import DisputeStatus
from domain.ids import SessionId
from domain.money import Money
from domain.transaction import RefundStatus


@dataclass(frozen=True, slots=True)
class Where:
    """Which payment a fact is about, as far as the event tells."""

    session_id: SessionId | None = None
    attempt_no: int | None = None
    checkout_id: str | None = None
    payment_intent_id: str | None = None
    charge_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that Stripe has said. `at` has a resolution of one second: ties are normal."""

    at: datetime
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid(Fact):
    """Stripe has the money."""

    amount: Money
    #: The buyer had confirmed by then at the latest, where it is known (delayed methods settle days later).
    confirmed_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing(Fact):
    """The buyer has confirmed; whether money comes is not known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequired(Fact):
    """The buyer's bank asks the buyer to confirm (3-D Secure); it waits for the buyer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined(Fact):
    """The buyer's bank, or Stripe, said no."""

    code: str
    #: The Stripe object cannot be paid any more (a delayed method failed). Usually it stays open.
    closes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Fact):
    """The Stripe object ended unpaid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeReported(Fact):
    """Details of money that came: how it was paid, and under which number Stripe books it."""

    balance_transaction_id: str | None
    method_type: str | None
    method_brand: str | None
    method_last4: str | None
    #: How 3-D Secure went, in Stripe's word, where it was used.
    authentication: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReported(Fact):
    """Where a refund stands at Stripe."""

    stripe_refund_id: str
    #: Our own id of it, if we asked for it; None if it was made in Stripe's dashboard.
    refund_id: str | None
    amount: Money
    status: RefundStatus
    failure_reason: str | None
    #: Stripe took the maker's part back from their account.
    reversed_transfer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeReported(Fact):
    """Where a dispute stands: a buyer's bank asks for the money back."""

    stripe_dispute_id: str
    amount: Money
    status: DisputeStatus
    reason: str
    opened_at: datetime
    evidence_due_at: datetime | None
    #: How often money has moved for it by then: of two reports, the one with more movements is the newer one.
    movements: int
    #: The disputed amount was taken from our balance; it was given back.
    withdrawn: bool
    reinstated: bool
    #: What Stripe keeps for its trouble, in the settlement currency.
    fee: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Irrelevant(Fact):
    """Nothing that moves a payment; the event is kept for review."""
