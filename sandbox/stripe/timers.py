"""What happens by itself when its time comes."""

from collections.abc import Callable
from typing import Final

from sandbox.stripe.acts import aftermath, buyer, capture, checkouts, refunds
from sandbox.stripe.acts.payments import method_of
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import NOBODY, World


def _expire(world: World, session_id: str) -> None:
    session = world.store.get("checkout.session", session_id)
    if session["status"] == "open":
        checkouts.expire(world, session)


def _capture(world: World, charge_id: str) -> None:
    capture.record(world, world.store.get("charge", charge_id))


def _settle(world: World, intent_id: str) -> None:
    intent = world.store.get("payment_intent", intent_id)
    if intent["status"] == "processing":
        pm = world.store.get("payment_method", intent["payment_method"])
        buyer.settle(world, intent_id, passed=method_of(world, pm).code is None)


def _dispute(world: World, charge_id: str) -> None:
    charge = world.store.get("charge", charge_id)
    if not charge["refunded"] and not charge["disputed"]:
        aftermath.open_dispute(world, charge)


def _warn(world: World, charge_id: str) -> None:
    aftermath.warn(world, world.store.get("charge", charge_id))


def _end_refund(world: World, refund_id: str) -> None:
    refunds.end(world, world.store.get("refund", refund_id))


ACTS: Final[dict[str, Callable[[World, str], None]]] = {
    "expire": _expire,
    "capture": _capture,
    "settle": _settle,
    "dispute": _dispute,
    "early_fraud_warning": _warn,
    "end_refund": _end_refund,
}


def fire_due(world: World) -> int:
    """Do everything whose time has come, each at its own moment; returns how much was done."""
    done = 0
    now = world.time()
    for timer in world.due_timers(now):
        _fire(world, timer)
        done += 1
    return done


def _fire(world: World, timer: Obj) -> None:
    world.moment, world.cause = timer["due"], NOBODY
    try:
        ACTS[timer["act"]](world, timer["target"])
    finally:
        world.moment = None
