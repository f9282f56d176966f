"""How tests of reconciliation drive a house: webhooks get lost, time passes, workers sweep."""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from tests.house import House


def sweep(home: House) -> None:
    """All that workers and scheduler do in one sweep."""
    home.work()
    for work in (
        home.app.reconcile_events,
        home.app.reconcile_attempts,
        home.app.reconcile_refunds,
        home.app.explain_money,
    ):
        drain(work)
    home.work()


def drain(work: Callable[[], int]) -> int:
    """Do one kind of work until nothing is left; returns how much it was."""
    done = 0
    for _ in range(1000):
        pieces = work()
        if not pieces:
            return done
        done += pieces
    raise AssertionError("work keeps coming")


def pass_time(home: House, *, minutes: float, step: float = 0.5) -> None:
    """Let time pass in steps, with a sweep in each; webhooks that were not delivered stay lost."""
    for _ in range(round(minutes / step)):
        home.forward(minutes=step)
        sweep(home)


def deliver(home: House, dice: Random, loss: float) -> int:
    """Deliver what Stripe has said since, but for a share that is lost for good; returns how many were lost."""
    events = home.new_events()
    kept = [event for event in events if dice.random() >= loss]
    if kept:
        home.hear(*kept)
    return len(events) - len(kept)


def lose(home: House) -> list[str]:
    """Lose every webhook that Stripe has sent since; returns their types."""
    return [event["type"] for event in home.new_events()]


def calls(home: House) -> dict[str, int]:
    """How often each operation of Stripe's was called."""
    return dict(home.sandbox.core.world.calls)


def only(events: Iterable[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    """Those of these types."""
    return [event for event in events if event["type"] in kinds]
