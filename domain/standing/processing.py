"""Why a payment is processing: money is on its way, or has come and is held."""

from collections.abc import Sequence
from typing import Final

from domain.holds import (
    AMOUNT_DIFFERS,
    HIGHEST_RISK,
    STRIPE_REVIEW,
    Review,
    choices,
    differs,
    held_money,
    is_reviewed,
    review_of,
)
from domain.lifecycle import PROCESSING
from domain.lookups import BANK_ANSWER
from domain.payment import Payment
from domain.remaining import given_up, is_disputed, is_untouched, left_of, lost_of
from domain.risk import Kind
from domain.standing.case import Case, Cause, amount_of
from domain.standing.explanation import Said, Sentence, Step, must, say
from domain.transaction import Transaction
from domain.waiting import NEAR_THE_END, money_has_come

_NOTHING_UNTIL: Final = (Step(say("Nothing until someone decides.")),)


def _review(case: Case) -> Said | None:
    session = case.session
    if session.status is not PROCESSING or session.reason != STRIPE_REVIEW:
        return None
    opened = [one.at for one in case.payment.signals if one.kind is Kind.REVIEW_OPENED]
    since = min(opened, default=session.held_at or session.updated_at)
    ends = [str(one.detail.get("reason")) for one in case.payment.signals if one.kind is Kind.REVIEW_CLOSED]
    money = _approved(case.payment)
    if money is not None:
        but = _why_not_kept(case.payment, money)
        return _decision(case, say("Stripe's review since {t} was approved, but {but}.", t=since, but=but))
    if ends:
        why = say("Stripe's review since {t} ended without approval: {end}.", t=since, end=ends[-1].replace("_", " "))
        return _decision(case, why)
    why = say("Stripe holds the payment for review since {t}: it looks risky to Stripe.", t=since)
    return Said(why, (Step(say("Nothing until it is reviewed.")),), must("Review it at Stripe."))


def _approved(payment: Payment) -> Transaction | None:
    """Money that is held although its review was approved."""
    for one in held_money(payment):
        if not differs(payment, one) and review_of(payment, one.stripe_payment_intent_id) is Review.APPROVED:
            return one
    return None


def _highest_risk(case: Case) -> Said | None:
    session = case.session
    if session.status is not PROCESSING or session.reason != HIGHEST_RISK:
        return None
    why = say("The money has come, and is held since {t}: Stripe sees the highest risk.", t=session.held_at or case.now)
    return _decision(case, why)


def _why_not_kept(payment: Payment, money: Transaction) -> str:
    """Why money whose review was approved is not kept without a person."""
    if given_up(payment, money):
        return "a part of the money has gone back, or will"
    if not is_untouched(payment, money):
        return "the money was to go back, and did not arrive"
    if is_disputed(payment, money):
        return "the buyer's bank disputes the money"
    return "the buyer's bank has taken a part of the money" if lost_of(payment, money) else "the money is held still"


def _decision(case: Case, why: Sentence) -> Said:
    """What can be decided of money that is held for its risk: nothing that release or refund would refuse."""
    payment, held = case.payment, held_money(case.payment)
    left = [one for one in held if left_of(payment, one).minor]
    if not left:
        return Said(why, (Step(say("What is on its way back is waited for.")),))
    whole = [one for one in choices(payment) if not differs(payment, one) and not given_up(payment, one)]
    if len(whole) > 1:
        return Said(why, _NOTHING_UNTIL, must("Send back what is not to pay for the lot."))
    if whole:
        waits, act = is_disputed(payment, whole[0]), "release it, or send the money back."
    else:
        waits, act = all(is_disputed(payment, one) for one in left), "send the rest back."
    return Said(why, _NOTHING_UNTIL, must(f"Once the bank has decided, {act}" if waits else act.capitalize()))


