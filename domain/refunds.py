"""Money that goes back: what is asked of Stripe, and what Stripe says of it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from domain import ledger
from domain.errors import EventTooEarly
from domain.facts import RefundReported
from domain.ids import RefundId
from domain.payment import Payment
from domain.transaction import Disposition, Refund, RefundStatus, Transaction, TransactionStatus


def send_back(
    payment: Payment, transaction: Transaction, reason: str, now: datetime, new_id: Callable[[], UUID]
) -> Refund:
    """Decide to refund money that is not ours to keep, in full. A worker asks Stripe for it."""
    refund_id = RefundId(new_id())
    session = payment.session
    refund = Refund(
        id=refund_id,
        session_id=session.id,
        transaction_id=transaction.id,
        amount_minor=transaction.amount_minor - transaction.refunded_minor,
        currency=transaction.currency,
        status=RefundStatus.REQUESTED,
        reason=reason,
        # One refund of one kind for one payment: asked for again, it is the same.
        idempotency_key=f"{session.auction_id}:{session.buyer_id}:refund:{transaction.stripe_payment_intent_id}",
        created_at=now,
        updated_at=now,
        due_at=now,
    )
    payment.refunds.append(refund)
    payment.note("refund_requested", now, refund=str(refund_id), reason=reason, amount_minor=refund.amount_minor)
    return refund


def reported(payment: Payment, fact: RefundReported, now: datetime, new_id: Callable[[], UUID]) -> None:
    """Take over what Stripe says of a refund, also of one that was made in its dashboard."""
    refund = _known(payment, fact) or _taken_over(payment, fact, now, new_id)
    refund.stripe_refund_id = fact.stripe_refund_id
    if refund.status is fact.status or refund.status is RefundStatus.FAILED:
        return
    if refund.status is RefundStatus.SUCCEEDED and fact.status is not RefundStatus.FAILED:
        return
    _set(payment, refund, fact, now)


def _known(payment: Payment, fact: RefundReported) -> Refund | None:
    for refund in payment.refunds:
        if refund.stripe_refund_id == fact.stripe_refund_id or str(refund.id) == fact.refund_id:
            return refund
    return None


def _taken_over(payment: Payment, fact: RefundReported, now: datetime, new_id: Callable[[], UUID]) -> Refund:
    transaction = _transaction(payment, fact)
    refund = Refund(
        id=RefundId(new_id()),
        session_id=payment.session.id,
        transaction_id=transaction.id,
        amount_minor=fact.amount.minor,
        currency=fact.amount.currency,
        status=RefundStatus.REQUESTED,
        reason="made_at_stripe",
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


def _set(payment: Payment, refund: Refund, fact: RefundReported, now: datetime) -> None:
    transaction = next(one for one in payment.transactions if one.id == refund.transaction_id)
    was_done, was_canceled = refund.status is RefundStatus.SUCCEEDED, payment.session.fully_refunded
    refund.status, refund.failure_reason, refund.updated_at, refund.due_at = fact.status, fact.failure_reason, now, None
    done = fact.status is RefundStatus.SUCCEEDED
    if done or was_done:
        transaction.refunded_minor += refund.amount_minor if done else -refund.amount_minor
        _restate(payment, transaction)
    kept = transaction.disposition is Disposition.KEPT
    if done:
        ledger.book_refund(payment, transaction, refund, ledger.MAKER if kept else ledger.UNWANTED, now)
    elif was_done:
        ledger.book_returned_refund(payment, transaction, refund, ledger.MAKER if kept else ledger.UNWANTED, now)
    payment.note(f"refund_{fact.status}", now, refund=str(refund.id), amount_minor=refund.amount_minor)
    if done and kept:
        body = {"refundId": str(refund.id), "amountMinor": refund.amount_minor, "currency": refund.currency}
        payment.announce("auction.refunded", now, **body)
        if payment.session.fully_refunded and not was_canceled:
            payment.announce("order.canceled", now, **body)


def _restate(payment: Payment, transaction: Transaction) -> None:
    if transaction.refunded_minor >= transaction.amount_minor:
        transaction.status = TransactionStatus.REFUNDED
    elif transaction.refunded_minor:
        transaction.status = TransactionStatus.PARTIALLY_REFUNDED
    else:
        transaction.status = TransactionStatus.SUCCEEDED
    if transaction.disposition is Disposition.KEPT and transaction.status is TransactionStatus.REFUNDED:
        # For good: the order was canceled and the lot may be sold again, also if the refund fails later.
        payment.session.fully_refunded = True
