"""Events to completed payments: every row of a completion, against one plain transaction for each message."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Final

import orjson
from redis import Redis

from domain.bells import PROCESS_EVENTS
from gateways.queue.connect import open_ring
from proof.benches.baselines import dramatiq_events
from proof.benches.ground import Ground, Running
from proof.benches.pipeline.street import DOWNSTREAM, house, let_loose, paid_street
from proof.benches.rounds import Sample

#: Seconds between two looks, and for a round at most.
_LOOK: Final = 0.02
_PATIENCE: Final = 300.0
_THREADS: Final = 8
_STARTED: Final = "worker.started"

_COMPLETED: Final = "SELECT count(*) FROM payment_sessions WHERE completed_at IS NOT NULL"
#: A completion is all of this.
_WHOLE: Final = """
    SELECT (SELECT count(*) FROM transactions), (SELECT count(DISTINCT cause) FROM ledger_entries),
           (SELECT count(*) FROM audit_entries WHERE action = 'checkout_completed'),
           (SELECT count(*) FROM outbox WHERE type = 'auction.sold'),
           (SELECT count(*) FROM outbox WHERE type = 'order.requested'),
           (SELECT count(*) FROM receipts), (SELECT count(*) FROM webhook_events WHERE status = 'done')
"""


def ways(ground: Ground, payments: int) -> tuple[Callable[[], Sample], Callable[[], Sample], Callable[[], Sample]]:
    """Ours with one process, ours with two, and Dramatiq's."""
    street = paid_street(ground, payments)
    one, two = (partial(_ours, ground, street, payments, processes) for processes in (1, 2))
    return one, two, partial(_dramatiq, ground, payments)


def wait_until(ground: Ground, database: str, query: str, wanted: int) -> int:
    """Wait until a count is reached; answers the count, also where patience ran out."""
    last, count = time.monotonic() + _PATIENCE, 0
    with ground.looking(database) as look:
        while time.monotonic() < last:
            count = look(query)[0][0]
            if count >= wanted:
                break
            time.sleep(_LOOK)
    return count


def wait_for_workers(worker: Running, processes: int) -> None:
    """Wait until each process says that it has started. One has several connections, so those do not tell."""
    last = time.monotonic() + _PATIENCE
    while worker.log.read_text().count(_STARTED) < processes and time.monotonic() < last:
        time.sleep(_LOOK)


def _ours(ground: Ground, street: str, payments: int, processes: int) -> Sample:
    database, redis = ground.database(like=street), ground.redis()
    env = ground.environment(database, redis, **DOWNSTREAM)
    workers = ("worker", "--queues", "events", "--processes", str(processes), "--threads", str(_THREADS))
    with ground.house(*workers, env=env, option="--metrics-port") as worker:
        wait_for_workers(worker, processes)
        let_loose(ground, database)
        with ground.cpu(worker=worker.pid) as cpu:
            begun = time.perf_counter()
            with closing(open_ring(redis)) as ring:
                ring(Counter({PROCESS_EVENTS: _THREADS}))
            done = wait_until(ground, database, _COMPLETED, payments)
            seconds = time.perf_counter() - begun
    wrong = _wrong(ground, database, payments)
    ground.drop(database)
    return Sample(done, seconds, cpu, wrong=wrong)


def _wrong(ground: Ground, database: str, payments: int) -> list[str]:
    (counts,) = ground.rows(database, _WHOLE)
    wrong = [] if set(counts) == {payments} else [f"{payments} payments have {counts} rows of each kind"]
    with house(ground, database) as app:
        return wrong + [str(broken) for broken in app.check_invariants()]


def _dramatiq(ground: Ground, payments: int) -> Sample:
    database, redis = ground.database(), ground.redis()
    dramatiq_events.prepare(database, payments + 1)
    env = ground.environment(database, redis)
    with ground.process("dramatiq", ("-m", "proof.benches.baselines.dramatiq_events"), env=env, health="") as worker:
        _enqueue(redis, [payments])  # one that shows that it is at work
        done = "SELECT count(*) FROM baseline_sessions WHERE status = 'completed'"
        wait_until(ground, database, done, 1)
        with ground.cpu(worker=worker.pid) as cpu:
            _enqueue(redis, list(range(payments)))
            begun = time.perf_counter()
            count = wait_until(ground, database, done, payments + 1) - 1
            seconds = time.perf_counter() - begun
    stored = ground.rows(database, "SELECT count(*) FROM baseline_events")[0][0] - 1
    ground.drop(database)
    return Sample(count, seconds, cpu, wrong=[] if stored == payments else [f"{stored} of {payments} are stored"])


def _enqueue(redis: str, numbers: list[int]) -> None:
    """What Dramatiq's script writes for each message, in one round trip."""
    with Redis.from_url(redis) as client:
        pipeline = client.pipeline()
        messages = {f"m-{number}": orjson.dumps(dramatiq_events.message(number)) for number in numbers}
        pipeline.hset(f"dramatiq:{dramatiq_events.QUEUE}.msgs", mapping=messages)
        pipeline.rpush(f"dramatiq:{dramatiq_events.QUEUE}", *messages)
        pipeline.execute()
