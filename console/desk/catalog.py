"""The acts on a payment: who may do them, what plans them, and which use case does them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from console.desk.letter_plans import letters, notice_of, plan_resend
from console.desk.money_plans import (
    monies,
    owed_monies,
    plan_accept,
    plan_agree,
    plan_decline,
    plan_refund,
    plan_settle,
    waiting_refund,
)
from console.desk.plans import Plan, minutes_of, plan_extend, plan_release, plan_retry, plan_terminate
from domain.ids import SessionId
from domain.payment import Payment
from models.unit_of_work import Begin
from runtime.app import App
from runtime.tokens import CallerRole


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
    #: What the form lets one choose from: the field's name, its label, and what gives values with words.
    choice: "Choice | None" = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things that an act may be about."""

    name: str
    label: str
    of: Callable[[App, Payment], Sequence[tuple[str, str]]]
    #: It is asked only where there is more than one.
    only_many: bool = False


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
        plan_retry,
        lambda app, begin, asked: replace(app.retry_payment, begin=begin)(asked.id, asked.actor, asked.reason),
        "The next attempt is being opened.",
    ),
    Act(
        "extend",
        "Extend",
        _ADMIN,
        plan_extend,
        lambda app, begin, asked: replace(app.extend_window, begin=begin)(
            asked.id, timedelta(minutes=minutes_of(asked.form)), asked.reason, asked.actor
        ),
        "The window was extended.",
        asks="minutes",
    ),
    Act(
        "release",
        "Release hold",
        _ADMIN,
        plan_release,
        lambda app, begin, asked: replace(app.release_hold, begin=begin)(asked.id, asked.actor, asked.reason),
        "The hold was released.",
    ),
    Act(
        "refund",
        "Refund",
        _ADMIN,
        plan_refund,
        lambda app, begin, asked: replace(app.request_refund, begin=begin)(
            asked.id,
            reason=asked.reason,
            actor=asked.actor,
            amount=asked.form.get("amount") or None,
            payment_intent=asked.form.get("intent") or None,
        ),
        "The refund was asked for.",
        asks="amount",
        choice=Choice("intent", "Which money", monies, only_many=True),
    ),
    Act(
        "accept",
        "Accept the amount",
        _ADMIN,
        plan_accept,
        lambda app, begin, asked: replace(app.accept_other_amount, begin=begin)(asked.id, asked.actor, asked.reason),
        "The lot is sold for what came.",
    ),
    Act(
        "resend",
        "Send a letter again",
        _BOTH,
        plan_resend,
        lambda app, begin, asked: replace(app.notices, begin=begin).resend(
            notice_of(asked.form), asked.reason, asked.actor, of=asked.id
        ),
        "The letter goes out again.",
        choice=Choice("notice", "Which letter", letters),
    ),
    Act(
        "terminate",
        "Terminate",
        _ADMIN,
        plan_terminate,
        lambda app, begin, asked: replace(app.terminate_window, begin=begin)(asked.id, asked.reason, asked.actor),
        "The payment was canceled.",
        destroys=True,
    ),
    Act("agree", "Agree to refund", _ADMIN, plan_agree, _decide(agrees=True), "The refund is being sent."),
    Act("decline", "Decline refund", _ADMIN, plan_decline, _decide(agrees=False), "The refund was called off."),
    Act(
        "settle",
        "Paid back another way",
        _ADMIN,
        plan_settle,
        lambda app, begin, asked: replace(app.decide_refund, begin=begin).settle(
            asked.id, reason=asked.reason, actor=asked.actor, payment_intent=asked.form.get("intent") or None
        ),
        "It is the buyer’s: nothing of it is owed any more.",
        choice=Choice("intent", "Which money", owed_monies, only_many=True),
    ),
)
ACTS: Final[Mapping[str, Act]] = {act.name: act for act in _LISTED}
