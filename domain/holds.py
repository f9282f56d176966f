"""What a payment's risk signals make of it: its score, alerts, and holds until an operator has looked.

A hold before money has come keeps checkouts from being opened; the window goes on. A hold on money that has come
(`processing`) waits for Stripe's review, or for an operator; the window waits too.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Final

from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.lifecycle import FINAL
from domain.money import Money
from domain.payment import Payment
from domain.remaining import is_untouched, unreturned
from domain.risk import ALERT_AT, HOLD_AT, WEIGHTS, Kind, RiskSignal, assess
from domain.transaction import Disposition, Transaction

#: Why a session is on hold, as stable words.
RISK_SCORE: Final = "risk_score"
STRIPE_REVIEW: Final = "stripe_review"
HIGHEST_RISK: Final = "highest_risk"
#: Why money is held although it came in time: another amount or currency than what was asked.
AMOUNT_DIFFERS: Final = "amount_differs"
#: Reasons of a session for which money that has come is held until someone decides.
MONEY_IS_HELD: Final = frozenset({AMOUNT_DIFFERS, STRIPE_REVIEW, HIGHEST_RISK})

#: How a review ends well. After other ends the money goes back, which is told by refunds, or an operator decides.
APPROVED: Final = frozenset({"approved", "acknowledged"})


class Review(Enum):
    """How Stripe's reviews of one payment stand."""

    NONE = auto()
    #: Nobody has approved it, or not all of them.
    OPEN = auto()
    APPROVED = auto()


def weigh(payment: Payment, signals: Sequence[RiskSignal], now: datetime) -> None:
    """Keep signals that are new, and do what they call for: a new score, alerts, a hold. Told twice, they are once."""
    session = payment.session
    known = {(one.kind, one.source) for one in payment.signals}
    new = {(one.kind, one.source): one for one in signals if (one.kind, one.source) not in known}
    if not new:
        return
    payment.signals.extend(new.values())
    assessment = assess(one.kind for one in payment.signals)
    before, session.risk_score = session.risk_score, assessment.score
    kinds = sorted({kind for kind, _ in new}, key=lambda kind: (-WEIGHTS[kind].points, kind))
    alarming = [kind for kind in kinds if WEIGHTS[kind].alerts]
    if not alarming and before < ALERT_AT <= assessment.score:
        alarming = kinds[:1]
    for kind in alarming:
        payment.note("risk_alert", now, kind=kind, score=assessment.score, reasons=list(assessment.reasons))
    heavier = any(WEIGHTS[kind].holds and WEIGHTS[kind].points for kind in kinds)
    if heavier and assessment.holding >= HOLD_AT and session.status not in FINAL and session.held_at is None:
        session.held_at, session.hold_reason = now, RISK_SCORE
        for attempt in payment.attempts:
            if _is_unsent(attempt):
                attempt.due_at = None
        payment.note("risk_hold", now, hold=RISK_SCORE, score=assessment.score, reasons=list(assessment.reasons))


def lift(payment: Payment, now: datetime) -> None:
    """End a hold: what was kept from being opened is opened now."""
    session = payment.session
    was_held, session.held_at, session.hold_reason = session.held_at, None, None
    for attempt in payment.attempts:
        if was_held is not None and _is_unsent(attempt) and attempt.due_at is None:
            attempt.due_at = now


def hold_on_money(payment: Payment, intent: str) -> str | None:
    """Why money that comes through this payment intent is not to be kept yet; None if it may be."""
    review = review_of(payment, intent)
    if review is not Review.NONE:
        # Once a person has approved it, Radar's own opinion counts no more.
        return None if review is Review.APPROVED else STRIPE_REVIEW
    for signal in payment.signals:
        paid_at_highest = signal.kind is Kind.RADAR_HIGHEST and signal.detail.get("paid")
        if paid_at_highest and signal.stripe_payment_intent_id == intent:
            return HIGHEST_RISK
    return None


def held_money(payment: Payment) -> list[Transaction]:
    """Money that waits for a decision, oldest first: what was wholly back with its buyer does not any more."""
    return [one for one in _undecided(payment) if not one.hold_ended and unreturned(payment, one)]


def still_here(payment: Payment) -> list[Transaction]:
    """Money that was held and is not back with its buyer, waited for or not, oldest first."""
    return [one for one in _undecided(payment) if unreturned(payment, one)]


def end_waits(payment: Payment, *, but: Transaction | None = None) -> None:
    """A payment that is not `processing` waits for no decision on what was held until now."""
    for one in _undecided(payment):
        one.hold_ended = one.hold_ended or one is not but


def choices(payment: Payment) -> list[Transaction]:
    """Held money that the lot could be sold for: of several, that of which nobody has sent anything back, or tried."""
    held = held_money(payment)
    return [one for one in held if is_untouched(payment, one)] if len(held) > 1 else held


def differs(payment: Payment, transaction: Transaction) -> bool:
    """Whether another amount came than was asked."""
    return Money(transaction.currency, transaction.amount_minor) != payment.session.amount


def why_held(payment: Payment, transaction: Transaction) -> str:
    """Why money waits for a decision that has come, as a reason of its session."""
    if differs(payment, transaction):
        return AMOUNT_DIFFERS
    if (doubt := hold_on_money(payment, transaction.stripe_payment_intent_id)) is not None:
        return doubt
    held_for = payment.session.hold_reason
    return held_for if held_for in MONEY_IS_HELD else HIGHEST_RISK


def is_reviewed(payment: Payment, intent: str) -> bool:
    """Whether Stripe has a review of this payment intent that has not come to an end."""
    mine = [one for one in payment.signals if one.stripe_payment_intent_id == intent]
    ended = {one.source for one in mine if one.kind is Kind.REVIEW_CLOSED}
    return any(one.kind is Kind.REVIEW_OPENED and one.source not in ended for one in mine)


def review_of(payment: Payment, intent: str | None) -> Review:
    """How Stripe's reviews of this payment intent stand, by all that was heard of them in whatever order."""
    mine = [one for one in payment.signals if one.stripe_payment_intent_id == intent]
    ends = {one.source: str(one.detail.get("reason")) for one in mine if one.kind is Kind.REVIEW_CLOSED}
    reviews = {one.source for one in mine if one.kind is Kind.REVIEW_OPENED} | ends.keys()
    if not reviews:
        return Review.NONE
    return Review.APPROVED if all(ends.get(review) in APPROVED for review in reviews) else Review.OPEN


def _undecided(payment: Payment) -> list[Transaction]:
    return [one for one in payment.transactions if one.disposition is Disposition.HELD]


def _is_unsent(attempt: CheckoutAttempt) -> bool:
    """Whether Stripe was never asked for it, and still may be."""
    return attempt.status is AttemptStatus.OPENING and attempt.request is None and attempt.close_requested_at is None
