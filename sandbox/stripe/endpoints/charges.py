"""`/v1/charges`: what may be changed of a charge afterwards."""

from typing import Final

from sandbox.stripe.endpoints.call import Call, named
from sandbox.stripe.endpoints.checkout_sessions import merged
from sandbox.stripe.errors import invalid
from sandbox.stripe.events import emit
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

PLAIN: Final = ("description", "receipt_email", "shipping", "transfer_group")


def update(world: World, call: Call) -> Obj:
    """Change description, metadata, or what the merchant thinks of it (`fraud_details[user_report]`)."""
    charge, params = named(world, "charge", call.id), call.params
    if "customer" in params:
        raise invalid("The sandbox cannot change the customer of a charge.", "customer")
    changes: Obj = {name: params[name] or None for name in PLAIN if name in params}
    if "metadata" in params:
        changes["metadata"] = merged(charge["metadata"], params["metadata"])
    if "fraud_details" in params:
        report = params["fraud_details"]["user_report"]
        changes["fraud_details"] = {"user_report": report} if report else {}
    before = {name: charge[name] for name, value in changes.items() if charge[name] != value}
    charge.update(changes)
    world.store.save(charge)
    if before:
        emit(world, "charge.updated", charge, before=before)
    return charge
