"""What a payment becomes by what Stripe has said. Pure: it changes the records in hand and writes notes about it.

Applying the same facts in any order, any number of times, ends in the same state: payments are absorbing, and of
everything else only the newest counts (`domain/news.py`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain import connect, disputes, ledger, refunds
from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.closing import close, close_window, request_closing
from domain.errors import EventTooEarly
from domain.facts import (
    ActionRequired,
    ChargeReported,
    Closed,
    Declined,
    DisputeReported,
    Fact,
    Irrelevant,
    Paid,
    Processing,
    RefundReported,
)
from domain.ids import TransactionId
from domain.lifecycle import FINAL, PROCESSING, Status, Trigger, move
from domain.news import RANK, forget, is_news, remember
from domain.payment import Payment
from domain.policies import AttemptKind, Policy
from domain.retries import replan
from domain.transaction import Disposition, Transaction, TransactionStatus

#: How far apart the events of one payment may say that it happened. Whole seconds, and Stripe's own steps between.
SAME_MOMENT: Final = timedelta(seconds=5)


#: Codes of a confirmation with the buyer's bank that failed or was left (3-D Secure).
AUTHENTICATION_FAILURES: Final = frozenset(
    {"authentication_required", "authentication_not_handled", "payment_intent_authentication_failure"}
)
#: Reasons of a session that is processing: money is held, or its moment is not settled.
AMOUNT_DIFFERS: Final = "amount_differs"
NEAR_THE_END: Final = "paid_near_the_end"


class LatePolicy(StrEnum):
    """What becomes of money that comes after the end."""

    #: It goes back at once.
    REFUND = "refund"
    #: It is kept, if the auction has not been told yet that the lot is free.
    HONOR = "honor"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the house has decided, as far as it bears on money that comes."""

    platform_fee_basis_points: int
    policies: Mapping[str, Policy]
    late_policy: LatePolicy
    new_id: Callable[[], UUID]


def apply(payment: Payment, fact: Fact, now: datetime, terms: Terms) -> None:
    """Make of a payment what it is after this fact.

    Raises:
        EventTooEarly: the fact speaks of something that we have not heard of yet.
    """
    match fact:
        case Paid():
            _paid(payment, fact, now, terms)
        case ActionRequired():
            _action_required(payment, fact)
        case Processing():
            _processing(payment, fact)
        case Declined():
            _declined(payment, fact, now)
        case Closed():
            _closed(payment, fact, now)
        case ChargeReported():
            _charge_reported(payment, fact)
        case RefundReported():
            refunds.reported(payment, fact, now, terms.new_id)
        case DisputeReported():
            disputes.reported(payment, fact, now, terms.new_id)
        case Irrelevant():
            pass
    replan(payment, terms.policies[payment.session.policy], now)


def attempt_of(payment: Payment, fact: Fact) -> CheckoutAttempt:
    """The attempt that a fact speaks of; learns Stripe's ids from it, for its webhook may overtake its answer."""
    where = fact.where
    for attempt in payment.attempts:
        if (
            attempt.attempt_no == where.attempt_no
            or (where.checkout_id is not None and attempt.stripe_checkout_id == where.checkout_id)
            or (where.payment_intent_id is not None and attempt.stripe_payment_intent_id == where.payment_intent_id)
        ):
            attempt.stripe_checkout_id = attempt.stripe_checkout_id or where.checkout_id
            attempt.stripe_payment_intent_id = attempt.stripe_payment_intent_id or where.payment_intent_id
            return attempt
    raise EventTooEarly("no attempt of this payment is known under these ids yet")


