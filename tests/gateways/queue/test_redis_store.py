"""The scripts: nothing is lost between two steps, and nobody deletes what another holds."""

import time
from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import dramatiq
import pytest
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

from domain.bells import EXPIRE_WINDOWS, OPEN_CHECKOUTS
from domain.errors import GatewayUnavailable
from domain.messages import MAX_BYTES
from gateways.queue.bells import MOST_BELLS
from gateways.queue.broker import Depth
from gateways.queue.connect import open_broker, open_put_back, open_ring
from gateways.queue.received import MOST_READ
from gateways.queue.redis_broker import RedisWorkBroker
from gateways.queue.redis_store import RedisStore

Q = "payment_required"


@pytest.fixture
def redis(redis_url: str) -> Iterator["Redis"]:
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def store(redis: "Redis") -> RedisStore:
    return RedisStore(redis)


def fill(store: RedisStore, *names: str) -> None:
    for name in names:
        store.enqueue(Q, name, b"body of " + name.encode())


def waiting(redis: "Redis") -> list[bytes]:
    found: list[bytes] = redis.lrange(f"dramatiq:{Q}", 0, -1)
    return found


def test_messages_come_with_their_ids_in_their_order(store: RedisStore, redis: "Redis") -> None:
    fill(store, "a", "b", "c")
    assert store.fetch(Q, 2) == [(b"a", b"body of a"), (b"b", b"body of b")]
    store.ack(Q, [b"a"])
    assert redis.hkeys(f"dramatiq:{Q}.msgs") == [b"b", b"c"]


def test_an_id_without_a_message_is_passed_by(store: RedisStore, redis: "Redis") -> None:
    redis.rpush(f"dramatiq:{Q}", "gone")
    fill(store, "a")
    assert [name for name, _ in store.fetch(Q, 5)] == [b"a"]


def test_so_many_bytes_are_taken_at_once_as_there_is_room_for_whatever_anybody_has_put_there(
    store: RedisStore, redis: "Redis"
) -> None:
    fill(store, "a")
    store.enqueue(Q, "long", b"x" * MOST_READ + b"y")
    fill(store, "b")
    assert store.fetch(Q, 5) == [(b"a", b"body of a"), (b"long", b"x" * MOST_READ)]
    store.ack(Q, [b"a", b"long"])
    assert store.fetch(Q, 5) == [(b"b", b"body of b")]
    assert redis.hkeys(f"dramatiq:{Q}.msgs") == [b"b"]


def test_an_id_need_not_be_text(store: RedisStore, redis: "Redis") -> None:
    redis.hset(f"dramatiq:{Q}.msgs", b"\xff\x00", b"body")
    redis.rpush(f"dramatiq:{Q}", b"\xff\x00")
    assert store.fetch(Q, 1) == [(b"\xff\x00", b"body")]
    store.ack(Q, [b"\xff\x00"])
    assert redis.hlen(f"dramatiq:{Q}.msgs") == 0


def test_messages_that_are_given_back_keep_their_turn(store: RedisStore, redis: "Redis") -> None:
    fill(store, "a", "b", "c")
    store.fetch(Q, 2)
    store.give_back(Q, [b"a", b"b", b"never held"])
    store.give_back(Q, [])
    assert waiting(redis) == [b"a", b"b", b"c"]


def test_a_rejected_message_is_put_where_dramatiq_keeps_them(store: RedisStore, redis: "Redis") -> None:
    fill(store, "a")
    store.fetch(Q, 1)
    store.reject(Q, [b"a"])
    assert redis.hgetall(f"dramatiq:{Q}.XQ.msgs") == {b"a": b"body of a"}
    assert redis.hlen(f"dramatiq:{Q}.msgs") == 0


def test_an_answer_that_was_lost_on_its_way_is_made_good(store: RedisStore, redis: "Redis") -> None:
    fill(store, "a", "b")
    store.fetch(Q, 2)
    assert store.reclaim(Q, [b"a"]) == 1
    assert waiting(redis) == [b"b"]


def test_the_messages_of_a_worker_that_is_not_heard_of_go_back_and_are_no_longer_its_own(redis: "Redis") -> None:
    dead, living = (RedisStore(redis, patience_ms=300) for _ in range(2))
    fill(dead, "a", "b")
    dead.beat([Q])
    living.beat([Q])
    dead.fetch(Q, 2)
    assert living.beat([Q]) == 0
    deadline = time.monotonic() + 10
    while living.beat([Q]) == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert sorted(waiting(redis)) == [b"a", b"b"]
    living.fetch(Q, 2)
    dead.ack(Q, [b"a"])  # it was only slow
    assert redis.hlen(f"dramatiq:{Q}.msgs") == 2
    assert redis.zcard("dramatiq:__heartbeats__") == 1


def test_who_takes_a_message_before_its_first_sign_of_life_is_missed_too(redis: "Redis") -> None:
    gone, living = (RedisStore(redis, patience_ms=100) for _ in range(2))
    fill(gone, "a")
    living.beat([Q])
    gone.fetch(Q, 1)
    deadline = time.monotonic() + 10
    while living.beat([Q]) == 0:
        assert time.monotonic() < deadline
        time.sleep(0.03)
    assert waiting(redis) == [b"a"]


def test_who_was_cut_off_itself_buries_nobody_at_its_first_beat(redis: "Redis") -> None:
    one, other = (RedisStore(redis, patience_ms=100) for _ in range(2))
    fill(one, "a")
    one.beat([Q])
    one.fetch(Q, 1)
    other.beat([Q])
    time.sleep(0.2)
    assert other.beat([Q]) == 0
    assert waiting(redis) == []


