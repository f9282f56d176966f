"""What buyers and their banks do: pay, go through 3-D Secure, settle a debit."""

from typing import Literal

from sandbox.stripe.acts import checkouts, payments
from sandbox.stripe.cards import Method, find_method
from sandbox.stripe.errors import invalid, missing, refused
from sandbox.stripe.objects.payment_method import billing, payment_method
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import Cause, World

#: Where a payment stands after the buyer did something.
Outcome = Literal["paid", "declined", "requires_action", "processing", "requires_capture", "canceled"]


def pay(world: World, target: str, card: str, *, email: str | None = None, name: str | None = None) -> Outcome:
    """Pay a Checkout Session (`cs_…`) or payment intent (`pi_…`) with a test card's number, `pm_…` name or alias.

    Raises:
        StripeError: it is not open, does not exist, or there is no such card.
    """
    method = find_method(card)
    if method is None:
        raise invalid("Your card number is invalid.", "number", "invalid_number")
    _as_a_browser(world)
    if target.startswith("pi_"):
        return _pay_intent(world, target, method, billing(email, name))
    session = world.store.find("checkout.session", target)
    if session is None:
        raise missing("checkout.session", target)
    if session["status"] != "open":
        raise refused(f"This Checkout Session is {session['status']}; it cannot be paid any more.")
    _check_type(session, method)
    pm = payment_method(world, method, session["currency"], billing(session["customer_email"] or email, name))
    return outcome(checkouts.try_to_pay(world, session, pm))


def _pay_intent(world: World, intent_id: str, method: Method, details: Obj) -> Outcome:
    intent = _intent(world, intent_id)
    if intent["status"] not in {"requires_payment_method", "requires_confirmation", "requires_action"}:
        raise refused(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    _check_type(intent, method)
    pm = payment_method(world, method, intent["currency"], details)
    payments.confirm(world, intent, pm)
    checkouts.follow(world, intent)
    return outcome(intent)


def _check_type(target: Obj, method: Method) -> None:
    if method.kind == "bank_debit" and not {"us_bank_account", "sepa_debit"} & set(target["payment_method_types"]):
        raise invalid("The payment method type provided is not available for this payment.", "payment_method")


def authenticate(world: World, target: str, *, passed: bool) -> Outcome:
    """Answer the 3-D Secure step of a session or an intent."""
    _as_a_browser(world)
    intent = _intent(world, target)
    if intent["status"] != "requires_action":
        raise refused(f"This payment has a status of {intent['status']}; it waits for no authentication.")
    payments.answer(world, intent, passed=passed)
    checkouts.follow(world, intent)
    return outcome(intent)


def settle(world: World, target: str, *, passed: bool = True) -> Outcome:
    """Let a bank debit of a session or an intent arrive, or fail."""
    intent = _intent(world, target)
    if intent["status"] != "processing":
        raise refused(f"This payment has a status of {intent['status']}; nothing is to settle.")
    payments.settle(world, intent, passed=passed)
    checkouts.follow(world, intent)
    return outcome(intent)


def _intent(world: World, target: str) -> Obj:
    session = world.store.find("checkout.session", target)
    intent_id = target if session is None else session["payment_intent"]
    intent = world.store.find("payment_intent", intent_id)
    if intent is None:
        raise missing("payment_intent", intent_id or target)
    return intent


def outcome(intent: Obj) -> Outcome:
    """The state of an intent in one word."""
    words: dict[str, Outcome] = {
        "succeeded": "paid",
        "requires_action": "requires_action",
        "processing": "processing",
        "requires_capture": "requires_capture",
        "canceled": "canceled",
    }
    return words.get(intent["status"], "declined")


def _as_a_browser(world: World) -> None:
    """Stripe's own pages call the API under keys of their own."""
    world.cause = Cause(world.new_id("req"), world.new_id("key"))
