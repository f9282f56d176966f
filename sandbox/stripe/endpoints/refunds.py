"""`/v1/refunds`."""

from sandbox.stripe.acts import refunds
from sandbox.stripe.endpoints.call import Call, named
from sandbox.stripe.endpoints.checkout_sessions import merged
from sandbox.stripe.errors import invalid, refused
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World


def create(world: World, call: Call) -> Obj:
    """Give money back, in full or in part."""
    return refunds.refund(world, _charge(world, call.params), call.params)


def _charge(world: World, params: Obj) -> Obj:
    charge_id, intent_id = params.get("charge"), params.get("payment_intent")
    if charge_id is None and intent_id is None:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    if intent_id is None:
        return named(world, "charge", charge_id or "", "charge")
    intent = named(world, "payment_intent", intent_id, "payment_intent")
    charge = world.store.find("charge", intent["latest_charge"])
    if charge is None or not charge["paid"]:
        raise refused(
            f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    if charge_id is not None and charge_id != charge["id"]:
        raise invalid(f"The charge {charge_id} does not belong to the PaymentIntent {intent_id}.", "charge")
    return charge


def update(world: World, call: Call) -> Obj:
    """Change metadata."""
    made = named(world, "refund", call.id, "id")
    made["metadata"] = merged(made["metadata"], call.params.get("metadata", {}))
    return world.store.save(made)


def cancel(world: World, call: Call) -> Obj:
    """Call a refund back; only one that waits for the buyer can be."""
    made = named(world, "refund", call.id, "id")
    if made["status"] != "requires_action":
        raise refused(
            f"You cannot cancel this refund because it has a status of {made['status']}. Only a refund with a status "
            "of requires_action may be canceled."
        )
    refunds.cancel(world, made)
    return made