def test_a_stock_worker_is_given_a_minute(redis: "Redis", store: RedisStore) -> None:
    fill(store, "a", "b")
    now = int(time.time() * 1000)
    for name, seconds in (("quiet", 30), ("dead", 90)):
        redis.zadd("dramatiq:__heartbeats__", {name: now - seconds * 1000})
    redis.sadd(f"dramatiq:__acks__.quiet.{Q}", "a")
    redis.sadd(f"dramatiq:__acks__.dead.{Q}", "b")
    redis.delete(f"dramatiq:{Q}")
    store.beat([Q])
    assert store.beat([Q]) == 1
    assert waiting(redis) == [b"b"]
    # It may hold messages of queues that we do not know: Dramatiq's own upkeep must still find it.
    assert redis.zscore("dramatiq:__heartbeats__", "dead") is not None


def test_who_leaves_keeps_nothing(store: RedisStore, redis: "Redis") -> None:
    fill(store, "a")
    store.beat([Q])
    store.fetch(Q, 1)
    assert store.leave() == 1
    assert waiting(redis) == [b"a"]
    assert {key.split(b":")[1] for key in redis.scan_iter()} == {b"payment_required", b"payment_required.msgs"}


def test_waiting_for_a_message_leaves_it_where_it_is(store: RedisStore, redis: "Redis") -> None:
    assert not store.wait(Q, 0.05)
    fill(store, "a", "b")
    assert store.wait(Q, 5)
    assert waiting(redis) == [b"a", b"b"]


def test_how_queues_stand_is_told_with_the_age_of_the_oldest(store: RedisStore, redis: "Redis") -> None:
    store.enqueue(Q, "a", b'{"message_timestamp": 5}')
    store.enqueue("odd", "b", b"no JSON")
    store.enqueue("long", "d", b'{"message_timestamp": 5}'.ljust(MAX_BYTES + 1))
    store.enqueue("odder", "c", b'{"message_timestamp": "x"}')
    depths = store.depths([Q, "odd", "odder", "long", "empty"])
    assert depths == {Q: Depth(1, 5), "odd": Depth(1), "odder": Depth(1), "long": Depth(1), "empty": Depth(0)}


def test_bells_ring_once_for_each_commit_and_do_not_pile_up(redis_url: str, redis: "Redis") -> None:
    ring = open_ring(redis_url)
    for _ in range(3):
        ring(Counter({OPEN_CHECKOUTS: 1000, EXPIRE_WINDOWS: 1}))
    assert redis.llen("dramatiq:checkouts") == redis.hlen("dramatiq:checkouts.msgs") == MOST_BELLS
    assert redis.llen("dramatiq:windows") == 1
    redis.script_flush()
    redis.lpop("dramatiq:windows")
    ring(Counter({EXPIRE_WINDOWS: 1}))
    assert redis.llen("dramatiq:windows") == 1
    ring.close()


def test_a_ring_that_nobody_can_hear_raises_nothing_and_is_quiet_for_a_while() -> None:
    ring = open_ring("redis://127.0.0.1:1/0")
    ring(Counter({OPEN_CHECKOUTS: 1}))
    began = time.monotonic()
    for _ in range(1000):
        ring(Counter({OPEN_CHECKOUTS: 1}))
    assert ring._quiet_until > began
    ring.close()


def test_a_dead_letter_is_put_back_as_its_bytes_are_or_it_is_told(redis_url: str, store: RedisStore) -> None:
    put_back = open_put_back(redis_url)
    put_back(Q, b"its bytes")
    assert [raw for _, raw in store.fetch(Q, 5)] == [b"its bytes"]
    put_back.close()
    with pytest.raises(GatewayUnavailable, match="did not answer"):
        open_put_back("redis://127.0.0.1:1/0")(Q, b"its bytes")


@pytest.mark.parametrize("url", ["http://x", "x", "sqs://x"])
def test_an_address_of_no_broker_is_refused(url: str) -> None:
    for opens in (open_broker, open_ring):
        with pytest.raises(ValueError, match=r"begins with redis://, rediss://, amqp:// or amqps://"):
            opens(url)


def test_what_a_stock_dramatiq_producer_enqueues_is_what_we_take(redis_url: str, store: RedisStore) -> None:
    stock = RedisBroker(url=redis_url, middleware=[])  # type: ignore[no-untyped-call]

    @dramatiq.actor(broker=stock, queue_name=Q, actor_name=f"made-{uuid4()}")
    def made(**_: str) -> None: ...

    made.send(auction_id="a")
    assert b'"kwargs":{"auction_id":"a"}' in store.fetch(Q, 1)[0][1]
    stock.client.close()


def test_a_broker_without_its_server_stands_and_closes(redis_url: str) -> None:
    broker = open_broker("redis://127.0.0.1:1/0")
    assert isinstance(broker, RedisWorkBroker)
    broker.declare_queue(Q)
    broker.declare_queue(Q)
    assert broker.depths() == {}
    with pytest.raises(dramatiq.errors.ConnectionClosed):
        broker.enqueue(dramatiq.Message(Q, "x", (), {}, {}))
    with pytest.raises(NotImplementedError):
        broker.join(Q)
    consumer = broker.consume(Q, timeout=1)
    assert next(consumer) is None
    consumer.close()
    broker.close()
