"""Money that goes back: what is asked of Stripe, and what Stripe says of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from domain import connect, ledger, receipts
from domain.errors import EventTooEarly
from domain.facts import RefundReported
from domain.ids import RefundId
from domain.money import Money
from domain.payment import Payment
from domain.remaining import Owed
from domain.restating import restate
from domain.transaction import Disposition, Refund, RefundStatus, Transaction

#: Whoever was not a person.
NOBODY: Final = frozenset({"system", "stripe"})
#: A report moves a refund forward, never back. It may fail, or come back, after it succeeded.
_STEP: Final = {
    RefundStatus.REQUESTED: 0,
    RefundStatus.PENDING: 1,
    RefundStatus.SUCCEEDED: 2,
    RefundStatus.FAILED: 3,
    RefundStatus.CANCELED: 3,
}


def add_refund(
    payment: Payment, transaction: Transaction, amount: Money, reason: str, *, now: datetime, new_id: Callable[[], UUID]
) -> Refund:
    """Decide to send an amount back. A worker asks Stripe for it, under the next key of that payment."""
    session, intent = payment.session, transaction.stripe_payment_intent_id
    keys = f"{session.auction_id}:{session.buyer_id}:refund:{intent}"
    number = 1 + sum(one.idempotency_key.startswith(keys) for one in payment.refunds)
    in_vain = connect.taken_back_in_vain(payment.refunds, transaction)
    refund = Refund(
        id=RefundId(new_id()),
        session_id=session.id,
        transaction_id=transaction.id,
        amount_minor=amount.minor,
        currency=amount.currency,
        status=RefundStatus.REQUESTED,
        reason=reason,
        idempotency_key=f"{keys}:{number}",
        created_at=now,
        updated_at=now,
        due_at=now,
        reverses_transfer=transaction.transferred_minor > 0 and in_vain < amount.minor,
    )
    payment.refunds.append(refund)
    return refund


def send_back(
    payment: Payment, transaction: Transaction, amount: Money, now: datetime, new_id: Callable[[], UUID]
) -> Refund:
    """Decide to refund money that is not ours to keep; its disposition says why."""
    refund = add_refund(payment, transaction, amount, str(transaction.disposition), now=now, new_id=new_id)
    payment.note("refund_requested", now, refund=str(refund.id), reason=refund.reason, amount_minor=refund.amount_minor)
    return refund


def reported(payment: Payment, fact: RefundReported, now: datetime, new_id: Callable[[], UUID]) -> None:
    """Take over what Stripe says of a refund, also of one that was made in its dashboard.

    Raises:
        EventTooEarly: the money that it is of is not recorded yet, or not that another refund of it came back.
    """
    refund = _known(payment, fact) or _taken_over(payment, fact, now, new_id)
    transaction = payment.transaction(refund.transaction_id)
    # One that Stripe refused, as we thought, and has all the same, is as Stripe says.
    step = _STEP[refund.status] if refund.stripe_refund_id is not None else 0
    refund.stripe_refund_id = fact.stripe_refund_id
    if fact.reversed_transfer and refund.reversed_minor is None and transaction.transferred_minor:
        ledger.book_reversal(payment, transaction, refund, now)
    if _STEP[fact.status] > step:
        _set(payment, transaction, refund, fact, now)
        if refund.status is RefundStatus.SUCCEEDED:
            receipts.want_credit_note(payment, transaction, refund, at=fact.at, now=now, new_id=new_id)


def refused(payment: Payment, refund: Refund, code: str, error: str, now: datetime) -> None:
    """Record that Stripe will never carry a refund out: the money is with Stripe, and a person must look."""
    refund.status, refund.failure_reason, refund.last_error, refund.updated_at = RefundStatus.FAILED, code, error, now
    payment.note("refund_refused", now, refund=str(refund.id), error=error, amount_minor=refund.amount_minor)


def settle(payment: Payment, owed: Owed, now: datetime) -> None:
    """What is owed of that money has reached its buyer another way: it is theirs for good, and ends its wait."""
    owed.transaction.settled_minor += owed.amount.minor
    for one in owed.refunds:
        one.settled_at = now
    restate(payment, owed.transaction, now)


def paid_twice(transaction: Transaction) -> Money:
    """What went back of money beyond what came: Stripe sent it after a person had said that it was paid another way."""
    excess = transaction.refunded_minor + transaction.settled_minor - transaction.amount_minor
    return Money(transaction.currency, max(0, excess))


def dismiss(payment: Payment, transaction: Transaction, now: datetime) -> None:
    """Nothing is owed any more for refunds of that money that came to nothing: it is kept."""
    for one in payment.refunds:
        if one.transaction_id == transaction.id and one.status is RefundStatus.FAILED and one.settled_at is None:
            one.settled_at = now


def _known(payment: Payment, fact: RefundReported) -> Refund | None:
    for refund in payment.refunds:
        if refund.stripe_refund_id == fact.stripe_refund_id:
            return refund
    mine = _named(payment, fact)
    return mine if mine is not None and mine.stripe_refund_id is None else None


def _named(payment: Payment, fact: RefundReported) -> Refund | None:
    """Ours by the id that we gave it. Stripe may have another one of that id: then it sent the money back twice."""
    return next((one for one in payment.refunds if str(one.id) == fact.refund_id), None)


def _taken_over(payment: Payment, fact: RefundReported, now: datetime, new_id: Callable[[], UUID]) -> Refund:
    transaction = _transaction(payment, fact)
    refund = Refund(
        id=RefundId(new_id()),
        session_id=payment.session.id,
        transaction_id=transaction.id,
        amount_minor=fact.amount.minor,
        currency=fact.amount.currency,
        status=RefundStatus.REQUESTED,
        reason="made_at_stripe" if _named(payment, fact) is None else "made_again_at_stripe",
        idempotency_key=f"stripe:{fact.stripe_refund_id}",
        created_at=now,
        updated_at=now,
        requested_by="stripe",
    )
    payment.refunds.append(refund)
    return refund


def _transaction(payment: Payment, fact: RefundReported) -> Transaction:
    for transaction in payment.transactions:
        if transaction.stripe_payment_intent_id == fact.where.payment_intent_id:
            return transaction
    raise EventTooEarly("the payment of this refund is not recorded yet")


def _set(payment: Payment, transaction: Transaction, refund: Refund, fact: RefundReported, now: datetime) -> None:
    was_done = refund.status is RefundStatus.SUCCEEDED
    refund.status, refund.failure_reason, refund.updated_at, refund.due_at = fact.status, fact.failure_reason, now, None
    payment.note(
        f"refund_{fact.status}",
        now,
        refund=str(refund.id),
        amount_minor=refund.amount_minor,
        reason=fact.failure_reason,
        # It had arrived, as Stripe said, and the money is back on our balance.
        came_back=was_done or None,
    )
    if fact.status is RefundStatus.SUCCEEDED:
        _gone_back(payment, transaction, refund, now)
    elif was_done:
        transaction.refunded_minor -= refund.amount_minor
        restate(payment, transaction, now)
        ledger.book_returned_refund(payment, transaction, refund, now)


def _gone_back(payment: Payment, transaction: Transaction, refund: Refund, now: datetime) -> None:
    if transaction.refunded_minor + refund.amount_minor > transaction.amount_minor:
        # Stripe sends no more back than came.
        raise EventTooEarly("another refund of this payment must have come back, and that is not recorded yet")
    transaction.refunded_minor += refund.amount_minor
    if twice := paid_twice(transaction).minor:
        payment.note("paid_back_twice", now, refund=str(refund.id), amount_minor=twice)
    takes_sale_back = restate(payment, transaction, now)
    ledger.book_refund(payment, transaction, refund, now)
    if transaction.disposition is not Disposition.KEPT:
        return
    body = {
        "refundId": str(refund.id),
        "amount": str(Money(refund.currency, refund.amount_minor).major),
        "amountMinor": refund.amount_minor,
        "currency": refund.currency,
        "refunded": str(Money(refund.currency, transaction.refunded_minor).major),
        "inFull": transaction.refunded_minor >= transaction.amount_minor,
    }
    payment.announce("auction.refunded", now, **body)
    if takes_sale_back:
        payment.announce("order.canceled", now, **body)
