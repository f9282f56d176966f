"""A payment intent's way from payment method to charge: authorized, declined, authenticated, or settled later."""

from typing import Literal

from sandbox.stripe.acts import aftermath, capture
from sandbox.stripe.cards import METHODS, Method, find_method
from sandbox.stripe.events import emit
from sandbox.stripe.objects.charge import charge
from sandbox.stripe.objects.payment_method import three_d_secure
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

#: 3-D Secure as the merchant asked for it.
Asked = Literal["automatic", "any", "challenge"]


def confirm(world: World, intent: Obj, pm: Obj, *, return_url: str | None = None) -> None:
    """Try to pay an intent with a payment method. How it went is in the intent's `status` and `last_payment_error`."""
    method = method_of(world, pm)
    intent.update(payment_method=pm["id"], last_payment_error=None, next_action=None)
    if pm["type"] != "card":
        _order_debit(world, intent, pm, method)
    elif needs_authentication(intent, method):
        _ask(world, intent, return_url)
    else:
        _authorize(world, intent, pm, method, _unchallenged(intent, method))


def method_of(world: World, pm: Obj) -> Method:
    """The test method behind a payment method."""
    found = find_method(world.store.note(pm["id"]).get("method", ""))
    return found or METHODS[0]


def needs_authentication(intent: Obj, method: Method) -> bool:
    """Whether the buyer has to prove who they are."""
    asked = intent["payment_method_options"]["card"].get("request_three_d_secure") or "automatic"
    return method.three_d_secure == "required" or (method.three_d_secure == "optional" and asked != "automatic")


def answer(world: World, intent: Obj, *, passed: bool) -> None:
    """The buyer went through the 3-D Secure step, or failed it."""
    pm = world.store.get("payment_method", intent["payment_method"])
    method = method_of(world, pm)
    intent["next_action"] = None
    if passed:
        _authorize(world, intent, pm, method, three_d_secure("authenticated", "challenge"))
        return
    failed = Method(method.number, method.label, method.brand, code="payment_intent_authentication_failure")
    _decline(world, intent, pm, failed, None)


def settle(world: World, intent: Obj, *, passed: bool) -> None:
    """A bank debit under way has arrived, or will not."""
    made = world.store.get("charge", intent["latest_charge"])
    pm = world.store.get("payment_method", intent["payment_method"])
    method = method_of(world, pm)
    if passed:
        _take(world, intent, made, method)
    else:
        reason = method if method.code else _RETURNED
        _decline(world, intent, pm, reason, made)


_RETURNED = Method(
    "", "Returned debit", code="payment_method_provider_decline", decline_code="insufficient_funds", kind="bank_debit"
)


def _unchallenged(intent: Obj, method: Method) -> Obj | None:
    """3-D Secure asked for on a card that is not enrolled is only acknowledged."""
    asked = intent["payment_method_options"]["card"].get("request_three_d_secure") or "automatic"
    if asked == "automatic" or method.three_d_secure == "unsupported":
        return None
    return three_d_secure("attempt_acknowledged", "frictionless")


def _ask(world: World, intent: Obj, return_url: str | None) -> None:
    page = f"{world.settings.public_url}/sandbox/3ds/{intent['id']}?client_secret={intent['client_secret']}"
    if return_url:
        intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": page}}
    else:
        source = {"type": "three_d_secure_redirect", "stripe_js": page, "source": world.new_id("src")}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": source}
    intent["status"] = "requires_action"
    world.store.save(intent)
    emit(world, "payment_intent.requires_action", intent)


def _authorize(world: World, intent: Obj, pm: Obj, method: Method, secure: Obj | None) -> None:
    if method.code:
        made = charge(world, intent, pm, method, secure)
        _decline(world, intent, pm, method, made)
        return
    made = charge(world, intent, pm, method, secure)
    _take(world, intent, made, method)


def _take(world: World, intent: Obj, made: Obj, method: Method) -> None:
    """The money is there, or held where capture is manual."""
    held = intent["capture_method"] == "manual"
    made.update(
        paid=True,
        captured=not held,
        amount_captured=0 if held else made["amount"],
        status="succeeded",
        receipt_url=f"{world.settings.public_url}/sandbox/receipts/{made['id']}",
    )
    intent["latest_charge"] = made["id"]
    if held:
        intent.update(status="requires_capture", amount_capturable=made["amount"])
    else:
        intent.update(status="succeeded", amount_received=made["amount"])
        if made["balance_transaction"] is not None:
            capture.share_with_destination(world, made)
        elif intent["capture_method"] == "automatic":
            capture.record(world, made, announce=False)
    aftermath.review(world, intent, made)
    world.store.save(made)
    world.store.save(intent)
    emit(world, "charge.succeeded", made)
    emit(world, "payment_intent.amount_capturable_updated" if held else "payment_intent.succeeded", intent)
    if not held and made["balance_transaction"] is None:
        world.after(world.settings.capture_delay, "capture", made["id"])
    if method.aftermath in {"dispute", "early_fraud_warning"}:
        world.after(world.settings.trouble_delay, method.aftermath, made["id"])


def _decline(world: World, intent: Obj, pm: Obj, method: Method, made: Obj | None) -> None:
    """No money: the intent waits for another payment method."""
    error = blank("payment_intent.last_payment_error")
    error.update(
        charge=made["id"] if made else None,
        code=method.code,
        decline_code=method.decline_code,
        doc_url=f"https://stripe.com/docs/error-codes/{(method.code or '').replace('_', '-')}",
        message=method.message,
        payment_method=pm,
        payment_method_type=pm["type"],
        type="card_error" if made else "invalid_request_error",
    )
    error = {name: value for name, value in error.items() if value is not None}
    intent.update(status="requires_payment_method", payment_method=None, last_payment_error=error, processing=None)
    if made is not None:
        made.update(status="failed", paid=False, failure_code=method.code, failure_message=method.message)
        if made["balance_transaction"] is not None:
            capture.take_back(world, made)
        world.store.save(made)
        intent["latest_charge"] = made["id"]
        emit(world, "charge.failed", made)
    world.store.save(intent)
    emit(world, "payment_intent.payment_failed", intent)


def _order_debit(world: World, intent: Obj, pm: Obj, method: Method) -> None:
    """A debit is on its way to the bank: neither paid nor failed for days."""
    made = charge(world, intent, pm, method, None)
    made["captured"] = True
    made["amount_captured"] = made["amount"]
    intent.update(status="processing", latest_charge=made["id"])
    capture.book(world, made)
    world.store.save(intent)
    emit(world, "payment_intent.processing", intent)
    emit(world, "charge.pending", made)
    if world.settings.settlement_delay is not None:
        world.after(world.settings.settlement_delay, "settle", intent["id"])


def capture_held(world: World, intent: Obj, amount: int) -> None:
    """Take what was held, or a part of it; the rest is let go."""
    made = world.store.get("charge", intent["latest_charge"])
    made.update(captured=True, amount_captured=amount)
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    world.store.save(made)
    world.store.save(intent)
    emit(world, "charge.captured", made)
    emit(world, "payment_intent.succeeded", intent)
    world.after(world.settings.capture_delay, "capture", made["id"])


def release_held(world: World, intent: Obj) -> None:
    """Let go of what was held; Stripe shows the charge as refunded."""
    made = world.store.get("charge", intent["latest_charge"])
    before = {"amount_refunded": 0, "refunded": False}
    made.update(amount_refunded=made["amount"], refunded=True)
    world.store.save(made)
    emit(world, "charge.refunded", made, before=before)
