"""Where a buyer stands, in the few ways that a page for buyers tells apart."""

from datetime import datetime
from enum import StrEnum

from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.holds import MONEY_IS_HELD
from domain.lifecycle import CANCELED, COMPLETED, EXPIRED, FAILED, PROCESSING
from domain.payment import Payment
from domain.policies import AttemptKind, Policy
from domain.transaction import Disposition


class Stage(StrEnum):
    """What a buyer is told."""

    #: The page to pay on is being opened.
    OPENING = "opening"
    PENDING = "pending"
    #: As pending: the buyer came back from Stripe's page without paying.
    TURNED_BACK = "turned_back"
    #: As pending, but paid with card fields here, not on Stripe's page.
    INSTANT = "instant"
    #: As instant, where we have no card fields to show: it is paid where the buyer came from.
    ELSEWHERE = "elsewhere"
    #: The buyer says to have paid, or the time has just run out: Stripe has the last word.
    CHECKING = "checking"
    PROCESSING = "processing"
    DECLINED = "declined"
    #: Declined, and no further attempt will be opened.
    EXHAUSTED = "exhausted"
    PAID = "paid"
    EXPIRED = "expired"
    #: Money came after the end and goes back.
    LATE = "late"
    CANCELED = "canceled"
    #: A person looks at it.
    HELD = "held"
    #: As held, and the money has come.
    HELD_MONEY = "held_money"


#: Stages that end by themselves within seconds: the page asks again.
PASSING = frozenset({Stage.OPENING, Stage.CHECKING, Stage.PROCESSING})


def stage_of(payment: Payment, policy: Policy, now: datetime, *, back_from_paying: bool) -> Stage:
    """What to tell the buyer.

    Args:
        payment: theirs.
        policy: how it is collected.
        now: the time.
        back_from_paying: the buyer comes from Stripe's page and has paid there; our webhook may not be here yet.
    """
    session = payment.session
    if session.status is COMPLETED:
        return Stage.PAID
    if session.status in (EXPIRED, CANCELED):
        came_late = any(one.disposition is Disposition.LATE for one in payment.transactions)
        return Stage.LATE if came_late else Stage.EXPIRED if session.status is EXPIRED else Stage.CANCELED
    if session.status is PROCESSING:
        return Stage.HELD_MONEY if session.reason in MONEY_IS_HELD else Stage.PROCESSING
    if now >= session.window_expires_at:
        return Stage.CHECKING
    return _unpaid(payment, policy, back_from_paying=back_from_paying)


def _unpaid(payment: Payment, policy: Policy, *, back_from_paying: bool) -> Stage:
    open_one = payable_attempt(payment)
    if open_one is None and payment.session.held_at is not None:
        return Stage.HELD
    if open_one is not None and back_from_paying:  # perhaps declined first, and then paid on the same page
        return Stage.CHECKING
    if payment.session.status is FAILED and (open_one or not _is_being_opened(payment)):
        return Stage.EXHAUSTED if _nothing_left(payment, policy) else Stage.DECLINED
    if open_one is None:
        newest = payment.newest_attempt
        refused = newest is not None and newest.status is AttemptStatus.REFUSED
        return Stage.HELD if refused else Stage.OPENING
    return Stage.INSTANT if open_one.kind is AttemptKind.PAYMENT_INTENT else Stage.PENDING


def payable_attempt(payment: Payment) -> CheckoutAttempt | None:
    """The attempt that the buyer can pay through now."""
    live = payment.live_attempt
    if live is None or live.status is not AttemptStatus.OPEN or live.close_requested_at is not None:
        return None
    return live


def _is_being_opened(payment: Payment) -> bool:
    """Whether another attempt is on its way: asked for, or being opened."""
    return payment.session.retry_asked_at is not None or payment.live_attempt is not None


def _nothing_left(payment: Payment, policy: Policy) -> bool:
    return policy.retry_limit is not None and payment.session.retry_count >= policy.retry_limit
