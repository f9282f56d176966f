"""Auctions that close together: their checkouts, opened by a worker, and in which order."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from proof.benches.burst.stripe import SCALE, Stripe
from proof.benches.ground import Ground
from proof.benches.pipeline.street import DOWNSTREAM, house, require
from workers.process import DEFAULT_THREADS

_BATCH: Final = 200
#: Each thread waits for Stripe, mostly: at so many times the rate it takes so many times the threads.
_THREADS: Final = DEFAULT_THREADS * SCALE

_TRACE: Final = """
    SELECT a.deadline, e.at FROM checkout_attempts a
      LEFT JOIN audit_entries e ON e.session_id = a.session_id AND e.action = 'checkout_created'
     ORDER BY a.created_at, a.id
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of them."""

    #: By when each had to be open, and when it was; None if it never was.
    trace: Sequence[tuple[datetime, datetime | None]]
    calls: int
    refused: int
    cpu: dict[str, float]

    @property
    def at(self) -> list[datetime]:
        """When checkouts opened, in order."""
        return sorted(at for _, at in self.trace if at is not None)

    @property
    def seconds(self) -> float:
        """From the first to the last."""
        return (self.at[-1] - self.at[0]).total_seconds()

    @property
    def furthest_overtaken(self) -> int:
        """How many places behind its own the worst one came: threads that ask together end in any order."""
        due = sorted((deadline, at) for deadline, at in self.trace if at is not None)
        came = sorted(range(len(due)), key=lambda place: due[place][1])
        return max(abs(place - turn) for turn, place in enumerate(came))

    @property
    def saved(self) -> int:
        """How many were open in time."""
        return sum(at is not None and at <= deadline for deadline, at in self.trace)

    @property
    def saved_in_order_of_asking(self) -> int:
        """How many it would have been, had the same turns at the same moments gone to who asked first."""
        turns = zip((deadline for deadline, _ in self.trace), self.at, strict=False)
        return sum(at <= deadline for deadline, at in turns)


def close_together(
    ground: Ground, stripe: Stripe, auctions: int, ends: tuple[float, float], *, patience: float
) -> Opened:
    """Have so many auctions close, and their checkouts opened.

    Args:
        ground: what it stands on.
        stripe: whom to ask.
        auctions: how many.
        ends: from when to when their windows end, in seconds from now, in an order that has nothing to do with when
            they were asked for.
        patience: seconds after which whatever is not open stays so.
    """
    database, redis = ground.database(), ground.redis()
    with house(ground, database) as app:
        for first in range(0, auctions, _BATCH):
            require(app, range(first, min(first + _BATCH, auctions)))
    stripe.reset()
    env = ground.environment(database, redis, **DOWNSTREAM, **stripe.env)
    # Not due before the worker is at work.
    ground.rows(database, "UPDATE checkout_attempts SET due_at = now() + interval '1 day'")
    queues = ("--queues", "payment_required,checkouts,lookups,event_list")
    with ground.house("worker", *queues, "--threads", str(_THREADS), env=env, option="--metrics-port") as worker:
        time.sleep(1.0)
        with ground.cpu(worker=worker.pid, sandbox=stripe.pid) as cpu:
            ground.rows(database, _DUE_NOW, [ends[0], ends[1] - ends[0]])
            last = time.monotonic() + patience
            while time.monotonic() < last and ground.rows(database, _WAITING)[0][0]:
                time.sleep(0.1)
        calls, refused = stripe.calls()
    trace = [(deadline, at) for deadline, at in ground.rows(database, _TRACE)]
    ground.drop(database)
    return Opened(trace, calls, refused, cpu)


_WAITING: Final = "SELECT count(*) FROM checkout_attempts WHERE status = 'opening'"
_DUE_NOW: Final = """
    UPDATE checkout_attempts
       SET due_at = now(), deadline = clock_timestamp() + interval '1 second' * (%s + random() * %s)
"""
