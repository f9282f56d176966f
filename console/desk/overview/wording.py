"""What the overview says: its title, and what waits for a person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.desk import figures, navigation
from console.desk.overview.drawing import WORK
from domain.needs import Need, NeedKind
from domain.queues import QUEUES
from services.view_overview import Overview

_NUMBERS: Final = "No One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve".split()
_HOLDS: Final = {
    "amount_differs": "was paid with the wrong amount",
    "risk_score": "is held for its risk",
    "highest_risk": "is held for its risk",
    "stripe_review": "is held for review at Stripe",
    "not_opened": "cannot be opened at Stripe",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that waits: problem, harm, and a way there."""

    icon: str
    problem: str
    harm: str
    button: str
    address: str


def title(view: Overview) -> str:
    """Is money flowing, and does anything need me?"""
    standing = view.standing
    if standing is None:
        return "How things stand cannot be read now."
    if not standing.any_payment:
        return "No payment yet."
    stuck = next((one for one in standing.needs if one.kind is NeedKind.STUCK and one.at), None)
    if stuck is not None and stuck.at is not None:
        flow = (
            f"Work is stuck: {WORK.get(stuck.what, stuck.what)} have waited since {figures.clock(stuck.at, view.at)}."
        )
    elif view.counted.endings is not None and any(view.counted.endings.paid):
        flow = "Money is flowing."
    else:
        flow = "All is quiet."
    count = standing.needed
    if not count:
        return f"{flow} Nothing needs you."
    said = _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"
    return f"{flow} {said} {'thing needs' if count == 1 else 'things need'} you."


def summary(view: Overview) -> str:
    """What the title rests on."""
    said = []
    if view.counted.endings is not None:
        paid = sum(view.counted.endings.paid)
        said.append(f"{paid:,} {'payment' if paid == 1 else 'payments'} collected in the last {view.span.words}.")
    if view.standing is not None and view.standing.compared_at is not None:
        agree = not any(view.standing.unexplained.values())
        said.append(f"The books {'agree' if agree else 'do not agree'} with Stripe’s to the cent.")
    return " ".join(said)


def tell(need: Need, now: datetime) -> Told:
    """One thing that waits, in words."""
    return _TELLING[need.kind](need, now)


def _payment(need: Need) -> str:
    return f"/console/payments/{need.session_id}"


def _page(address: str) -> str:
    return address if navigation.has(address) else "/console/payments"


def _since(need: Need, now: datetime) -> str:
    return "" if need.at is None else f"since {figures.clock(need.at, now)}, {figures.relative(need.at, now)}"


def _money(need: Need) -> str:
    return f"{figures.digits(need.minor, need.currency)} {need.currency}" if need.minor and need.currency else "Money"


def _held(need: Need, now: datetime) -> Told:
    problem = f"{need.what} {_HOLDS.get(need.why, 'is held')}."
    harm = f"Held {_since(need, now)}."
    if need.minor is not None and need.currency and need.asked_minor is not None:
        harm = f"{_money(need)} came, {figures.digits(need.asked_minor, need.currency)} was asked. {harm}"
    if need.until is not None:
        harm += f" The window ends {figures.relative(need.until, now)}, and the buyer cannot pay."
    return Told("i-hold", problem, harm, "Decide", _payment(need))


def _approval(need: Need, now: datetime) -> Told:
    until = f" It is void {figures.relative(need.until, now)}." if need.until else ""
    problem = f"A refund of {_money(need)} for {need.what} waits for a second person."
    return Told("i-refund", problem, f"{need.why} asked for it {_since(need, now)}.{until}", "Look", _payment(need))


def _endpoint(need: Need, now: datetime) -> Told:
    paused = need.kind is NeedKind.ENDPOINT_PAUSED
    problem = f"The {need.what} service is {'not told anything: it is paused' if paused else 'not answering'}."
    harm = f"{need.why or 'No reason is known'}, {_since(need, now)}. Events wait in their order."
    return Told("i-pause" if paused else "i-delivery", problem, harm, "Look", _page("/console/deliveries"))


