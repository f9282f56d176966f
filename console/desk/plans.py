"""What each act on a payment will do, worked out before anything is done, and doing it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from console.desk.figures import clock, span
from domain import windows
from domain.errors import ActRefused, InvalidMoney, OfferRefused
from domain.ids import SessionId
from domain.lifecycle import CANCELED, Trigger, permits
from domain.payment import Payment
from domain.releasing import release
from domain.retries import attempts_left, why_not
from domain.transaction import Refund
from models.unit_of_work import Begin
from runtime.app import App
from runtime.tokens import CallerRole

_LONGEST: Final = 60 * 24 * 365
_NO: Final = {
    "paid": "it is paid",
    "closed": "it is over",
    "payment_in_flight": "money is on its way",
    "window_over": "its time is over",
    "on_hold": "it is on hold",
    "not_declined": "nothing was declined; the buyer’s link works",
    "same_attempt_stays_open": "the buyer can try any card on the page as it is",
    "no_attempts_left": "all its retries are used",
    "buyer_confirms_with_bank": "the buyer is confirming with the bank",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that will happen."""

    icon: str
    text: str
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen; or why it cannot."""

    button: str
    effects: tuple[Effect, ...] = ()
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What somebody has read, and wants done."""

    payment: Payment
    form: Mapping[str, str]
    actor: str
    reason: str

    @property
    def id(self) -> SessionId:
        """Of the payment."""
        return self.payment.session.id


@dataclass(frozen=True, slots=True)
class Act:
    """Something that an operator may do to a payment."""

    name: str
    #: On the button that leads to it.
    title: str
    roles: frozenset[CallerRole]
    plan: Callable[[App, Payment, Mapping[str, str]], Plan]
    #: Does it in one unit of work of the `Begin` that it is given.
    do: Callable[[App, Begin, "Confirmed"], object]
    #: Said when it is done.
    done: str
    #: What the form asks beside the reason.
    asks: str | None = None
    destroys: bool = False


_AUDIT: Final = Effect("i-book", "An entry in the audit trail, with your name and reason.")


def _minutes(form: Mapping[str, str]) -> int:
    text = form.get("minutes") or "120"
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= _LONGEST:
        raise OfferRefused("not_a_number", "the time must be a whole number of minutes")
    return int(text)


def _plan_extend(app: App, payment: Payment, form: Mapping[str, str]) -> Plan:
    session, now = payment.session, app.now()
    before, policy = session.window_expires_at, app.require_payments.policies[payment.session.policy]
    try:
        by = timedelta(minutes=_minutes(form))
        windows.extend(session, policy, by, now)  # this payment is a copy
    except OfferRefused as refused:
        return Plan("Extend", refused=_sentence(refused))
    used, most = session.extended_seconds // 60, int(policy.max_extension.total_seconds()) // 60
    if session.max_extension_minutes is not None:
        most = min(most, session.max_extension_minutes)
    return Plan(
        f"Extend by {_length(by)}",
        (
            Effect(
                "i-timer",
                f"The window ends {clock(session.window_expires_at, now)} UTC instead of {clock(before, now)}."
                f" {used:,} of {most:,} minutes will be used.",
            ),
            Effect("i-call", "No call to Stripe now. Where the checkout ends earlier, a fresh one follows it."),
            Effect("i-mail", "A letter to the buyer: there is more time."),
            _AUDIT,
            Effect("i-alert", "The maker cannot sell the lot to anyone else in this time.", warns=True),
        ),
    )


def _plan_terminate(_app: App, payment: Payment, _form: Mapping[str, str]) -> Plan:
    session = payment.session
    if not permits(session.status, Trigger.TERMINATED) or session.status is CANCELED:
        return Plan(
            "End it", refused=f"The payment is {session.status}; only one that waits for the buyer can be ended."
        )
    return Plan(
        "End this payment",
        (
            Effect("i-canceled", f"{session.status.capitalize()} → Canceled. This cannot be taken back.", warns=True),
            Effect("i-call", "Stripe is asked to close what the buyer could still pay through."),
            Effect("i-delivery", "The auction is told to reopen the lot. Money that comes all the same is sent back."),
            Effect("i-mail", "Letters to the buyer, who owes nothing, and to the maker."),
            _AUDIT,
        ),
    )


def _plan_retry(app: App, payment: Payment, _form: Mapping[str, str]) -> Plan:
    session, now = payment.session, app.now()
    policy = app.require_payments.policies[session.policy]
    refused = why_not(payment, policy, now)
    if refused is not None:
        return Plan("Retry", refused=f"A retry cannot be made: {_NO.get(refused, refused)}.")
    newest, left = payment.newest_attempt, attempts_left(session, policy)
    number = newest.attempt_no if newest else 0
    planned = (
        f"This takes the place of the retry planned for {clock(session.next_retry_at, now)} UTC, in"
        f" {span(session.next_retry_at - now)}."
        if session.next_retry_at
        else "No retry was planned."
    )
    after = "" if left is None else f" {left - 1} more can follow it." if left > 1 else " No retry is left after it."
    return Plan(
        f"Open attempt {number + 1} now",
        (
            Effect(
                "i-call",
                f"Stripe closes attempt {number} and opens attempt {number + 1}. If attempt {number} turns out to be"
                " paid, that is recorded and nothing else happens.",
            ),
            Effect("i-timer", planned + after),
            Effect("i-mail", "A letter to the buyer with the fresh link."),
            _AUDIT,
        ),
    )


