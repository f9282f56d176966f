"""A dispute: a buyer's bank asks for the money back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.ids import DisputeId, SessionId, TransactionId


class DisputeStatus(StrEnum):
    """Where a dispute stands, in Stripe's words."""

    #: The bank inquires; nothing has been taken yet.
    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    #: The inquiry came to nothing.
    WARNING_CLOSED = "warning_closed"
    #: The money was taken; evidence is awaited until it is due. Moved on by an operator, in Stripe's dashboard.
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    #: It was decided, and the other side, or we, do not take that.
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response"
    APPEAL_UNDER_REVIEW = "appeal_under_review"
    WON = "won"
    LOST = "lost"
    #: Stripe settled it before it became one.
    PREVENTED = "prevented"


#: The payment stands as it was.
SETTLED_FOR_US: Final = frozenset({DisputeStatus.WON, DisputeStatus.WARNING_CLOSED, DisputeStatus.PREVENTED})
#: Nothing more is expected.
CLOSED: Final = SETTLED_FOR_US | {DisputeStatus.LOST}
_INQUIRY: Final = frozenset({DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.WARNING_UNDER_REVIEW})


@dataclass(slots=True)
class Dispute:
    """A dispute about money that Stripe took. Its fields are the columns of `disputes`."""

    id: DisputeId
    session_id: SessionId
    transaction_id: TransactionId
    stripe_dispute_id: str
    amount_minor: int
    currency: str
    status: DisputeStatus
    reason: str
    opened_at: datetime
    created_at: datetime
    updated_at: datetime
    evidence_due_at: datetime | None = None
    closed_at: datetime | None = None
    #: How often money had moved for it by the newest report of that; what was taken, and what was given back.
    movements: int = 0
    withdrawn_minor: int = 0
    reinstated_minor: int = 0
    #: What is booked as gone for good.
    lost_minor: int = 0
    #: In the settlement currency.
    fee_minor: int = 0
    fee_currency: str | None = None
    #: Lines that the ledger has of it.
    bookings: int = 0
    #: The newest thing that Stripe said about it: time, and rank within that second.
    news_at: datetime | None = None
    news_rank: int = 0

    @property
    def stands(self) -> bool:
        """Whether the payment is in doubt, or lost by it."""
        return self.status not in SETTLED_FOR_US

    @property
    def blocks_refunds(self) -> bool:
        """Whether the money is in the bank's hands: a refund would pay it back twice. Inquiries are best refunded."""
        return self.stands and self.status not in _INQUIRY
