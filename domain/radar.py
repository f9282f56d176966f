"""What Stripe's facts say of a payment's risk, as signals."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from domain import holds
from domain.facts import (
    ChargeJudged,
    ChargeReported,
    Declined,
    Fact,
    FraudWarned,
    Judgment,
    Paid,
    ReviewClosed,
    ReviewOpened,
)
from domain.payment import Payment
from domain.risk import OFTEN_DECLINED, WEIGHTS, Kind, RiskSignal

#: Radar's levels that say nothing against a charge.
_HARMLESS: Final = frozenset({"normal", "not_assessed", "unknown"})
_LEVELS: Final = {"elevated": Kind.RADAR_ELEVATED, "highest": Kind.RADAR_HIGHEST}

_Heard = tuple[Kind, str | None, dict[str, Any]]


def hear(payment: Payment, fact: Fact, now: datetime) -> None:
    """Keep what a fact says of risk, and do what it calls for.

    It is true at once, even where the fact itself comes too early to be applied: what Stripe thinks of money must be
    known when the money comes.
    """
    signals = [
        RiskSignal(
            session_id=payment.session.id,
            kind=kind,
            source=source,
            points=WEIGHTS[kind].points,
            at=fact.at,
            detail=detail,
            stripe_payment_intent_id=fact.where.payment_intent_id,
        )
        for kind, source, detail in _heard(fact)
        if source is not None
    ]
    if not signals:
        return
    holds.weigh(payment, [*signals, *_often_declined(payment, signals, fact.at)], now)


def _heard(fact: Fact) -> Iterator[_Heard]:
    """Kind, source and detail of each thing that a fact tells."""
    charge = fact.where.charge_id
    match fact:
        case Paid(review_id=review):
            yield Kind.REVIEW_OPENED, review, {}
        case Declined(code=code):
            where = fact.where
            yield Kind.DECLINED, charge or where.payment_intent_id or where.checkout_id, {"code": code}
        case ChargeReported(judgment=judgment, review_id=review):
            yield Kind.REVIEW_OPENED, review, {}
            yield from _judged(judgment, charge, paid=True)
        case ChargeJudged(judgment=judgment):
            yield from _judged(judgment, charge, paid=False)
        case ReviewOpened():
            yield Kind.REVIEW_OPENED, fact.review_id, {}
        case ReviewClosed():
            yield Kind.REVIEW_CLOSED, fact.review_id, {"reason": fact.reason}
        case FraudWarned():
            yield Kind.FRAUD_WARNING, fact.warning_id, {"type": fact.fraud_type, "actionable": fact.actionable}


def _judged(judgment: Judgment | None, charge: str | None, *, paid: bool) -> Iterator[_Heard]:
    if judgment is None:
        return
    said = {"level": judgment.level, "score": judgment.score, "outcome": judgment.outcome, "paid": paid}
    detail = {name: value for name, value in said.items() if value is not None}
    if judgment.level is not None and judgment.level not in _HARMLESS:
        yield _LEVELS.get(judgment.level, Kind.RADAR_UNKNOWN), charge, detail
    if judgment.outcome == "blocked":
        yield Kind.RADAR_BLOCKED, charge, detail


def _often_declined(payment: Payment, new: list[RiskSignal], at: datetime) -> Iterator[RiskSignal]:
    declined = {one.source for one in [*payment.signals, *new] if one.kind is Kind.DECLINED}
    if len(declined) >= OFTEN_DECLINED:
        kind = Kind.OFTEN_DECLINED
        yield RiskSignal(payment.session.id, kind, "session", WEIGHTS[kind].points, at, {"declines": len(declined)})
