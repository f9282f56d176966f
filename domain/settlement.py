"""What a payment becomes by what Stripe has said. Pure: it changes the records in hand and writes notes about it.

Applying the same facts in any order, any number of times, ends in the same state: payments are absorbing, and of
everything else only the newest counts (`domain/news.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain import charges, completion, connect, disputes, holds, ledger, radar, refunds
from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.closing import close, close_window
from domain.errors import EventTooEarly
from domain.facts import (
    ActionRequired,
    ChargeReported,
    Closed,
    Declined,
    DisputeReported,
    Fact,
    Paid,
    Processing,
    RefundReported,
    ReviewClosed,
)
from domain.holds import AMOUNT_DIFFERS, MONEY_IS_HELD
from domain.ids import TransactionId
from domain.lifecycle import FINAL, PROCESSING, Status, Trigger, move
from domain.news import OPENED, RANK, is_news, remember
from domain.payment import Payment
from domain.policies import Policy
from domain.retries import replan
from domain.transaction import Disposition, Transaction, TransactionStatus
from domain.waiting import NEAR_THE_END, goes_on, is_under_way, money_has_come

#: Codes of a confirmation with the buyer's bank that failed or was left (3-D Secure).
AUTHENTICATION_FAILURES: Final = frozenset(
    {"authentication_required", "authentication_not_handled", "payment_intent_authentication_failure"}
)


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
    radar.hear(payment, fact, now)
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
            charges.reported(payment, fact, terms.new_id)
        case ReviewClosed():
            completion.review_closed(payment, fact, now, terms.platform_fee_basis_points, terms.new_id)
        case RefundReported():
            refunds.reported(payment, fact, now, terms.new_id)
        case DisputeReported():
            disputes.reported(payment, fact, now, terms.new_id)
        case _:
            pass  # It tells of risk, or of nothing that moves a payment.
    completion.give_back_freed(payment, now, terms.new_id)
    replan(payment, terms.policies[payment.session.policy], now)


def apply_answer(payment: Payment, facts: Sequence[Fact], now: datetime, terms: Terms) -> None:
    """Make of a payment what it is after all that one answer tells. What Stripe thinks of money is heard first.

    Raises:
        EventTooEarly: as `apply`.
    """
    for fact in facts:
        if isinstance(fact, ChargeReported):
            radar.hear(payment, fact, now)
    for fact in facts:
        apply(payment, fact, now, terms)


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
    if in_time is None and not _is_honored(payment, fact, terms):
        _wait_for_charge(payment, attempt, fact)
        return
    attempt.status, attempt.closed_at, attempt.due_at = AttemptStatus.PAID, now, None
    attempt.paid_near_end_at = None
    disposition = _disposition(payment, fact, terms, in_time=bool(in_time))
    held_for = AMOUNT_DIFFERS
    if disposition is Disposition.KEPT and (doubt := holds.hold_on_money(payment, intent)) is not None:
        disposition, held_for = Disposition.HELD, doubt
    transaction = Transaction(
        id=TransactionId(terms.new_id()),
        session_id=session.id,
        attempt_id=attempt.id,
        stripe_payment_intent_id=intent,
        stripe_charge_id=fact.where.charge_id,
        stripe_balance_transaction_id=attempt.booked_as,
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
        completion.complete(payment, transaction, now, terms.platform_fee_basis_points, terms.new_id)
    elif disposition is Disposition.HELD:
        if session.news_attempt <= attempt.attempt_no:
            # From now on news of it, and of older attempts, are no news.
            remember(session, attempt.attempt_no, attempt.created_at, OPENED)
        completion.hold(payment, transaction, held_for, now)
        completion.follow_review(payment, transaction, now, terms.platform_fee_basis_points, terms.new_id)
    else:
        ledger.book_unwanted(payment, transaction, now)
        completion.give_back(payment, transaction, now, terms.new_id)
        if session.status not in FINAL and not goes_on(payment):
            close_window(payment, Trigger.PAYMENT_LATE, "paid_late", now)


def _was_in_time(payment: Payment, attempt: CheckoutAttempt, fact: Paid) -> bool | None:
    """Whether money came within the window; None where only the charge can tell.

    Each event bears the time at which Stripe made it, some seconds after the buyer has confirmed, or days. What counts
    is when the buyer did. An event from before the end proves that; one from after it proves nothing.
    """
    session = payment.session
    if session.status in FINAL:
        return False
    end = session.window_expires_at
    if min(moment for moment in (fact.at, fact.confirmed_by, fact.charged_at) if moment is not None) <= end:
        return True
    confirmed_before = session.news_at is not None and session.news_at <= end and is_under_way(session, attempt)
    # Where money has come already, what was confirmed may be that.
    if session.status is PROCESSING and not money_has_come(session) and confirmed_before:
        return True
    return None if fact.charged_at is None else False


def _wait_for_charge(payment: Payment, attempt: CheckoutAttempt, fact: Paid) -> None:
    """Money is there, and whether it came in time is to be asked. Until then nothing else counts."""
    session = payment.session
    if attempt.paid_near_end_at is None:
        attempt.paid_near_end_at, attempt.look_up_after = fact.at, None
    step = move(session, Trigger.PAYMENT_PROCESSING)
    if session.reason not in MONEY_IS_HELD:
        session.reason = NEAR_THE_END
    if step.changed:
        payment.note("payment_processing", fact.at, before=step.before, after=step.after, attempt=attempt.attempt_no)


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
    if holds.hold_on_money(payment, fact.where.payment_intent_id or "") is not None:
        return False  # The lot is not taken back from others for money that may not stay.
    return session.status is Status.EXPIRED and payment.withdraw_reopening()


def _processing(payment: Payment, fact: Processing) -> None:
    session, attempt = payment.session, attempt_of(payment, fact)
    if not _newest(payment, attempt, fact) or money_has_come(session):
        return  # While it waits for what becomes of money that is there, news are remembered for afterwards.
    step = move(session, Trigger.PAYMENT_PROCESSING)
    if step.after is PROCESSING:
        session.reason = None
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
    if not _newest(payment, attempt, fact) or money_has_come(session):
        return  # While it waits for what becomes of money that is there, news are remembered for afterwards.
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


def _newest(payment: Payment, attempt: CheckoutAttempt, fact: Fact) -> bool:
    """Whether this fact is newer than all that we heard; remembers it if so. Nothing is to what is paid or over."""
    session, rank = payment.session, RANK[type(fact)]
    is_settled = session.status in FINAL or attempt.status is AttemptStatus.PAID
    if is_settled or not is_news(session, attempt.attempt_no, fact.at, rank):
        return False
    remember(session, attempt.attempt_no, fact.at, rank)
    return True
