"""`/v1/payment_intents/{id}` and what is done to it: read, confirm, capture, cancel."""

from typing import Final

from sandbox.stripe.acts import checkouts, payments
from sandbox.stripe.endpoints import rules
from sandbox.stripe.endpoints.call import Call, named
from sandbox.stripe.endpoints.payment_methods import resolve
from sandbox.stripe.errors import StripeError, invalid, missing, refused
from sandbox.stripe.objects.payment_intent import card_options
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

UNCONFIRMED: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE: Final = (
    "requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing",
)  # fmt: skip
#: What a page that shows the publishable key may see of an intent.
PRIVATE: Final = frozenset(
    {"application", "application_fee_amount", "customer", "latest_charge", "metadata", "on_behalf_of", "review",
     "transfer_data", "transfer_group"}
)  # fmt: skip


def retrieve(world: World, call: Call) -> Obj:
    """One intent; a page needs its client secret."""
    return _seen(_intent(world, call), call)


def _intent(world: World, call: Call) -> Obj:
    intent = named(world, "payment_intent", call.id, "intent")
    if not call.secret and call.params.get("client_secret") != intent["client_secret"]:
        raise missing("payment_intent", call.id, "intent")
    return intent


def _seen(intent: Obj, call: Call) -> Obj:
    return intent if call.secret else {name: value for name, value in intent.items() if name not in PRIVATE}


def confirm(world: World, call: Call) -> Obj:
    """Try to pay. A decline answers 402 with the intent in the error."""
    intent, params = _intent(world, call), call.params
    if checkouts.session_of(world, intent) is not None:
        raise of_checkout()
    if intent["status"] == "succeeded":
        raise _unexpected(
            intent,
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.",
        )
    if intent["status"] not in UNCONFIRMED:
        raise _unexpected(
            intent,
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}. Only a "
            "PaymentIntent with one of the following statuses may be confirmed: "
            "requires_confirmation, requires_action.",
        )
    if "payment_method_options" in params:
        intent["payment_method_options"] = card_options(params)
    check_return(intent, params, secret=call.secret)
    pm = resolve(world, params, intent["currency"]) or world.store.find("payment_method", intent["payment_method"])
    if pm is None:
        raise no_method(intent)
    if pm["type"] not in intent["payment_method_types"]:
        raise invalid(
            f"The payment method type provided: {pm['type']} is not allowed for this PaymentIntent.", "payment_method"
        )
    attempt(world, intent, pm, params)
    return _seen(intent, call)


def check_return(intent: Obj, params: Obj, *, secret: bool) -> None:
    """A server that confirms says where the buyer comes back to, unless redirects are switched off."""
    if "return_url" in params:
        rules.url(params["return_url"], "return_url")
    elif secret and intent["automatic_payment_methods"]["allow_redirects"] == "always":
        raise invalid(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
            "these payment methods might redirect your customer off of your page, you must provide a `return_url`. If "
            "you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to "
            "`true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and "
            "Payment Intents.",
            "return_url",
        )


def attempt(world: World, intent: Obj, pm: Obj, params: Obj) -> None:
    """Try a payment method; a decline is raised as Stripe answers it."""
    payments.confirm(world, intent, pm, return_url=params.get("return_url"))
    error = intent["last_payment_error"]
    if error is None:
        return
    rest = {name: value for name, value in error.items() if name not in {"message", "type", "code", "doc_url"}}
    raise StripeError(
        error["message"],
        status=402,
        kind="card_error",
        code=error["code"],
        executed=True,
        **rest,
        payment_intent=intent,
    )


def capture(world: World, call: Call) -> Obj:
    """Take money that was held."""
    intent = named(world, "payment_intent", call.id, "intent")
    if intent["status"] != "requires_capture":
        raise _unexpected(
            intent,
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}. Only a "
            "PaymentIntent with one of the following statuses may be captured: requires_capture.",
        )
    amount: int = {"amount_to_capture": intent["amount_capturable"], **call.params}["amount_to_capture"]
    if not 0 < amount <= intent["amount_capturable"]:
        raise invalid(
            "The amount to capture must be positive and no more than the amount that can be captured.",
            "amount_to_capture",
            "amount_too_large",
        )
    payments.capture_held(world, intent, amount)
    checkouts.captured(world, intent)
    return intent


def cancel(world: World, call: Call) -> Obj:
    """Cancel an intent that nobody has paid."""
    intent = named(world, "payment_intent", call.id, "intent")
    if intent["status"] not in CANCELABLE:
        raise _unexpected(
            intent,
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
            f"with one of the following statuses may be canceled: {', '.join(CANCELABLE)}.",
        )
    if checkouts.session_of(world, intent) is not None and intent["status"] != "requires_capture":
        raise of_checkout()
    if intent["status"] == "processing":
        raise _unexpected(
            intent, "You cannot cancel this PaymentIntent because its payment is already being processed."
        )
    if intent["status"] == "requires_capture":
        payments.release_held(world, intent)
    checkouts.cancel_intent(world, intent, call.params.get("cancellation_reason"))
    return intent


def _unexpected(intent: Obj, message: str) -> StripeError:
    return refused(message, code="payment_intent_unexpected_state", payment_intent=intent)


def no_method(intent: Obj | None = None) -> StripeError:
    """There is nothing to confirm with."""
    more: Obj = {} if intent is None else {"payment_intent": intent}
    return refused(
        "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
        "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment "
        "method or ConfirmationToken.",
        code="payment_intent_unexpected_state",
        **more,
    )


def of_checkout() -> StripeError:
    """The session has to be asked instead."""
    return refused(
        "You cannot perform this action on PaymentIntents created by Checkout. Try expiring the Checkout "
        "Session instead."
    )
