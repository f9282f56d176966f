"""Webhook endpoints."""

from sandbox.stripe.schema import blank
from sandbox.stripe.wire import API_VERSION, Obj
from sandbox.stripe.world import World


def webhook_endpoint(world: World, params: Obj) -> Obj:
    """A new enabled endpoint, saved; it has no secret yet."""
    made = blank("webhook_endpoint")
    made.update(
        id=world.new_id("we"),
        object="webhook_endpoint",
        api_version=params.get("api_version", API_VERSION),
        created=world.now,
        description=params.get("description") or None,
        enabled_events=params["enabled_events"],
        livemode=False,
        metadata=dict(params.get("metadata") or {}),
        status="enabled",
        url=params["url"],
    )
    return world.store.save(made)
