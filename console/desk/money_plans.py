"""What acts on money will do: sending it back, agreeing to that, keeping what differs."""

from collections.abc import Mapping

from console.desk.figures import clock
from console.desk.plans import AUDIT, Effect, Plan, in_words
from domain.errors import ActRefused, InvalidMoney
from domain.money import Money
from domain.payment import Payment
from domain.refunds import left_of, owed
from domain.transaction import Refund
from runtime.app import App


def monies(app: App, payment: Payment) -> list[tuple[str, str]]:
    """The money that could go back: Stripe's ids, and how people tell one from another."""
    found = []
    for one in payment.transactions:
        left = left_of(payment, one)
        if left.minor > 0:
            card = " ".join(part for part in (one.method_brand or one.method_type, one.method_last4) if part)
            told = (str(left), one.disposition, card, f"came {clock(one.paid_at, app.now())}")
            found.append((one.stripe_payment_intent_id, ", ".join(part for part in told if part)))
    return found


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


def plan_settle(_app: App, payment: Payment, _form: Mapping[str, str]) -> Plan:
    """Of saying that nothing is owed any more for refunds that failed."""
    failed = owed(payment)
    if not failed:
        return Plan("Settle", refused="No refund has failed that is still owed.")
    amounts = " and ".join(str(Money(one.currency, one.amount_minor)) for one in failed)
    return Plan(
        "Settle what failed",
        (
            Effect(
                "i-refund", f"{amounts} did not arrive. Nothing is sent from here; nobody is reminded of it any more."
            ),
            Effect("i-alert", "Say in the reason how the buyer came to the money.", warns=True),
            AUDIT,
        ),
    )


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
