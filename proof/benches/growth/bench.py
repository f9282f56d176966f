"""What the same work costs while the house grows; and what a payment takes on disk."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from psycopg import Connection

from domain.ids import SessionId
from proof.benches.area import Area, Effort, Goal, at_most
from proof.benches.ground import Ground
from proof.benches.growth.copying import add_copy, keep_pattern, sizes
from proof.benches.pipeline.street import house, open_checkouts, require
from proof.benches.processor import cpu_seconds
from proof.benches.statistic import short
from runtime.app import App

#: Payments that the use cases make; all others are copies of them.
_PATTERN: Final = 500
#: As many of them are paid; the others have time left.
_PAID: Final = 450
_SIZES: Final = (1_000, 10_000, 100_000)
_LARGE: Final = (1_000, 100_000, 1_000_000)
#: How often each thing is done in a sample, how many samples there are, and what a batch of payments is.
_TIMES: Final = 100
_SAMPLES: Final = 5
_BATCH: Final = 20
#: Webhooks that come together, and share a commit.
_EVENTS: Final = 64
#: So much more may a thing cost in the largest house than in the smallest, with room for a machine that is busy.
_MORE: Final = 2.5

#: What others would have done.
_TOLD: Final = (
    "UPDATE deliveries SET status = 'sent', due_at = NULL, finished_at = now() WHERE status = 'waiting'",
    "UPDATE notifications SET status = 'sent', due_at = NULL, finished_at = now() WHERE status = 'queued'",
)

Work = Callable[[], object]


def measure(ground: Ground, effort: Effort) -> Area:
    """One house that grows."""
    town, cost = ground.database(), {}
    with house(ground, town) as app:
        _live(app, range(_PAID))
        open_checkouts(app, require(app, range(_PAID, _PATTERN)))
        while app.issue_receipts():
            pass
        with _superuser(ground, town) as connection:
            keep_pattern(connection)
        copies, grown = 1, _LARGE if effort.million else _SIZES
        for size in grown:
            ground.tell(f"growing to {size:,} payments")
            with _superuser(ground, town) as connection:
                while copies * _PATTERN < size:
                    add_copy(connection, copies)
                    copies += 1
                connection.execute("VACUUM ANALYZE")
            cost[size] = _cost(ground, app, size)
        with _superuser(ground, town) as connection:
            bytes_each = {name: (rows / size, indexes / size) for name, rows, indexes in sizes(connection)}
    first, last = cost[grown[0]], cost[grown[-1]]
    goals: list[Goal] = [
        at_most(f"{what}, of {grown[-1]:,} payments against {grown[0]:,}", last[what] / first[what], _MORE, "times")
        for what in first
    ]
    details: dict[str, Any] = {
        f"us_of_{size}_payments": {k: short(v) for k, v in one.items()} for size, one in cost.items()
    }
    largest = sorted(bytes_each.items(), key=lambda one: -sum(one[1]))
    details["bytes_of_a_payment"] = round(sum(sum(pair) for pair in bytes_each.values()))
    details["by_table"] = {name: {"rows": round(a), "indexes": round(b)} for name, (a, b) in largest if a + b >= 1}
    return Area("growth", None, goals, details=details)


def _live(app: App, numbers: range) -> list[SessionId]:
    """Payments from the message to the receipt's number, all told."""
    sessions = require(app, numbers)
    app.receive_events([app.read_event(body) for body in open_checkouts(app, sessions)])
    while app.process_events():
        pass
    with app.database.transaction() as connection:
        for statement in _TOLD:
            connection.execute(statement)
    return sessions


def _cost(ground: Ground, app: App, size: int) -> dict[str, float]:
    """Microseconds of each thing, of this process and PostgreSQL's processor."""
    numbers = iter(range(10 * size, 100 * size, _BATCH))
    pid, sessions = ground.postgres.pid or 0, _live(app, _next(numbers))
    with app.store.begin() as uow:
        (event,) = uow.inbox.find("r.session_id = %(id)s", id=sessions[0])
    id_of_it = event.stripe_event_id.encode()

    def each(work: Work, times: int = _TIMES, pieces: int = 1) -> float:
        work()
        took = []
        for _ in range(_SAMPLES):
            used, begun = cpu_seconds(pid) or 0.0, time.process_time()
            for _ in range(times):
                work()
            ours = time.process_time() - begun
            took.append(ours + (cpu_seconds(pid) or 0.0) - used)
        return median(took) / times / pieces * 1e6

    def claimed() -> None:
        with app.store.begin() as uow:
            uow.inbox.claim(app.now(), 100)

    def stored() -> None:
        fresh = (event.body.replace(id_of_it, f"evt_{os.urandom(12).hex()}".encode()) for _ in range(_EVENTS))
        app.receive_events([app.read_event(body) for body in fresh])

    cost = {
        "a completed payment, whole": each(lambda: _live(app, _next(numbers)), 2, _BATCH),
        "a status read": each(lambda: app.view_payments.one(sessions[0])),
        "a sweep that finds nothing": each(app.expire_windows),
        "a claim of events that finds none": each(claimed),
        "what is due, all queues": each(lambda: [count() for count in app.due.values()]),
        "an event, stored": each(stored, 10, _EVENTS),
    }
    while app.process_events():  # they tell nothing new
        pass
    return cost


def _next(numbers: Iterator[int]) -> range:
    first = next(numbers)
    return range(first, first + _BATCH)


@contextmanager
def _superuser(ground: Ground, database: str) -> Iterator[Connection[Any]]:
    url = urlsplit(ground.postgres.superuser_url)._replace(path=urlsplit(database).path).geturl()
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
