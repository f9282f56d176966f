"""A house without work: what all its processes cost together, and how soon they pick up what comes."""

import time
from contextlib import ExitStack
from statistics import median
from typing import Any, Final

import orjson
from redis import Redis

from proof.benches.area import Area, Effort, at_most
from proof.benches.ground import Ground
from proof.benches.pipeline.completing import wait_until
from proof.benches.pipeline.street import DOWNSTREAM, message
from proof.benches.statistic import Latency, short
from workers.process import DEFAULT_THREADS

#: Seconds in which what is done once, after the start, is done.
_SETTLE: Final = 5.0
#: So many times as long as a round: jobs come every 5 to 60 seconds.
_LONGER: Final = 5
#: Messages, each of which comes when nothing has come for a while.
_MESSAGES, _PAUSE = 30, 0.3
#: The part of a core, in percent, and milliseconds until a message is in hand.
_CORE, _PICKED_UP = 5.0, 50.0
_QUEUE: Final = "payment_required"

_TAKEN: Final = "SELECT auction_id, extract(epoch FROM created_at) FROM payment_sessions"


def measure(ground: Ground, effort: Effort) -> Area:
    """Every process of `gavelpay run` but the sandbox, with nothing to do; then one message from time to time."""
    database, redis = ground.database(), ground.redis()
    with ExitStack() as stack:
        sandbox = stack.enter_context(
            ground.process("sandbox", ("-m", "sandbox.stripe"), env=ground.environment("", ""))
        )
        env = ground.environment(
            database,
            redis,
            **DOWNSTREAM,
            STRIPE_API_BASE=f"http://127.0.0.1:{sandbox.port}",
            RECEIPT_STORAGE_URL=f"file://{ground.directory / 'receipts'}",
        )
        processes = {
            "ingest": stack.enter_context(ground.house("ingest", env=env)).pid,
            "api": stack.enter_context(ground.house("api", env=env)).pid,
            "scheduler": stack.enter_context(ground.house("scheduler", env=env, option="--metrics-port")).pid,
            "worker": stack.enter_context(
                ground.house("worker", "--threads", str(DEFAULT_THREADS), env=env, option="--metrics-port")
            ).pid,
        }
        time.sleep(_SETTLE)
        seconds = effort.seconds * _LONGER
        ground.tell(f"nothing to do for {seconds:g} s")
        with ground.cpu(**processes) as cpu:
            begun = time.perf_counter()
            time.sleep(seconds)
            seconds = time.perf_counter() - begun
        percent = {name: used / seconds * 100 for name, used in cpu.items()}
        ours = sum(percent[name] for name in processes if name in percent)
        picked_up = _picked_up(ground, database, redis)
    latency = Latency.of(picked_up)
    details: dict[str, Any] = {
        "percent_of_a_core": {name: short(one) for name, one in percent.items()},
        "picked_up_after_ms": latency.document(),
    }
    return Area(
        "idle",
        None,
        [
            at_most("all processes without work, of a core", ours, _CORE, "%"),
            at_most("a message picked up after idleness, median", median(picked_up) * 1000, _PICKED_UP, "ms"),
        ],
        details=details,
        also_wrong=[] if len(picked_up) == _MESSAGES else [f"{_MESSAGES} messages became {len(picked_up)} payments"],
    )


def _picked_up(ground: Ground, database: str, redis: str) -> list[float]:
    """Seconds from each message's sending until a worker had it in hand, by this machine's clock."""
    sent: dict[str, float] = {}
    with Redis.from_url(redis) as client:
        for number in range(_MESSAGES):
            time.sleep(_PAUSE)
            body = message(number)
            sent[str(body["auction_id"])] = time.time()
            _send(client, number, body)
    wait_until(ground, database, "SELECT count(*) FROM payment_sessions", _MESSAGES)
    return [max(float(at) - sent[auction], 0.0) for auction, at in ground.rows(database, _TAKEN)]


def _send(client: "Redis", number: int, body: dict[str, Any]) -> None:
    """What a producer sends."""
    key = f"idle-{number}"
    envelope = {
        "queue_name": _QUEUE,
        "actor_name": _QUEUE,
        "args": [],
        "kwargs": body,
        "options": {"redis_message_id": key},
        "message_id": key,
        "message_timestamp": time.time_ns() // 1_000_000,
    }
    with client.pipeline() as pipeline:
        pipeline.hset(f"dramatiq:{_QUEUE}.msgs", key, orjson.dumps(envelope))
        pipeline.rpush(f"dramatiq:{_QUEUE}", key)
        pipeline.execute()
