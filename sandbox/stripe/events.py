"""Events: snapshots of objects at the moment something happened to them, and who is to hear of it."""

from fnmatch import fnmatchcase

import orjson

from sandbox.stripe import webhooks
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import API_VERSION, Obj
from sandbox.stripe.world import Cause, World


def emit(world: World, kind: str, obj: Obj, *, before: Obj | None = None, cause: Cause | None = None) -> Obj:
    """Record that `kind` happened to `obj`, as it is now, and queue its webhooks.

    Args:
        world: The sandbox.
        kind: Event type, such as `charge.updated`.
        obj: The object; its present state is what the event shows for ever.
        before: Former values of the fields that changed (`data.previous_attributes`).
        cause: The API call to name; by default the one that is under way.
    """
    cause = cause or world.cause
    event = blank("event")
    data: Obj = {"object": orjson.Fragment(orjson.dumps(obj))}
    if before is not None:
        data["previous_attributes"] = before
    event.update(
        id=world.new_id("evt"),
        api_version=API_VERSION,
        created=world.now,
        data=data,
        livemode=False,
        pending_webhooks=0,
        request={"id": cause.request_id, "idempotency_key": cause.idempotency_key},
        type=kind,
    )
    event["object"] = "event"
    world.store.save(event)
    listeners = [one for one in world.store.table("webhook_endpoint").oldest() if hears(one, kind)]
    for endpoint in listeners:
        _address(world, event, endpoint)
    return event


def hears(endpoint: Obj, kind: str) -> bool:
    """Whether an endpoint is enabled and subscribed to this type of event."""
    wanted = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in wanted or any(fnmatchcase(kind, one) for one in wanted))


def _address(world: World, event: Obj, endpoint: Obj) -> None:
    """Queue the delivery of an event to an endpoint, as the faults in force allow."""
    kind, faults = event["type"], world.faults
    event["pending_webhooks"] += 1
    due = world.time()
    if delay := faults.strike("webhook_delay", kind):
        due += delay.seconds
    if reorder := faults.strike("webhook_reorder", kind):
        due += faults.rng.random() * reorder.seconds
    dropped = faults.strike("webhook_drop", kind) is not None
    repeat = faults.strike("webhook_repeat", kind)
    for _ in range(1 + (repeat.times if repeat else 0)):
        webhooks.address(world, event["id"], endpoint["id"], due, dropped=dropped)
    world.store.save(event)
