"""`/v1/customers`, as far as a checkout needs them."""

from sandbox.stripe.endpoints import rules
from sandbox.stripe.endpoints.call import Call
from sandbox.stripe.events import emit
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

GIVEN = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping", "business_name")


def create(world: World, call: Call) -> Obj:
    """A new customer."""
    params = call.params
    if params.get("email"):
        rules.email(params["email"], "email")
    made = blank("customer")
    made.update(
        id=world.new_id("cus"),
        object="customer",
        balance=params.get("balance", 0),
        created=world.now,
        delinquent=False,
        invoice_prefix="SANDBOX",
        invoice_settings={
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        livemode=False,
        metadata=dict(params.get("metadata") or {}),
        next_invoice_sequence=1,
        preferred_locales=[],
        tax_exempt=params.get("tax_exempt") or "none",
    )
    made.update({name: params[name] or None for name in GIVEN if name in params})
    world.store.save(made)
    emit(world, "customer.created", made)
    return made
