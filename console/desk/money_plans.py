"""What acts on money will do: sending it back, agreeing to that, keeping what differs."""

from collections.abc import Mapping

from console.desk.figures import clock
from console.desk.plans import AUDIT, Effect, Plan, in_words
from domain.errors import ActRefused, InvalidMoney
from domain.lifecycle import PROCESSING
from domain.money import Money
from domain.payment import Payment
from domain.refund_requests import to_settle
from domain.refunds import settle
from domain.remaining import Owed, left_of, owed, unreturned
from domain.transaction import Disposition, Refund, Transaction
from runtime.app import App


def monies(app: App, payment: Payment) -> list[tuple[str, str]]:
    """The money that could go back: Stripe's ids, and how people tell one from another."""
    found = []
    for one in payment.transactions:
        left = left_of(payment, one)
        if left.minor > 0:
            found.append(_named(app, one, left))
    return found


def owed_monies(app: App, payment: Payment) -> list[tuple[str, str]]:
    """The money of which something is owed back, likewise."""
    return [_named(app, one.transaction, one.amount) for one in owed(payment)]


def _named(app: App, money: Transaction, amount: Money) -> tuple[str, str]:
    card = " ".join(part for part in (money.method_brand or money.method_type, money.method_last4) if part)
    told = (str(amount), money.disposition, card, f"came {clock(money.paid_at, app.now())}")
    return money.stripe_payment_intent_id, ", ".join(part for part in told if part)


def plan_refund(app: App, payment: Payment, form: Mapping[str, str]) -> Plan:
    """Of money that goes back."""
    if not payment.transactions:
        return Plan("Refund", refused="Nothing has been paid yet.")
    if not form.get("intent") and len(monies(app, payment)) > 1:
        return Plan("Refund", question="More than one money has come for this payment. Choose which goes back.")
    try:
        plan = app.request_refund.preview(
            payment.session.id, amount=form.get("amount") or None, payment_intent=form.get("intent") or None
        )
    except (ActRefused, InvalidMoney) as refused:
        return Plan("Refund", refused=in_words(refused))
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
    effects += [Effect("i-receipt", "A credit note, and a letter to the buyer with it."), AUDIT]
    verb = "Ask to refund" if plan.needs_second else "Refund"
    return Plan(f"{verb} {plan.amount}", tuple(effects))


def plan_agree(_app: App, payment: Payment, form: Mapping[str, str]) -> Plan:
    """Of a second person's consent."""
    one = waiting_refund(payment, form)
    if one is None:
        return Plan("Agree", refused="No refund waits for consent.")
    return Plan(
        "Agree to the refund",
        (Effect("i-refund", f"{one.requested_by} asked for it: “{one.reason}”. It is sent at once."), AUDIT),
    )


def plan_decline(_app: App, payment: Payment, form: Mapping[str, str]) -> Plan:
    """Of a second person's refusal."""
    if waiting_refund(payment, form) is None:
        return Plan("Decline", refused="No refund waits for consent.")
    return Plan(
        "Decline the refund", (Effect("i-canceled", "It is called off; the money can be asked for again."), AUDIT)
    )


def plan_settle(app: App, payment: Payment, form: Mapping[str, str]) -> Plan:
    """Of saying that what is owed back has reached its buyer another way."""
    if not form.get("intent") and len(owed(payment)) > 1:
        return Plan("Settle", question="More than one money is owed back. Choose which was paid back another way.")
    try:
        one = to_settle(payment, form.get("intent") or None)
    except ActRefused as refused:
        return Plan("Settle", refused=in_words(refused))
    money = one.transaction
    effects = [
        Effect("i-refund", f"{one.amount} did not arrive. Nothing is sent from here, now or later: it is the buyer’s."),
        Effect("i-alert", "Say in the reason how the buyer came to the money.", warns=True),
        AUDIT,
    ]
    ends = money.disposition is Disposition.HELD and unreturned(payment, money) == one.amount.minor
    if ends and payment.session.status is PROCESSING:
        effects.insert(1, Effect("i-processing", f"It is held no longer: {_after_settling(app, payment, one)}."))
    return Plan(f"Settle {one.amount}", tuple(effects))


def _after_settling(app: App, payment: Payment, owed_back: Owed) -> str:
    undo = payment.checkpoint()
    settle(payment, owed_back, app.now())
    waits_on = payment.session.status is PROCESSING
    undo()
    return "the payment waits on for its other money" if waits_on else "the window goes on, or ends"


def waiting_refund(payment: Payment, form: Mapping[str, str]) -> Refund | None:
    """The refund that waits for a second person: the one that the form names, or the first one."""
    named = form.get("refund")
    return next((one for one in payment.refunds if one.awaits_approval and named in (None, "", str(one.id))), None)


def plan_accept(app: App, payment: Payment, _form: Mapping[str, str]) -> Plan:
    """Of keeping money of another amount than was asked."""
    try:
        came, asked = app.accept_other_amount.preview(payment.session.id)
    except ActRefused as refused:
        return Plan("Accept", refused=in_words(refused))
    less = came.currency == asked.currency and came.minor < asked.minor
    short = f" {Money(asked.currency, asked.minor - came.minor)} are not asked for any more." if less else ""
    return Plan(
        f"Sell it for {came}",
        (
            Effect("i-completed", f"{came} pay for the lot, although {asked} were asked. Processing → Completed."),
            Effect("i-delivery", f"The auction and the order service are told that it is sold for {came}."),
            Effect("i-receipt", f"A receipt for {came}, and letters to the buyer and the maker."),
            AUDIT,
            Effect("i-alert", f"This cannot be taken back but by a refund.{short}", warns=True),
        ),
    )
