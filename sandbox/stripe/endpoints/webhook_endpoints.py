"""`/v1/webhook_endpoints`."""

from typing import Final

from sandbox.stripe import webhooks
from sandbox.stripe.endpoints import rules
from sandbox.stripe.endpoints.call import Call, named
from sandbox.stripe.endpoints.checkout_sessions import merged
from sandbox.stripe.errors import invalid, refused
from sandbox.stripe.objects.webhook_endpoint import webhook_endpoint
from sandbox.stripe.wire import API_VERSION, Obj
from sandbox.stripe.world import World

MOST: Final = 16


def create(world: World, call: Call) -> Obj:
    """A new endpoint. Its secret is in this answer and never again."""
    params = call.params
    rules.url(params["url"], "url")
    if params.get("api_version", API_VERSION) != API_VERSION:
        raise invalid(f"The sandbox renders events of {API_VERSION} only.", "api_version")
    if params.get("connect"):
        raise invalid("The sandbox sends no events of connected accounts.", "connect")
    if not params["enabled_events"]:
        raise invalid("You must pass at least one event.", "enabled_events")
    if len(world.store.table("webhook_endpoint")) >= MOST:
        raise refused(f"You have reached the maximum of {MOST} test webhook endpoints.")
    made = webhook_endpoint(world, params)
    return {**made, "secret": webhooks.give_secret(world, made["id"])}


def update(world: World, call: Call) -> Obj:
    """Change address, events, or whether it is enabled."""
    made, params = named(world, "webhook_endpoint", call.id), call.params
    if "url" in params:
        made["url"] = rules.url(params["url"], "url")
    if "enabled_events" in params:
        made["enabled_events"] = params["enabled_events"]
    if "description" in params:
        made["description"] = params["description"] or None
    if "metadata" in params:
        made["metadata"] = merged(made["metadata"], params["metadata"])
    if "disabled" in params:
        made["status"] = "disabled" if params["disabled"] else "enabled"
    return world.store.save(made)


def delete(world: World, call: Call) -> Obj:
    """Send nothing there any more."""
    named(world, "webhook_endpoint", call.id)
    world.store.delete("webhook_endpoint", call.id)
    return {"id": call.id, "object": "webhook_endpoint", "deleted": True}
