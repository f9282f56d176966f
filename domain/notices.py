"""What people are told about a payment: by mail, by text message, on a topic."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.documents import House, Party
from domain.ids import SessionId
from domain.money import Money


class NoticeKind(StrEnum):
    """What a notice says. Its words are in `domain/wording/` and `gateways/mail/templates/`."""

    #: To the buyer, once the first checkout is open: here you can pay, until then.
    PAYMENT_REQUIRED = "payment_required"
    #: To the buyer, a while before the window ends.
    REMINDER = "reminder"
    #: To the buyer: a payment was declined, why, and a fresh link.
    PAYMENT_FAILED = "payment_failed"
    #: To the buyer, with the receipt.
    PAYMENT_RECEIVED = "payment_received"
    #: To the maker, with the payout.
    LOT_PAID = "lot_paid"
    #: To the buyer: there is more time.
    WINDOW_EXTENDED = "window_extended"
    #: To the buyer: the time is over, nothing is owed.
    WINDOW_EXPIRED = "window_expired"
    #: To the maker: the lot was not paid, and is free again.
    LOT_NOT_PAID = "lot_not_paid"
    #: To the buyer, with the credit note: money is on its way back.
    REFUNDED = "refunded"


class Recipient(StrEnum):
    """Whom a notice is for."""

    BUYER = "buyer"
    MAKER = "maker"


@dataclass(frozen=True, slots=True)
class NoticeContent:
    """All that a notice can say, worked out; what does not belong to its kind is None."""

    kind: NoticeKind
    recipient: Recipient
    #: `en` or `de`.
    language: str
    house: House
    buyer: Party
    maker: Party
    session_id: SessionId
    auction_id: str
    #: The lot's own number, where the auction service gave it.
    lot: str | None
    title: str | None
    #: What was asked.
    amount: Money
    #: The buyer's page.
    link: str | None
    #: The end of the time to pay.
    window_end: datetime | None = None
    #: When this is written: "2 hours left" counts from here.
    now: datetime | None = None
    decline_code: str | None = None
    #: Attempts that are left, where the policy limits them.
    attempts_left: int | None = None
    #: When the next attempt opens by itself.
    next_attempt_at: datetime | None = None
    #: Why the window ended, as a stable word (`window_elapsed`, `terminated`, `paid_late`, …).
    reason: str | None = None
    #: The receipt or credit note.
    document_number: str | None = None
    document_link: str | None = None
    #: What goes back to the buyer.
    refunded: Money | None = None
    #: What the maker gets, as far as it is known.
    payout: Money | None = None
