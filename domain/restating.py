"""What a transaction, and its sale, come to by what went back or is disputed."""

from datetime import datetime

from domain.holds import end_waits
from domain.lifecycle import PROCESSING, Trigger, move
from domain.news import is_news, remember
from domain.payment import Payment
from domain.remaining import unreturned
from domain.transaction import Disposition, Transaction, TransactionStatus
from domain.waiting import goes_on

#: Why a payment failed whose held money went back.
HELD_MONEY_RETURNED = "held_money_returned"
#: No news of the attempt whose money was held outranks that it went back.
_LAST = 9


def restate(payment: Payment, transaction: Transaction, now: datetime) -> bool:
    """Bring a transaction's status up to date.

    Returns:
        True if this took the sale back: the auction is free for another sale from now on, even if the refund fails
        later. What the auction was told cannot be untold; such money waits for a person.
    """
    transaction.status = _status(payment, transaction)
    if transaction.disposition is Disposition.HELD:
        _end_hold(payment, transaction, now)
    session = payment.session
    whole = transaction.refunded_minor >= transaction.amount_minor
    if transaction.disposition is not Disposition.KEPT or not whole or session.fully_refunded:
        return False
    session.fully_refunded = True
    return True


def _status(payment: Payment, transaction: Transaction) -> TransactionStatus:
    if any(one.stands for one in payment.disputes if one.transaction_id == transaction.id):
        return TransactionStatus.DISPUTED
    if transaction.refunded_minor >= transaction.amount_minor:
        return TransactionStatus.REFUNDED
    return TransactionStatus.PARTIALLY_REFUNDED if transaction.refunded_minor else TransactionStatus.SUCCEEDED


def _end_hold(payment: Payment, transaction: Transaction, now: datetime) -> None:
    """Money that was held is back with the buyer: the payment is open for other money, as long as its window lasts.

    Nothing ends where the payment waits for something else: for a decision on other money, or for money on its way.
    """
    session = payment.session
    if not unreturned(payment, transaction):
        transaction.hold_ended = True
    if session.status is not PROCESSING or goes_on(payment):
        return
    step = move(session, Trigger.PAYMENT_DECLINED)
    session.reason = HELD_MONEY_RETURNED
    end_waits(payment)
    attempt = next((one for one in payment.attempts if one.id == transaction.attempt_id), None)
    if attempt is not None and is_news(session, attempt.attempt_no, transaction.paid_at, _LAST):
        remember(session, attempt.attempt_no, transaction.paid_at, _LAST)
    payment.note("held_money_returned", now, before=step.before, after=step.after, transaction=str(transaction.id))
    payment.announce("auction.payment_failed", now, buyerId=session.buyer_id, reason=HELD_MONEY_RETURNED)
