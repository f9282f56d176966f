"""What of money that came is still the house's to decide on, and what of it is owed back: for all who ask, here once.

`models/remaining.py` says the same of what is stored; a test compares the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.dispute import Dispute
from domain.lifecycle import PROCESSING
from domain.money import Money
from domain.payment import Payment
from domain.transaction import UNDER_WAY, Disposition, Refund, RefundStatus, Transaction

_CAME_TO_NOTHING: Final = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed back of one payment's money until it is sent again, or has reached its buyer another way."""

    transaction: Transaction
    amount: Money
    #: Those that came to nothing, the newest last. None where none was ever sent.
    refunds: Sequence[Refund]


def refunds_of(payment: Payment, transaction: Transaction) -> list[Refund]:
    """The refunds of one payment's money, whatever became of them."""
    return [one for one in payment.refunds if one.transaction_id == transaction.id]


def disputes_of(payment: Payment, transaction: Transaction) -> list[Dispute]:
    """The disputes of one payment's money."""
    return [one for one in payment.disputes if one.transaction_id == transaction.id]


def lost_of(payment: Payment, transaction: Transaction) -> int:
    """Minor units of it that disputes have lost for good."""
    return sum(one.lost_minor for one in disputes_of(payment, transaction))


def is_disputed(payment: Payment, transaction: Transaction) -> bool:
    """Whether the buyer's bank has it, or may take it, and has not decided."""
    return any(one.blocks_refunds and one.closed_at is None for one in disputes_of(payment, transaction))


def given_up(payment: Payment, transaction: Transaction) -> int:
    """Minor units that have gone back by the house's own will, by Stripe or another way, or are on their way."""
    under_way = sum(one.amount_minor for one in refunds_of(payment, transaction) if one.status in UNDER_WAY)
    return transaction.refunded_minor + transaction.settled_minor + under_way


def unreturned(payment: Payment, transaction: Transaction) -> int:
    """Minor units that are not back with their buyer: by Stripe, through their bank, or another way."""
    back = transaction.refunded_minor + transaction.settled_minor + lost_of(payment, transaction)
    return max(0, transaction.amount_minor - back)


def left_of(payment: Payment, transaction: Transaction) -> Money:
    """What can still be decided on: not what is back, nor what is on its way or waits for consent. Never below zero."""
    gone = given_up(payment, transaction) + lost_of(payment, transaction)
    return Money(transaction.currency, max(0, transaction.amount_minor - gone))


def unpromised(payment: Payment, transaction: Transaction) -> Money:
    """What is left of it beside what failed: that is a person's to send again, or to pay another way."""
    promised = sum(minor for _, minor in _promises(payment, transaction, by_people=True))
    # Beside an amount, too, the release before leaves marks that tell none: no more was settled than the amount says.
    failed = sum(minor for _, minor in _promises(payment, transaction, by_people=True, marks=False))
    theirs = max(promised, failed - transaction.settled_minor)
    return Money(transaction.currency, max(0, left_of(payment, transaction).minor - theirs))


def is_untouched(payment: Payment, transaction: Transaction) -> bool:
    """Whether nobody has sent anything of it back, nor tried to in vain, whatever was said of that since."""
    failed = any(one.status is RefundStatus.FAILED for one in refunds_of(payment, transaction))
    return not failed and not given_up(payment, transaction)


def must_go_back(payment: Payment, transaction: Transaction) -> bool:
    """Whether all that is left of it is its buyer's: nobody decides on it any more."""
    match transaction.disposition:
        case Disposition.LATE | Disposition.DUPLICATE:
            return True
        case Disposition.HELD:
            return payment.session.status is not PROCESSING or transaction.hold_ended
        case Disposition.KEPT:
            # The sale was taken back, and stays so when the refund comes back.
            return payment.session.fully_refunded and bool(_in_vain(payment, transaction))


def owed(payment: Payment) -> list[Owed]:
    """What is owed back, and for which nothing is on its way. What a bank has not decided on is not."""
    found = []
    for one in payment.transactions:
        left = left_of(payment, one).minor
        if not left or is_disputed(payment, one):
            continue
        if must_go_back(payment, one):
            found.append(Owed(one, Money(one.currency, left), _in_vain(payment, one)))
        elif promises := _promises(payment, one):
            promised = sum(minor for _, minor in promises)
            refunds = [refund for refund, _ in promises]
            found.append(Owed(one, Money(one.currency, min(left, promised)), refunds))
    return found


def _in_vain(payment: Payment, transaction: Transaction) -> list[Refund]:
    """Refunds that came to nothing, the newest last, without those that a person has dealt with."""
    mine = refunds_of(payment, transaction)
    vain = [one for one in mine if one.status in _CAME_TO_NOTHING and not _is_dealt_with(transaction, one)]
    return sorted(vain, key=lambda one: (one.updated_at, one.id))


def _is_dealt_with(transaction: Transaction, refund: Refund) -> bool:
    """Whether a person has dealt otherwise with what came to nothing.

    The release before leaves a mark and no amount. Of money that is not kept that is no reason to take it for ours:
    what was promised of it stays a person's to decide, and nothing sends it again.
    """
    is_told = transaction.disposition is Disposition.KEPT or transaction.settled_minor > 0
    return refund.settled_at is not None and is_told


def _promises(
    payment: Payment, transaction: Transaction, *, by_people: bool = False, marks: bool = True
) -> list[tuple[Refund, int]]:
    """Refunds that failed, oldest first, and how many minor units of each nothing was sent for since.

    What is sent makes up for what had failed before, the oldest first, and for each once. If it fails itself, it is
    owed itself. One that was called off makes up for nothing, and is owed by nobody.

    Args:
        payment: whose money it is.
        transaction: that money.
        by_people: only what people sent makes up for something. What nobody asked for is the rest beside what failed.
        marks: what a person has dealt with is left out.
    """
    moments = [
        (one.updated_at, one.id, True, one)
        for one in refunds_of(payment, transaction)
        if one.status is RefundStatus.FAILED and not (marks and _is_dealt_with(transaction, one))
    ]
    if not moments:
        return []
    moments += [
        (one.created_at, one.id, False, one)
        for one in refunds_of(payment, transaction)
        if one.status is not RefundStatus.CANCELED and not (by_people and one.requested_by == "system")
    ]
    still: list[tuple[Refund, int]] = []
    # Ids sort by time, and tell which is the later of two that were made and failed at one moment.
    for _, _, failed, refund in sorted(moments, key=lambda one: one[:3]):
        if failed:
            still.append((refund, refund.amount_minor))
            continue
        sent = refund.amount_minor
        while sent and still:
            oldest, minor = still[0]
            part = min(sent, minor)
            sent -= part
            still[:1] = [(oldest, minor - part)] if part < minor else []
    return still
