"""Messages to open checkouts, against the calls of Stripe's library alone, both at the same sandbox."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any, Final

import orjson
from redis import Redis

from proof.benches.ground import Ground, Running
from proof.benches.pipeline.completing import wait_for_workers, wait_until
from proof.benches.pipeline.street import DOWNSTREAM, message
from proof.benches.rounds import Sample

#: No limit of ours: it is the software that is measured.
_UNLIMITED: Final = {"STRIPE_MAX_REQUESTS_PER_SECOND": "100000", "STRIPE_MAX_REQUESTS_PER_ENDPOINT": "100000"}
_OPENERS: Final = 16
_CALLERS: Final = 8
_PATIENCE: Final = 300
_QUEUE: Final = "payment_required"
_OPEN: Final = "SELECT count(*) FROM checkout_attempts WHERE status = 'open'"

Way = Callable[[], Sample]


@contextmanager
def ways(ground: Ground, checkouts: int) -> Iterator[tuple[Way, Way, Way]]:
    """Ours with one process, ours with two, and the library's calls."""
    env = ground.environment("", "")
    with ground.process("sandbox", ("-m", "sandbox.stripe"), env=env) as sandbox:
        lots = count(1, 1_000_000)
        one, two = (partial(_ours, ground, sandbox, checkouts, lots, processes) for processes in (1, 2))
        yield one, two, partial(_library, ground, sandbox, checkouts, lots)


def _ours(ground: Ground, sandbox: Running, checkouts: int, lots: Iterator[int], processes: int) -> Sample:
    database, redis, first = ground.database(), ground.redis(), next(lots)
    env = ground.environment(database, redis, **DOWNSTREAM, **_UNLIMITED, STRIPE_API_BASE=_url(sandbox))
    # Half of a process's threads may open checkouts where it does other work besides. Theirs is waiting, mostly: at
    # Stripe's own pace it takes this many to reach its limit, and what many record together costs the least.
    threads = str(2 * _OPENERS)
    workers = ("worker", "--queues", f"{_QUEUE},checkouts", "--processes", str(processes), "--threads", threads)
    with ground.house(*workers, env=env, option="--metrics-port") as worker:
        _send(redis, [first])
        wait_for_workers(worker, processes)
        wait_until(ground, database, _OPEN, 1)  # connected, and everything loaded
        with ground.cpu(worker=worker.pid, sandbox=sandbox.pid) as cpu:
            _send(redis, range(first + 1, first + 1 + checkouts))
            begun = time.perf_counter()
            done = wait_until(ground, database, _OPEN, checkouts + 1) - 1
            seconds = time.perf_counter() - begun
    keys = ground.rows(database, "SELECT count(*), count(DISTINCT stripe_checkout_id) FROM checkout_attempts")[0]
    ground.drop(database)
    wrong = [] if keys == (checkouts + 1, checkouts + 1) else [f"{checkouts + 1} messages became {keys} checkouts"]
    return Sample(done, seconds, cpu, wrong=wrong)


def _library(ground: Ground, sandbox: Running, checkouts: int, lots: Iterator[int]) -> Sample:
    arguments = [_url(sandbox), str(_CALLERS), str(checkouts), str(next(lots))]
    command = [sys.executable, "-P", "-m", "proof.benches.baselines.library_checkouts", *arguments]
    with ground.cpu(sandbox=sandbox.pid) as cpu:
        told = subprocess.run(  # noqa: S603 - our own program
            command, env=ground.environment("", ""), capture_output=True, check=True, timeout=_PATIENCE
        )
    answer: dict[str, Any] = orjson.loads(told.stdout)
    wrong = [] if answer["opened"] == checkouts else [f"{answer['opened']} of {checkouts} were opened"]
    return Sample(answer["opened"], answer["seconds"], {"worker": answer["cpu"], **cpu}, wrong=wrong)


def _send(redis: str, numbers: Any) -> None:
    """What producers send, all at once."""
    messages = {}
    for number in numbers:
        key = f"m-{number}"
        messages[key] = orjson.dumps(
            {
                "queue_name": _QUEUE,
                "actor_name": _QUEUE,
                "args": [],
                "kwargs": message(number),
                "options": {"redis_message_id": key},
                "message_id": key,
                "message_timestamp": time.time_ns() // 1_000_000,
            }
        )
    with Redis.from_url(redis) as client:
        pipeline = client.pipeline()
        pipeline.hset(f"dramatiq:{_QUEUE}.msgs", mapping=messages)
        pipeline.rpush(f"dramatiq:{_QUEUE}", *messages)
        pipeline.execute()


def _url(sandbox: Running) -> str:
    return f"http://127.0.0.1:{sandbox.port}"
