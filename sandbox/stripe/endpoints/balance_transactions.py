"""`/v1/balance_transactions`."""

from sandbox.stripe.endpoints.call import Call, named
from sandbox.stripe.endpoints.lists import page
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World


def retrieve(world: World, call: Call) -> Obj:
    """One movement."""
    return settled(world, named(world, "balance_transaction", call.id))


def listing(world: World, call: Call) -> Obj:
    """Movements by time, type, currency and source; the sandbox pays nothing out, so none belongs to a payout."""
    params = call.params
    exact = {name: params[name] for name in ("type", "currency", "source") if name in params}
    none = "payout" in params
    found = page(
        world, "balance_transaction", call, lambda row: not none and all(row[n] == v for n, v in exact.items())
    )
    for row in found["data"]:
        settled(world, row)
    return found


def settled(world: World, row: Obj) -> Obj:
    """Pending money becomes available when its time has come."""
    if row["status"] == "pending" and row["available_on"] <= world.now:
        row["status"] = "available"
        world.store.save(row)
    return row
