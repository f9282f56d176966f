"""Where the money is that came and was not kept, as its buyer is told."""

from enum import StrEnum

from domain.money import Money
from domain.payment import Payment
from domain.remaining import lost_of, owed
from domain.transaction import Disposition, Transaction


class Back(StrEnum):
    """How money that was held has left us."""

    #: All of it goes back the way it came, by refunds.
    SENT = "sent"
    #: A part was paid back another way, or through the buyer's bank.
    OTHERWISE = "otherwise"
    #: A part has not arrived, and is owed.
    OWED = "owed"


def way_back(payment: Payment) -> Back:
    """Where what was held is, or goes."""
    if owed_back(payment):
        return Back.OWED
    otherwise = any(one.settled_minor or lost_of(payment, one) for one in _held(payment))
    return Back.OTHERWISE if otherwise else Back.SENT


def owed_back(payment: Payment) -> list[Money]:
    """What of money that was held has not arrived, and is not on its way."""
    held = _held(payment)
    return [one.amount for one in owed(payment) if one.transaction in held]


def _held(payment: Payment) -> list[Transaction]:
    return [one for one in payment.transactions if one.disposition is Disposition.HELD]
