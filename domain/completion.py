"""What becomes of money that has come: it pays for the lot, is held until someone decides, or goes back."""

from collections.abc import Callable
from datetime import datetime

from domain import connect, holds, ledger, receipts, refunds
from domain.attempt import AttemptStatus
from domain.closing import request_closing
from domain.facts import ReviewClosed
from domain.ids import NewId
from domain.lifecycle import FINAL, Status, Trigger, move
from domain.money import Money
from domain.news import forget
from domain.payment import Payment
from domain.remaining import disputes_of, is_disputed, is_untouched, must_go_back, refunds_of, unpromised
from domain.transaction import Disposition, RefundStatus, Transaction

Book = Callable[[Payment, Transaction, datetime], None]


def complete(
    payment: Payment,
    transaction: Transaction,
    now: datetime,
    fee_basis_points: int,
    new_id: NewId,
    *,
    book: Book = ledger.book_payment,
    actor: str = "system",
) -> None:
    """Have money pay for the lot: the session, the books, the audit trail, and what is told of it."""
    session = payment.session
    transaction.disposition = Disposition.KEPT
    transaction.platform_fee_minor = connect.platform_fee(transaction, fee_basis_points)
    honored = session.status is Status.EXPIRED
    step = move(session, Trigger.PAYMENT_HONORED if honored else Trigger.PAYMENT_SUCCEEDED)
    session.closed_at = None
    session.completed_at, session.reason, session.next_retry_at = now, None, None
    session.held_at, session.hold_reason = None, None
    forget(session)
    for other in payment.attempts:
        if other.status in (AttemptStatus.OPENING, AttemptStatus.OPEN):
            request_closing(other, now)
    book(payment, transaction, now)
    receipts.want_receipt(payment, transaction, now, new_id)
    paid = Money(transaction.currency, transaction.amount_minor)
    payment.note(
        "checkout_completed",
        now,
        actor,
        before=step.before,
        after=step.after,
        amount=str(paid),
        amount_minor=paid.minor,
        currency=paid.currency,
        payment_intent=transaction.stripe_payment_intent_id,
        transaction=str(transaction.id),
    )
    told = {"amount": str(paid.major), "currency": paid.currency, "transactionId": str(transaction.id)}
    payment.announce("auction.sold", now, buyerId=session.buyer_id, makerId=session.maker_id, **told)
    payment.announce("order.requested", now, buyerId=session.buyer_id, makerId=session.maker_id, **told)
    for second in holds.still_here(payment):
        # Nobody decides on it any more: the lot is paid, and this is a second payment for it.
        second.disposition = Disposition.DUPLICATE
        give_back(payment, second, now, new_id)


def hold(payment: Payment, transaction: Transaction, reason: str, now: datetime) -> None:
    """Hold money: neither kept nor sent back until someone decides. The window waits."""
    session = payment.session
    step = move(session, Trigger.PAYMENT_PROCESSING)
    if step.changed:
        holds.end_waits(payment, but=transaction)  # The release before does not say so when it ends one.
    session.reason = reason
    if reason != holds.AMOUNT_DIFFERS:
        session.held_at, session.hold_reason = now, reason
    ledger.book_unwanted(payment, transaction, now)
    payment.note(
        "payment_held",
        now,
        before=step.before,
        after=step.after,
        reason=reason,
        received=f"{transaction.amount_minor} {transaction.currency}",
        asked=str(session.amount),
    )


def give_back(payment: Payment, transaction: Transaction, now: datetime, new_id: NewId) -> None:
    """Send back what is left of money that is booked and does not pay for the lot; its disposition says why.

    What the buyer's bank may take is sent once it has decided; what failed already, once a person sends it again.
    """
    amount = str(Money(transaction.currency, transaction.amount_minor))
    action = f"payment_{transaction.disposition}"
    payment.note(action, now, amount=amount, payment_intent=transaction.stripe_payment_intent_id)
    _send_rest(payment, transaction, now, new_id)


def give_back_freed(payment: Payment, now: datetime, new_id: NewId) -> None:
    """Send back what must go back, once its buyer's bank has left it with us, and once nobody decides on it any more.

    What failed of it, or was called off, was told to a person, who sends it again. So is all of a sale that was taken
    back: nothing of that was left when it was.
    """
    for one in payment.transactions:
        if one.disposition is not Disposition.KEPT and must_go_back(payment, one):
            mine = refunds_of(payment, one)
            called_off = sum(refund.amount_minor for refund in mine if refund.status is RefundStatus.CANCELED)
            _send_rest(payment, one, now, new_id, without=called_off)


def _send_rest(payment: Payment, transaction: Transaction, now: datetime, new_id: NewId, *, without: int = 0) -> None:
    minor = unpromised(payment, transaction).minor - without
    if minor > 0 and not is_disputed(payment, transaction):
        refunds.send_back(payment, transaction, Money(transaction.currency, minor), now, new_id)


def accept(
    payment: Payment,
    transaction: Transaction,
    now: datetime,
    fee_basis_points: int,
    new_id: NewId,
    *,
    actor: str = "system",
) -> None:
    """Keep money that was held. If the session is over, or paid otherwise by now, it goes back instead."""
    if payment.session.status not in FINAL:
        refunds.dismiss(payment, transaction, now)  # It stays, whatever was promised before.
        complete(payment, transaction, now, fee_basis_points, new_id, book=ledger.book_release, actor=actor)
        return
    paid_otherwise = payment.kept_transaction is not None
    transaction.disposition = Disposition.DUPLICATE if paid_otherwise else Disposition.LATE
    give_back(payment, transaction, now, new_id)


def review_closed(payment: Payment, fact: ReviewClosed, now: datetime, fee_basis_points: int, new_id: NewId) -> None:
    """Do what a review at Stripe has come to."""
    payment.note("review_closed", now, review=fact.review_id, reason=fact.reason)
    for transaction in payment.transactions:
        if transaction.stripe_payment_intent_id == fact.where.payment_intent_id:
            follow_review(payment, transaction, now, fee_basis_points, new_id)


def follow_review(
    payment: Payment, transaction: Transaction, now: datetime, fee_basis_points: int, new_id: NewId
) -> None:
    """Do with money that is held what its reviews have come to, as far as they have.

    Where somebody has sent a part of it back, or tried to, or its buyer's bank has it or may take it, a person decides
    all the same.
    """
    if transaction.disposition is not Disposition.HELD or holds.differs(payment, transaction):
        return  # It is decided already; or an operator decides, whatever the review says.
    approved = holds.review_of(payment, transaction.stripe_payment_intent_id) is holds.Review.APPROVED
    is_whole = is_untouched(payment, transaction)
    if approved and is_whole and not any(one.blocks_refunds for one in disputes_of(payment, transaction)):
        accept(payment, transaction, now, fee_basis_points, new_id)