def _amount_differs(case: Case) -> Said | None:
    session = case.session
    if session.status is not PROCESSING or session.reason != AMOUNT_DIFFERS:
        return None
    held, chosen = held_money(case.payment), choices(case.payment)
    money = next((one for one in (*chosen, *held) if differs(case.payment, one)), None)
    if money is None:
        return None
    received = amount_of(money.amount_minor, money.currency)
    why = say("{received} came, {asked} was asked.", received=received, asked=session.amount)
    if len(chosen) == 1 and not differs(case.payment, chosen[0]):
        why = say("{why} {asked} is held beside it.", why=why, asked=session.amount)
        waits, act = is_disputed(case.payment, chosen[0]), "release what was asked, or send it back."
        return Said(why, _NOTHING_UNTIL, must(f"Once the bank has decided, {act}" if waits else act.capitalize()))
    if not chosen or given_up(case.payment, money):
        gone = Step(say("The money goes back, or has gone back; the payment waits for a decision."))
        rest = left_of(case.payment, money).minor
        return Said(why, (gone,), must("Send the rest back.")) if rest else Said(why, (gone,))
    if len(chosen) > 1:
        why = say("{why} {count} payments are held.", why=why, count=len(chosen))
        return Said(why, _NOTHING_UNTIL, must("Refund what is not to pay for the lot."))
    reviewed = is_reviewed(case.payment, money.stripe_payment_intent_id)
    return Said(why, _NOTHING_UNTIL, must(f"{'Review it at Stripe, then accept' if reviewed else 'Accept'} or refund."))


def _near_the_end(case: Case) -> Said | None:
    if case.session.status is not PROCESSING or case.session.reason != NEAR_THE_END:
        return None
    waits = next((one for one in case.payment.attempts if one.paid_near_end_at is not None), None)
    if waits is None:
        return None
    why = say(
        "Money came about the end of the window, {end}; only Stripe's charge tells whether it was in time.",
        end=case.end,
    )
    kept = Step(say("Stripe is asked; in time it is kept, else it goes back."), waits.look_up_at)
    return Said(why, (kept,))


def _past_the_end(case: Case) -> Said | None:
    if not _is_on_its_way(case) or case.now < case.end:
        return None
    why = say("Money was on its way when the window ended at {end}. It is waited for.", end=case.end)
    return Said(why, (*_answer(case), Step(say("If it fails, the lot is reopened."))))


def _slow_method(case: Case) -> Said | None:
    confirmed = case.session.news_at
    if not _is_on_its_way(case) or confirmed is None or case.now < confirmed + BANK_ANSWER:
        return None
    why = say("The buyer pays by a method that takes days. Confirmed {t}.", t=confirmed)
    return Said(why, (*_answer(case), Step(say("The window stands still until then."))))


def _bank(case: Case) -> Said | None:
    if case.session.status is not PROCESSING:
        return None
    since = case.session.news_at or case.session.updated_at
    why = say("Stripe is checking with the buyer's bank since {t}.", t=since)
    asked = Step(say("If nothing is heard by then, we ask Stripe."), since + BANK_ANSWER)
    return Said(why, (Step(say("Usually seconds.")), asked))


def _is_on_its_way(case: Case) -> bool:
    return case.session.status is PROCESSING and not money_has_come(case.session)


def _answer(case: Case) -> tuple[Step, ...]:
    asked = min((one.look_up_at for one in case.payment.attempts if one.look_up_at is not None), default=None)
    return (Step(say("Stripe answers by itself, within days at most; it is asked as well."), asked),)


#: In this order.
PROCESSING_CAUSES: Final[Sequence[Cause]] = (
    Cause("processing.review", _review),
    Cause("processing.highest_risk", _highest_risk),
    Cause("processing.amount_differs", _amount_differs),
    Cause("processing.near_the_end", _near_the_end),
    Cause("processing.past_the_end", _past_the_end),
    Cause("processing.slow_method", _slow_method),
)
#: What fits where nothing else does.
PROCESSING_REST: Final = Cause("processing.bank", _bank)
