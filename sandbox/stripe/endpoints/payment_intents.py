"""`/v1/payment_intents`: opened, changed, listed."""

from typing import Final

from sandbox.stripe.acts import checkouts
from sandbox.stripe.endpoints import rules
from sandbox.stripe.endpoints.call import Call, named
from sandbox.stripe.endpoints.checkout_sessions import merged
from sandbox.stripe.endpoints.confirmation import UNCONFIRMED, attempt, check_return, no_method, of_checkout
from sandbox.stripe.endpoints.lists import page
from sandbox.stripe.endpoints.payment_methods import resolve
from sandbox.stripe.errors import invalid, refused
from sandbox.stripe.events import emit
from sandbox.stripe.objects.payment_intent import card_options, method_types, payment_intent
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

PLAIN: Final = ("description", "receipt_email", "shipping", "statement_descriptor", "statement_descriptor_suffix")


def precheck(params: Obj) -> None:
    """What is refused with words of its own."""
    rules.no_method_types(params)


def create(world: World, call: Call) -> Obj:
    """Open an intent, and confirm it at once where asked."""
    params = call.params
    unit = rules.currency(params["currency"])
    total = rules.amount(params["amount"], unit)
    rules.connect(world, params, total)
    _check(world, params)
    intent = payment_intent(world, total, unit, params)
    if not intent["payment_method_types"]:
        raise invalid("No valid payment method types for this Payment Intent.", "allowed_payment_method_types")
    given = {"allow_redirects": "always", "enabled": True, **params.get("automatic_payment_methods", {})}
    intent["automatic_payment_methods"] = given
    confirming = params.get("confirm", False)
    if confirming:
        check_return(intent, params, secret=True)
    pm = resolve(world, params, unit)
    if confirming and pm is None:
        raise no_method()
    if pm is not None:
        intent.update(payment_method=pm["id"], status="requires_confirmation")
    world.store.save(intent)
    emit(world, "payment_intent.created", intent)
    if confirming and pm is not None:
        attempt(world, intent, pm, params)
    return intent


def _check(world: World, params: Obj) -> None:
    if "customer" in params:
        named(world, "customer", params["customer"], "customer")
    if params.get("receipt_email"):
        rules.email(params["receipt_email"], "receipt_email")
    if "confirm" not in params and "return_url" in params:
        raise invalid("You cannot set `return_url` without setting `confirm=true`.", "return_url")


def update(world: World, call: Call) -> Obj:
    """Change an intent that is not confirmed yet; metadata and description at any time."""
    intent, params = named(world, "payment_intent", call.id, "intent"), call.params
    money = [name for name in ("amount", "currency", "payment_method", "application_fee_amount") if name in params]
    if money and checkouts.session_of(world, intent) is not None:
        raise of_checkout()
    if money and intent["status"] not in UNCONFIRMED:
        raise refused(
            f"This PaymentIntent's {money[0]} could not be updated because it has a status of {intent['status']}. You "
            f"may only update the {money[0]} of a PaymentIntent with one of the following statuses: "
            f"{', '.join(UNCONFIRMED)}.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    after = {**intent, **params}
    unit = rules.currency(after["currency"])
    total = rules.amount(after["amount"], unit)
    rules.connect(world, after, total)
    pm = resolve(world, params, unit)
    intent.update(amount=total, currency=unit, last_payment_error=None)
    for name in PLAIN:
        if name in params:
            intent[name] = params[name] or None
    if "metadata" in params:
        intent["metadata"] = merged(intent["metadata"], params["metadata"])
    if "application_fee_amount" in params:
        intent["application_fee_amount"] = params["application_fee_amount"] or None
    if "payment_method_options" in params:
        intent["payment_method_options"] = card_options(params)
    if {"allowed_payment_method_types", "excluded_payment_method_types", "currency"} & set(params):
        intent["payment_method_types"] = method_types(unit, params)
    if pm is not None:
        intent.update(payment_method=pm["id"], status="requires_confirmation", next_action=None)
    return world.store.save(intent)


def listing(world: World, call: Call) -> Obj:
    """Intents, by customer and time."""
    customer = call.params.get("customer")
    return page(world, "payment_intent", call, lambda row: customer is None or row["customer"] == customer)
