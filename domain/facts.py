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
    #: When the charge was made, where an answer tells: the moment in which the buyer had confirmed.
    charged_at: datetime | None = None
    #: Stripe's open review of it, where the event tells.
    review_id: str | None = None


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


@dataclass(frozen=True, slots=True)
class Judgment:
    """What Stripe Radar thinks of a charge, in Stripe's words."""

    #: normal, elevated, highest, not_assessed, unknown.
    level: str | None
    #: 0 to 100, where the account has Radar for Fraud Teams.
    score: int | None
    #: authorized, manual_review, issuer_declined, blocked, invalid.
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeReported(Fact):
    """Details of money that came: how it was paid, and under which number Stripe books it."""

    balance_transaction_id: str | None
    method_type: str | None
    method_brand: str | None
    method_last4: str | None
    #: How 3-D Secure went, in Stripe's word, where it was used.
    authentication: str | None = None
    method_exp_month: int | None = None
    method_exp_year: int | None = None
    stripe_payment_method_id: str | None = None
    judgment: Judgment | None = None
    #: Stripe's open review of it.
    review_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeJudged(Fact):
    """What Stripe thinks of a charge that brought no money."""

    judgment: Judgment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOpened(Fact):
    """Stripe wants a person to look at a payment, in its dashboard."""

    review_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewClosed(Fact):
    """Somebody has looked, or the payment has ended otherwise."""

    review_id: str
    #: Stripe's word for how it ended.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudWarned(Fact):
    """The card's issuer says that a payment may be fraud (an early fraud warning)."""

    warning_id: str
    fraud_type: str
    #: A refund now may still avoid a dispute.
    actionable: bool


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
    #: What has moved for it on our balance by then, oldest first, in the settlement currency; negative: it was taken.
    #: Of two reports, the one with more movements is the newer one.
    moved: tuple[Money, ...]
    #: What Stripe keeps for its trouble, in the settlement currency.
    fee: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Irrelevant(Fact):
    """Nothing that moves a payment; the event is kept for review."""