def _paid(payment: Payment, fact: Paid, now: datetime, terms: Terms) -> None:
    session, attempt = payment.session, attempt_of(payment, fact)
    intent = fact.where.payment_intent_id or ""
    if any(known.stripe_payment_intent_id == intent for known in payment.transactions):
        return
    in_time = _was_in_time(payment, attempt, fact)
    if in_time is None:
        _processing(payment, Processing(at=fact.at, where=fact.where), NEAR_THE_END)
        return
    attempt.status, attempt.closed_at, attempt.due_at = AttemptStatus.PAID, now, None
    disposition = _disposition(payment, fact, terms, in_time=in_time)
    transaction = Transaction(
        id=TransactionId(terms.new_id()),
        session_id=session.id,
        attempt_id=attempt.id,
        stripe_payment_intent_id=intent,
        stripe_charge_id=fact.where.charge_id,
        amount_minor=fact.amount.minor,
        currency=fact.amount.currency,
        status=TransactionStatus.SUCCEEDED,
        disposition=disposition,
        paid_at=fact.at,
        created_at=now,
    )
    connect.pass_on(transaction, attempt)
    payment.transactions.append(transaction)
    if disposition is Disposition.KEPT:
        _complete(payment, transaction, now, terms)
    elif disposition is Disposition.HELD:
        _hold(payment, transaction, now)
    else:
        ledger.book_unwanted(payment, transaction, now)
        payment.note(f"payment_{disposition}", now, amount=str(fact.amount), payment_intent=intent)
        refunds.send_back(payment, transaction, str(disposition), now, terms.new_id)
        if session.status not in FINAL:
            close_window(payment, Trigger.PAYMENT_LATE, "paid_late", now)


def _was_in_time(payment: Payment, attempt: CheckoutAttempt, fact: Paid) -> bool | None:
    """Whether money came within the window; None where this fact is too near to the end to tell.

    A hosted checkout's payment intent speaks a moment earlier or later than the checkout itself: only the object
    that we opened decides at the end.
    """
    session = payment.session
    if session.status in FINAL:
        return False
    end = session.window_expires_at
    decisive = attempt.kind is AttemptKind.PAYMENT_INTENT or fact.where.checkout_id is not None
    if not decisive and fact.at > end - SAME_MOMENT:
        return None
    confirmed_before = fact.confirmed_by is not None and fact.confirmed_by <= end
    waited_for = session.status is PROCESSING and session.reason != NEAR_THE_END
    return fact.at <= end or confirmed_before or waited_for


def _disposition(payment: Payment, fact: Paid, terms: Terms, *, in_time: bool) -> Disposition:
    if payment.kept_transaction is not None:
        return Disposition.DUPLICATE
    if not in_time and not _is_honored(payment, fact, terms):
        return Disposition.LATE
    return Disposition.KEPT if fact.amount == payment.session.amount else Disposition.HELD


def _is_honored(payment: Payment, fact: Paid, terms: Terms) -> bool:
    """Whether late money is kept all the same: by policy, and as long as nobody was told that the lot is free."""
    session = payment.session
    if terms.late_policy is not LatePolicy.HONOR or fact.amount != session.amount:
        return False
    if session.status not in FINAL:
        return True
    return session.status is Status.EXPIRED and payment.withdraw_reopening()


def _complete(payment: Payment, transaction: Transaction, now: datetime, terms: Terms) -> None:
    session = payment.session
    transaction.platform_fee_minor = connect.platform_fee(transaction, terms.platform_fee_basis_points)
    honored = session.status is Status.EXPIRED
    step = move(session, Trigger.PAYMENT_HONORED if honored else Trigger.PAYMENT_SUCCEEDED)
    session.closed_at = None
    session.completed_at, session.reason, session.next_retry_at = now, None, None
    forget(session)
    for other in payment.attempts:
        if other.status in (AttemptStatus.OPENING, AttemptStatus.OPEN):
            request_closing(other, now)
    ledger.book_payment(payment, transaction, now)
    payment.note(
        "checkout_completed",
        now,
        before=step.before,
        after=step.after,
        amount=str(session.amount),
        payment_intent=transaction.stripe_payment_intent_id,
        transaction=str(transaction.id),
    )
    told = {"amount": str(session.amount.major), "currency": session.currency, "transactionId": str(transaction.id)}
    payment.announce("auction.sold", now, buyerId=session.buyer_id, makerId=session.maker_id, **told)
    payment.announce("order.requested", now, buyerId=session.buyer_id, makerId=session.maker_id, **told)


