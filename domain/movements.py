"""Movements on our balance at Stripe, and what of them our own books cannot explain."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.facts import Fact
from domain.ids import SessionId
from domain.money import Money
from domain.walks import Walk


class Kind(StrEnum):
    """What moved."""

    #: Money came from a buyer.
    CHARGE = "charge"
    #: Money went back to a buyer.
    REFUND = "refund"
    #: It did not come after all: a bank debit, booked when it was submitted, failed, and is booked back.
    CHARGE_FAILED = "charge_failed"
    #: A refund did not arrive, and Stripe has the money again.
    REFUND_RETURNED = "refund_returned"
    #: A bank took a payment back, or gave it again.
    DISPUTE = "dispute"
    #: Payouts, transfers, fees for other things: nothing that our payments make.
    OTHER = "other"


class Outcome(StrEnum):
    """What became of a charge that is booked."""

    TAKEN = "taken"
    #: A bank debit that is under way: booked as pending, and no money yet.
    UNDER_WAY = "under_way"
    #: It failed, and a second movement books it back.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of Stripe's books. Amounts are signed, in the currency of settlement."""

    id: str
    kind: Kind
    #: Stripe's own word.
    type: str
    at: datetime
    currency: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    #: Stripe's id of what moved.
    source_id: str | None = None
    #: What moved, in the buyer's currency.
    original: Money | None = None
    charge_id: str | None = None
    payment_intent_id: str | None = None
    #: The payment that its metadata names.
    session_id: SessionId | None = None
    #: What the object behind it says of itself: that heals what a lost webhook would have told.
    fact: Fact | None = None
    #: Which one of its dispute's movements it is, from 1; None if Stripe does not list it there.
    place: int | None = None
    #: What became of the charge that it books.
    outcome: Outcome = Outcome.TAKEN
    #: Whether Stripe has sent all of it back since.
    is_given_back: bool = False


@dataclass(slots=True)
class Difference:
    """Money that only one of two books knows, or that they know differently. Its fields are the columns."""

    #: The id of Stripe's movement, or of our own record.
    id: str
    #: What is wrong, as a stable word.
    reason: str
    currency: str
    #: Minor units that nobody can explain, never negative.
    amount_minor: int
    found_at: datetime
    session_id: SessionId | None = None
    #: Stripe's id of what moved: a charge, a refund, a dispute.
    source_id: str | None = None
    payment_intent_id: str | None = None
    #: When it moved at Stripe, or by our books.
    moved_at: datetime | None = None
    #: When Stripe was asked for it again; None: it was not since it was found.
    asked_at: datetime | None = None
    #: When our books and Stripe's came to agree; None while they differ.
    explained_at: datetime | None = None


#: The reasons. Stripe has money of a payment of ours that we have not recorded …
CHARGE_NOT_RECORDED: Final = "charge_not_recorded"
REFUND_NOT_RECORDED: Final = "refund_not_recorded"
RETURN_NOT_RECORDED: Final = "returned_refund_not_recorded"
DISPUTE_NOT_RECORDED: Final = "dispute_not_recorded"
#: … or of one that our books do not have: they were restored from a moment before it was asked for …
PAYMENT_NOT_KNOWN: Final = "payment_not_known"
#: … or both have, and not the same …
AMOUNT_DIFFERS: Final = "amount_differs"
FEE_DIFFERS: Final = "fee_differs"
#: … or we have recorded money that Stripe has not booked.
CHARGE_NOT_BOOKED: Final = "charge_not_booked"
REFUND_NOT_BOOKED: Final = "refund_not_booked"

#: Stripe books a charge some time after it took the money (asynchronous capture), at the latest within an hour or so.
BOOKED: Final = timedelta(hours=2)
#: What became visible late.
OVERLAP: Final = timedelta(minutes=2)
#: So many charges without their fee fill a page nearly whole.
WORTH_A_CALL: Final = 80
#: The oldest such charge waits no longer than this for company.
WAITED: Final = timedelta(minutes=30)
#: Two looks are at least this far apart.
PAUSE: Final = timedelta(minutes=1)
#: Even if nothing of ours moved: what else went on there.
DAILY: Final = timedelta(days=1)
#: What differs is compared again that often, until it does not.
AGAIN: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Unseen:
    """Our records that Stripe's books have not shown yet, young enough for that to be in order."""

    #: Charges, counted up to `WORTH_A_CALL`.
    charges: int
    #: When the oldest of them moved, charges and refunds; None if there is none.
    oldest: datetime | None
    #: Money has ever been taken.
    has_money: bool


def is_due(walk: Walk, unseen: Unseen, now: datetime) -> bool:
    """Whether to read on in Stripe's books now."""
    if walk.until is not None:
        return True
    waited = now - walk.through
    if waited < PAUSE:
        return False
    is_old = unseen.oldest is not None and now - unseen.oldest >= WAITED
    return unseen.charges >= WORTH_A_CALL or is_old or (unseen.has_money and waited >= DAILY)


def begun(walk: Walk, unseen: Unseen, now: datetime) -> Walk:
    """With a slice under way, from where the oldest record that was not seen may be booked."""
    if walk.until is None and unseen.oldest is not None and unseen.oldest < walk.through:
        walk = Walk(unseen.oldest)
    return walk.begun(now)
