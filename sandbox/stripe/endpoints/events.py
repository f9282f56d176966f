"""`/v1/events`: thirty days back, newest first."""

from fnmatch import fnmatchcase
from typing import Final

from sandbox.stripe.endpoints.call import Call
from sandbox.stripe.endpoints.lists import page
from sandbox.stripe.errors import invalid
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

MOST_TYPES: Final = 20
KEPT: Final = 30 * 86_400


def listing(world: World, call: Call) -> Obj:
    """Events by type (one with wildcards, or up to twenty by name), time, and whether every endpoint has them."""
    params = call.params
    types, pattern, delivered = params.get("types"), params.get("type"), params.get("delivery_success")
    if types and pattern:
        raise invalid("You may only specify one of these parameters: type, types.", "type")
    if types and len(types) > MOST_TYPES:
        raise invalid(f"You may pass up to {MOST_TYPES} event types; you passed {len(types)}.", "types")
    wanted_types = frozenset(types or ())
    oldest = world.now - KEPT

    def wanted(event: Obj) -> bool:
        if event["created"] < oldest or (wanted_types and event["type"] not in wanted_types):
            return False
        if pattern and not fnmatchcase(event["type"], pattern):
            return False
        return delivered is None or (event["pending_webhooks"] == 0) == delivered

    return page(world, "event", call, wanted)