def _hold(payment: Payment, transaction: Transaction, now: datetime) -> None:
    session = payment.session
    step = move(session, Trigger.PAYMENT_PROCESSING)
    session.reason = AMOUNT_DIFFERS
    ledger.book_unwanted(payment, transaction, now)
    received = f"{transaction.amount_minor} {transaction.currency}"
    payment.note(
        "payment_held", now, before=step.before, after=step.after, received=received, asked=str(session.amount)
    )


def _processing(payment: Payment, fact: Processing, reason: str | None = None) -> None:
    session, attempt = payment.session, attempt_of(payment, fact)
    if session.reason == AMOUNT_DIFFERS or not _newest(payment, attempt, fact):
        return
    step = move(session, Trigger.PAYMENT_PROCESSING)
    if step.after is PROCESSING:
        session.reason = reason
    if step.changed:
        payment.note("payment_processing", fact.at, before=step.before, after=step.after, attempt=attempt.attempt_no)


def _action_required(payment: Payment, fact: ActionRequired) -> None:
    attempt = attempt_of(payment, fact)
    if attempt.action_required_at is None or attempt.action_required_at < fact.at:
        attempt.action_required_at = fact.at
        payment.note("authentication_requested", fact.at, attempt=attempt.attempt_no)


def _declined(payment: Payment, fact: Declined, now: datetime) -> None:
    session, attempt = payment.session, attempt_of(payment, fact)
    if fact.closes and attempt.status in (AttemptStatus.OPENING, AttemptStatus.OPEN):
        attempt.status, attempt.closed_at, attempt.due_at = AttemptStatus.CLOSED, now, None
    if attempt.declined_at is None or attempt.declined_at <= fact.at:
        attempt.decline_code, attempt.declined_at = fact.code, fact.at
    if session.reason == AMOUNT_DIFFERS or not _newest(payment, attempt, fact):
        return
    step = move(session, Trigger.PAYMENT_DECLINED)
    if step.after is not Status.FAILED:
        return
    session.reason = fact.code
    if fact.code in AUTHENTICATION_FAILURES:
        payment.note("authentication_failed", now, code=fact.code, attempt=attempt.attempt_no)
    payment.note(
        "payment_declined",
        now,
        before=step.before,
        after=step.after,
        code=fact.code,
        attempt=attempt.attempt_no,
    )
    payment.announce(
        "auction.payment_failed", now, buyerId=session.buyer_id, reason=fact.code, attempt=attempt.attempt_no
    )


def _closed(payment: Payment, fact: Closed, now: datetime) -> None:
    attempt = attempt_of(payment, fact)
    close(payment, attempt, now)


def _charge_reported(payment: Payment, fact: ChargeReported) -> None:
    intent = fact.where.payment_intent_id
    transaction = next((one for one in payment.transactions if one.stripe_payment_intent_id == intent), None)
    if transaction is None:
        raise EventTooEarly("the payment of this charge is not recorded yet")
    transaction.stripe_charge_id = transaction.stripe_charge_id or fact.where.charge_id
    booked = transaction.stripe_balance_transaction_id
    transaction.stripe_balance_transaction_id = booked or fact.balance_transaction_id
    if transaction.method_type is None:
        transaction.method_type = fact.method_type
        transaction.method_brand, transaction.method_last4 = fact.method_brand, fact.method_last4
        if fact.authentication is not None:
            payment.note("authentication_result", fact.at, result=fact.authentication)


def _newest(payment: Payment, attempt: CheckoutAttempt, fact: Fact) -> bool:
    """Whether this fact is newer than all that we heard; remembers it if so. Nothing is news to what is over."""
    session, rank = payment.session, RANK[type(fact)]
    if session.status in FINAL or not is_news(session, attempt.attempt_no, fact.at, rank):
        return False
    remember(session, attempt.attempt_no, fact.at, rank)
    return True
