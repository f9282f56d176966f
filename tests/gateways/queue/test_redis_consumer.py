"""The consumer of a queue: whatever becomes of its server or of itself, each message is settled or given back."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
import pytest
from dramatiq.errors import ConnectionClosed
from redis import ConnectionError as RedisConnectionError
from redis import Redis

from gateways.queue.received import Received
from gateways.queue.redis_consumer import Desk, RedisConsumer
from gateways.queue.redis_store import RedisStore

Q = "payment_required"


class Unreliable(RedisStore):
    """A server that is away now and then, or does what it is asked and its answer is lost."""

    def __init__(self, client: "Redis", rng: random.Random) -> None:
        super().__init__(client, patience_ms=150)
        self.rng = rng
        #: How often it fails, of all that it is asked.
        self.share = 0.0

    def _call(self, name: str, *args: Any) -> Any:
        chance = self.rng.random() if name != "BEAT" else 1
        if chance < self.share / 2:
            raise RedisConnectionError("away")
        answer = super()._call(name, *args)
        if chance < self.share:
            raise RedisConnectionError("the answer was lost")
        return answer


class Impatient(threading.Event):
    """Is always awake, and waits for nothing."""

    def is_set(self) -> bool:
        return True

    def wait(self, timeout: float | None = None) -> bool:
        return True


class Worker:
    """What one process holds, and what becomes of it."""

    def __init__(self, redis: "Redis", rng: random.Random) -> None:
        self.store, self.desk, self.rng = Unreliable(redis, rng), Desk(Q), rng
        self.hand: list[Received] = []
        self.open()

    def open(self) -> None:
        self.consumer = consumer(self.store, self.desk, self.rng.choice([1, 7, 200]))

    def replace_consumer(self) -> None:
        with suppress(ConnectionClosed):
            self.consumer.close()
        self.open()

    def take(self) -> None:
        if isinstance(found := next(self.consumer), Received):
            self.hand.append(found)

    def settle(self) -> set[bytes]:
        """Do something with one batch in hand; returns what needs nobody any more."""
        first, over = self.hand.pop(self.rng.randrange(len(self.hand))), set[bytes]()
        for one in first.together:
            fate = self.rng.choice(["done", "done", "returned", "failed"])
            one.is_done = fate == "done"
            if fate == "returned":
                one.give_back()
            elif fate == "failed":
                one.fail()  # type: ignore[no-untyped-call]
            if fate != "returned":
                over.add(one.handle)
        self.consumer.ack(first)
        return over


@pytest.fixture
def redis(redis_url: str) -> Iterator["Redis"]:
    with Redis.from_url(redis_url) as client:
        yield client


def fill(redis: "Redis", number: int) -> None:
    store = RedisStore(redis)
    for one in range(number):
        message = {"queue_name": Q, "actor_name": Q, "args": [], "kwargs": {}, "options": {}}
        store.enqueue(Q, str(one), b"no message" if one % 10 == 9 else orjson.dumps(message))


def consumer(store: RedisStore, desk: Desk, together: int = 7) -> RedisConsumer:
    desk.wake = Impatient()
    return RedisConsumer(store, desk, {Q}, prefetch=1, timeout=0.0, is_open=lambda: True, together=together)


def test_what_a_consumer_had_not_passed_on_when_it_ended_without_its_server_is_taken_again(redis: "Redis") -> None:
    fill(redis, 5)
    worker = Worker(redis, random.Random(1))  # noqa: S311 - to be the same each time
    first = consumer(worker.store, worker.desk, together=2)
    assert isinstance(next(first), Received)
    worker.store.share = 2.0  # it is away
    with pytest.raises(ConnectionClosed):
        first.close()
    worker.store.share = 0.0
    successor = next(consumer(worker.store, worker.desk, together=2))
    assert isinstance(successor, Received)
    assert sorted(one.handle for one in successor.together) == [b"2", b"3"]


@pytest.mark.parametrize("seed", range(3))
def test_however_often_the_server_is_away_and_workers_die_each_message_is_settled(redis: "Redis", seed: int) -> None:
    fill(redis, 200)
    rng, settled = random.Random(seed), set[bytes]()  # noqa: S311 - to be the same each time
    workers = [Worker(redis, rng) for _ in range(3)]
    steps, deadline = 0, time.monotonic() + 30
    while redis.hlen(f"dramatiq:{Q}.msgs") or any(one.hand for one in workers):
        assert time.monotonic() < deadline, "there are messages that nobody will ever do"
        steps += 1
        number, fate = rng.randrange(3), rng.random() if steps < 300 else 1
        one = workers[number]
        one.store.share = 0.15 if steps < 300 else 0.0
        for worker in workers:
            worker.store.beat([Q])
        if fate < 0.02:
            workers[number] = Worker(redis, rng)  # killed, with all that it held
        elif fate < 0.04:
            one.replace_consumer()
        elif one.hand and rng.random() < 0.5:
            settled |= one.settle()
        else:
            one.take()
    assert len(settled) == 200
