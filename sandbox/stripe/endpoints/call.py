"""What an endpoint is given."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.stripe.errors import missing
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One API call after its parameters were checked."""

    operation: str
    params: Obj
    #: The id in the path, where there is one.
    id: str
    path: str
    #: Whether a secret key was shown; a publishable one may do very little.
    secret: bool = True


Handler = Callable[[World, Call], Obj]


def named(world: World, kind: str, object_id: str, param: str = "id") -> Obj:
    """The object, or a 404 in Stripe's words."""
    found = world.store.find(kind, object_id)
    if found is None:
        raise missing(kind, object_id, param)
    return found


def retrieve(kind: str, param: str = "id") -> Handler:
    """The endpoint that reads one object of a kind."""

    def handler(world: World, call: Call) -> Obj:
        return named(world, kind, call.id, param)

    return handler