def _plan_release(app: App, payment: Payment, _form: Mapping[str, str]) -> Plan:
    session, money = payment.session, payment.transactions
    fee = app.settings.money.platform_fee_basis_points
    try:
        release(payment, app.now(), fee, app.new_id, actor="plan", reason="plan")  # this payment is a copy
    except ActRefused as refused:
        return Plan("Release", refused=_sentence(refused))
    effect = (
        Effect("i-completed", f"The money that is held is kept: {session.amount}. The lot is sold.")
        if money
        else Effect("i-call", "The checkout is opened at Stripe, and the buyer can pay.")
    )
    return Plan("Release the hold", (effect, Effect("i-mail", "The letters that follow from that."), _AUDIT))


def _plan_refund(app: App, payment: Payment, form: Mapping[str, str]) -> Plan:
    if not payment.transactions:
        return Plan("Refund", refused="Nothing has been paid yet.")
    try:
        plan = app.request_refund.preview(
            payment.session.id, amount=form.get("amount") or None, payment_intent=form.get("intent") or None
        )
    except (ActRefused, InvalidMoney) as refused:
        return Plan("Refund", refused=_sentence(refused))
    effects = [
        Effect("i-refund", f"{plan.amount} go back to the buyer; {plan.left} stay."),
        Effect("i-scale", f"{plan.from_maker} of it is the maker’s, {plan.from_platform} the platform’s."),
    ]
    if plan.needs_second:
        effects.insert(
            0,
            Effect("i-operator", "It waits 72 hours for a second admin to agree; nothing is sent before.", warns=True),
        )
    if plan.takes_sale_back:
        effects.append(Effect("i-delivery", "The order is canceled, and the lot may be sold again.", warns=True))
    effects += [Effect("i-receipt", "A credit note, and a letter to the buyer with it."), _AUDIT]
    verb = "Ask to refund" if plan.needs_second else "Refund"
    return Plan(f"{verb} {plan.amount}", tuple(effects))


def _plan_agree(_app: App, payment: Payment, form: Mapping[str, str]) -> Plan:
    one = waiting_refund(payment, form)
    if one is None:
        return Plan("Agree", refused="No refund waits for consent.")
    return Plan(
        "Agree to the refund",
        (Effect("i-refund", f"{one.requested_by} asked for it: “{one.reason}”. It is sent at once."), _AUDIT),
    )


def _plan_decline(_app: App, payment: Payment, form: Mapping[str, str]) -> Plan:
    if waiting_refund(payment, form) is None:
        return Plan("Decline", refused="No refund waits for consent.")
    return Plan(
        "Decline the refund", (Effect("i-canceled", "It is called off; the money can be asked for again."), _AUDIT)
    )


def waiting_refund(payment: Payment, form: Mapping[str, str]) -> Refund | None:
    """The refund that waits for a second person: the one that the form names, or the first one."""
    named = form.get("refund")
    return next((one for one in payment.refunds if one.awaits_approval and named in (None, "", str(one.id))), None)


def _decide(*, agrees: bool) -> Callable[[App, Begin, Confirmed], object]:
    def decide(app: App, begin: Begin, asked: Confirmed) -> object:
        refund = waiting_refund(asked.payment, asked.form)
        desk = replace(app.decide_refund, begin=begin)
        act = desk.approve if agrees else desk.decline
        return act(asked.id, refund.id if refund else UUID(int=0), reason=asked.reason, actor=asked.actor)

    return decide


_ADMIN: Final = frozenset({CallerRole.ADMIN})
_BOTH: Final = frozenset({CallerRole.ADMIN, CallerRole.SUPPORT})

_LISTED: Final = (
    Act(
        "retry",
        "Retry now",
        _BOTH,
        _plan_retry,
        lambda app, begin, asked: replace(app.retry_payment, begin=begin)(asked.id, asked.actor, asked.reason),
        "The next attempt is being opened.",
    ),
    Act(
        "extend",
        "Extend",
        _ADMIN,
        _plan_extend,
        lambda app, begin, asked: replace(app.extend_window, begin=begin)(
            asked.id, timedelta(minutes=_minutes(asked.form)), asked.reason, asked.actor
        ),
        "The window was extended.",
        asks="minutes",
    ),
    Act(
        "release",
        "Release hold",
        _ADMIN,
        _plan_release,
        lambda app, begin, asked: replace(app.release_hold, begin=begin)(asked.id, asked.actor, asked.reason),
        "The hold was released.",
    ),
    Act(
        "refund",
        "Refund",
        _ADMIN,
        _plan_refund,
        lambda app, begin, asked: replace(app.request_refund, begin=begin)(
            asked.id,
            reason=asked.reason,
            actor=asked.actor,
            amount=asked.form.get("amount") or None,
            payment_intent=asked.form.get("intent") or None,
        ),
        "The refund was asked for.",
        asks="amount",
    ),
    Act(
        "terminate",
        "Terminate",
        _ADMIN,
        _plan_terminate,
        lambda app, begin, asked: replace(app.terminate_window, begin=begin)(asked.id, asked.reason, asked.actor),
        "The payment was canceled.",
        destroys=True,
    ),
    Act("agree", "Agree to refund", _ADMIN, _plan_agree, _decide(agrees=True), "The refund is being sent."),
    Act("decline", "Decline refund", _ADMIN, _plan_decline, _decide(agrees=False), "The refund was called off."),
)
ACTS: Final[Mapping[str, Act]] = {act.name: act for act in _LISTED}


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _length(by: timedelta) -> str:
    minutes = int(by.total_seconds()) // 60
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
