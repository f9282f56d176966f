"""What of a payment is told to whom, beyond that it is theirs.

A bank's code may say that a card is stolen, and a hold that its buyer is suspected: who holds the card may be the
thief, and a maker has no business with either. What is not known to be harmless is not told.
"""

from enum import StrEnum
from typing import Final

from domain.holds import AMOUNT_DIFFERS, HIGHEST_RISK, STRIPE_REVIEW
from domain.opening import CHECKOUT_REFUSED, NOT_OPENED
from domain.payment import Payment
from domain.restating import HELD_MONEY_RETURNED
from domain.transaction import Refund
from domain.waiting import NEAR_THE_END
from domain.wording.reasons import Reason, reason_of


class Audience(StrEnum):
    """Who asks."""

    #: People of the house.
    STAFF = "staff"
    #: The auction service, which announced the payment and hears of its declines by events.
    SERVICE = "service"
    BUYER = "buyer"
    MAKER = "maker"


#: Why a session is where it is, where that says nothing of what anybody thinks of its buyer: told as it is.
HARMLESS: Final = frozenset(
    {
        "window_elapsed",
        "closed_by_request",
        "terminated",
        "paid_late",
        NEAR_THE_END,
        AMOUNT_DIFFERS,
        CHECKOUT_REFUSED,
        NOT_OPENED,
        HELD_MONEY_RETURNED,
    }
)
#: Holds that only work while whom they are about does not know.
SUSPICIONS: Final = frozenset({STRIPE_REVIEW, HIGHEST_RISK})
#: What is told of a bank's code that is not told. Buyers may hear a little more: `declined_money`.
DECLINED: Final = "declined"

_HOUSE: Final = frozenset({Audience.STAFF, Audience.SERVICE})


def reason_for(reason: str | None, to: Audience) -> str | None:
    """Why a session is where it is, in a word that they may be told."""
    if reason is None or to in _HOUSE or reason in HARMLESS:
        return reason
    if reason in SUSPICIONS:
        return None
    why = reason_of(reason) if to is Audience.BUYER else Reason.OTHER
    return DECLINED if why is Reason.OTHER else f"{DECLINED}_{why}"


def hears_method(to: Audience) -> bool:
    """Whether they are told which card, or what else, was paid with."""
    return to is not Audience.MAKER


def hears_of(refund: Refund, to: Audience) -> bool:
    """Whether they are told of a refund: nobody but staff of one that needs a second person, until that has agreed."""
    return to is Audience.STAFF or refund.approval_until is None or refund.approved_by is not None


def is_told_alike(payment: Payment) -> bool:
    """Whether everybody who may see where a payment stands is told the same of it, such as while nobody has paid."""
    return payment.session.reason is None and not payment.transactions
