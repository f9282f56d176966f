"""Why an unpaid payment is on hold until somebody decides: its risk, or one opening after the other that failed."""

from collections.abc import Sequence
from typing import Final

from domain.attempt import AttemptStatus
from domain.holds import HIGHEST_RISK, RISK_SCORE, STRIPE_REVIEW, still_here
from domain.lifecycle import UNPAID
from domain.opening import NOT_OPENED
from domain.risk import Kind, assess
from domain.standing.case import Case, Cause
from domain.standing.explanation import Said, Step, must, say

#: Why money that has come was held.
_DOUBTS: Final = {STRIPE_REVIEW: "Stripe wanted the payment reviewed", HIGHEST_RISK: "Stripe sees the highest risk"}
#: What signals mean, as people say it.
RISK_REASONS: Final = {
    Kind.MANY_SESSIONS: "many payments were begun within an hour",
    Kind.MANY_DECLINES: "many declines were collected within a day",
    Kind.MANY_BUYERS_ON_DEVICE: "several buyers use the same device",
    Kind.COUNTRY_NOT_OF_CURRENCY: "the country does not fit the currency",
    Kind.COUNTRY_NOT_OF_LOCALE: "the country does not fit the language",
    Kind.OFTEN_DECLINED: "this payment was declined again and again",
    Kind.RADAR_ELEVATED: "Stripe sees an elevated risk",
    Kind.RADAR_HIGHEST: "Stripe sees the highest risk",
    Kind.RADAR_BLOCKED: "Stripe blocked a charge",
    Kind.REVIEW_OPENED: "Stripe wants it reviewed",
    Kind.FRAUD_WARNING: "the buyer's bank warned of fraud",
}


def _risk_hold(case: Case) -> Said | None:
    session = case.session
    if session.status not in UNPAID or session.held_at is None or session.hold_reason != RISK_SCORE:
        return None
    reasons = assess(one.kind for one in case.payment.signals).reasons
    named = ", ".join(RISK_REASONS[kind] for kind in reasons if kind in RISK_REASONS) or "of its risk signals"
    why = say(
        "Held: risk {score} of 100, because {named}. {pages}", score=session.risk_score, named=named, pages=_pages(case)
    )
    return Said(why, _until_decided(case), must("Release or terminate."))


def _returned(case: Case) -> Said | None:
    """Money that was held for its risk went back. Whoever paid it does not pay again before a person says so."""
    session = case.session
    doubt = _DOUBTS.get(session.hold_reason or "")
    if session.status not in UNPAID or session.held_at is None or doubt is None:
        return None
    is_back = not still_here(case.payment)
    money = "The money that came went back" if is_back else "The money that came was sent back, and is with us again"
    why = say(
        "Held since {t}: {doubt}. {money}. {pages}", t=session.held_at, doubt=doubt, money=money, pages=_pages(case)
    )
    if not case.can_be_paid:
        return Said(why, _until_decided(case), must("Terminate it: released, it has nothing to pay through either."))
    return Said(why, _until_decided(case), must("Release it, so that the buyer can pay again, or terminate."))


def _pages(case: Case) -> str:
    live = case.payment.live_attempt
    payable = live is not None and live.status is AttemptStatus.OPEN
    return "The page that was open before stays open." if payable else "The buyer cannot pay."


def _until_decided(case: Case) -> tuple[Step, ...]:
    return (Step(say("Nothing until someone decides.")), case.closes)


def _not_opened(case: Case) -> Said | None:
    session = case.session
    if session.status not in UNPAID or session.held_at is None or session.hold_reason != NOT_OPENED:
        return None
    why = say("Held since {t}: one checkout after the other failed at Stripe. Nothing was charged.", t=session.held_at)
    return Said(why, _until_decided(case), must("Release or terminate."))


ON_HOLD_CAUSES: Final[Sequence[Cause]] = (
    Cause("pending.risk_hold", _risk_hold),
    Cause("pending.returned", _returned),
    Cause("pending.not_opened", _not_opened),
)