def _queue_paused(need: Need, now: datetime) -> Told:
    end = f" It goes on by itself {figures.relative(need.until, now)}." if need.until else ""
    facts = QUEUES.get(need.what)
    waits = f" {need.minor:,} {'waits' if need.minor == 1 else 'wait'}." if need.minor else ""
    harm = f"{facts.stops if facts else ''}{waits} {need.why.rstrip('.')}, {_since(need, now)}.{end}".strip()
    return Told("i-pause", f"The queue {need.what} is paused.", harm, "Resume", "/console/queues")


def _dispute(need: Need, now: datetime) -> Told:
    due = f" Stripe wants an answer {figures.relative(need.until, now)}." if need.until else ""
    harm = f"{need.why.replace('_', ' ').capitalize()}: {_money(need)}.{due}"
    return Told("i-dispute", f"{need.what} is disputed.", harm, "Open", _payment(need))


def _letters(need: Need, now: datetime) -> Told:
    many = f"{need.count:,} messages" if need.count != 1 else "One message"
    harm = f"Most are of {need.what}; the oldest {_since(need, now)}."
    return Told("i-dead", f"{many} gave up.", harm, "Look", _page("/console/dead-letters"))


def _set_aside(need: Need, now: datetime) -> Told:
    many = f"{need.count:,} of Stripe’s events were" if need.count != 1 else "One of Stripe’s events was"
    harm = f"Nothing was guessed. Most are {need.what}; the oldest {_since(need, now)}."
    return Told("i-webhook", f"{many} not understood.", harm, "Look", _page("/console/events?state=set_aside"))


def _stuck(need: Need, now: datetime) -> Told:
    name = WORK.get(need.what, need.what)
    problem = f"{name.capitalize()} wait longer than they should."
    harm = f"{need.minor:,} {'is' if need.minor == 1 else 'are'} due, the oldest {_since(need, now)}."
    return Told("i-queue", problem, harm, "Look", _page("/console/queues"))


def _no_worker(_need: Need, _now: datetime) -> Told:
    problem = "No worker is alive."
    return Told("i-worker", problem, "Work is due, and nobody does it. It is kept.", "Look", _page("/console/queues"))


def _unexplained(need: Need, _now: datetime) -> Told:
    problem = f"{_money(need)} cannot be explained."
    harm = "Our books and Stripe’s differ by that."
    return Told("i-scale", problem, harm, "Look", _page("/console/reconciliation"))


#: Why money goes back that nobody wanted.
_GOES_BACK: Final = {
    "late": "It came too late",
    "duplicate": "It was paid twice",
    "held": "It was held, and the payment is over",
    "refund_failed": "Its refund did not arrive",
}


def _refund_stuck(need: Need, now: datetime) -> Told:
    problem = f"{_money(need)} for {need.what} must go back, and does not."
    why = _GOES_BACK.get(need.why, "Stripe has not carried it out")
    return Told("i-refund", problem, f"{why}, {_since(need, now)}.", "Decide", _payment(need))


def _receipt_stuck(need: Need, now: datetime) -> Told:
    problem = f"Receipt {need.what} cannot be printed or stored."
    return Told("i-receipt", problem, f"{need.why}, {_since(need, now)}.", "Look", _page("/console/receipts"))


_TELLING: Final[Mapping[NeedKind, Callable[[Need, datetime], Told]]] = {
    NeedKind.STUCK: _stuck,
    NeedKind.NO_WORKER: _no_worker,
    NeedKind.QUEUE_PAUSED: _queue_paused,
    NeedKind.UNEXPLAINED: _unexplained,
    NeedKind.HELD: _held,
    NeedKind.APPROVAL: _approval,
    NeedKind.ENDPOINT_PAUSED: _endpoint,
    NeedKind.ENDPOINT_FAILING: _endpoint,
    NeedKind.REFUND_STUCK: _refund_stuck,
    NeedKind.RECEIPT_STUCK: _receipt_stuck,
    NeedKind.SET_ASIDE: _set_aside,
    NeedKind.DEAD_LETTERS: _letters,
    NeedKind.DISPUTE: _dispute,
}
