"""Outgoing events on a queue, taken from it by plain Dramatiq consumers."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import dramatiq
import orjson
import pika
import pytest
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import CurrentMessage
from redis import Redis

from domain.errors import GatewayBusy, GatewayUnavailable
from domain.messaging import OutgoingEvent
from gateways.queue.connect import open_events
from gateways.queue.outgoing import RedisEvents
from tests.gateways.queue.rabbit import RabbitServer, missing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVENT = OutgoingEvent(
    UUID("0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11"), "auction.sold", "lot-1", 3, None, {"auctionId": "lot-1"}, NOW
)
EVENTS = [replace(EVENT, id=UUID(int=EVENT.id.int + number), order_no=number) for number in range(5)]
QUEUE = "marketplace_events"


def now() -> datetime:
    return NOW


def consume(broker: dramatiq.Broker) -> list[tuple[dict[str, Any], bool]]:
    """Take everything from the queue as the auction service would; gives each event, and whether it was late."""
    taken: list[tuple[dict[str, Any], bool]] = []

    @dramatiq.actor(broker=broker, queue_name=QUEUE, actor_name=QUEUE)
    def hear(id: str, type: str, timestamp: str, data: dict[str, Any]) -> None:  # noqa: A002 - their names
        message = CurrentMessage.get_current_message()
        assert message is not None
        taken.append(({"id": id, "type": type, "timestamp": timestamp, "data": data}, message.options.get("late")))

    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=50)
    worker.start()
    try:
        broker.join(QUEUE, timeout=30_000)
        worker.join()
    finally:
        worker.stop()
    return taken


def test_any_dramatiq_consumer_takes_events_from_redis_in_order(redis_url: str) -> None:
    events = open_events(redis_url, QUEUE, now)
    for event in EVENTS:
        events.send(event)
    events.send(EVENTS[1])  # once more, for nobody knew whether it had arrived
    events.send(EVENTS[0], late=True)
    events.close()
    broker = RedisBroker(url=redis_url, middleware=[CurrentMessage()])
    taken = consume(broker)
    broker.close()

    assert [one["id"] for one, _ in taken] == [f"evt_{event.id.hex}" for event in [*EVENTS, EVENTS[1], EVENTS[0]]]
    assert [late for _, late in taken] == [None] * 6 + [True]
    assert (
        taken[0][0]
        == taken[6][0]
        == {
            "id": "evt_0199c2f06a107bd19d5e2f1b7c1f0a11",
            "type": "auction.sold",
            "timestamp": "2026-11-21T12:00:00+00:00",
            "data": {"auctionId": "lot-1"},
        }
    )
    with Redis.from_url(redis_url) as redis:
        assert redis.hlen(f"dramatiq:{QUEUE}.msgs") == 0


def test_what_nobody_takes_does_not_fill_redis(redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        events = RedisEvents(redis, QUEUE, now, most=2)
        events.send(EVENTS[0])
        events.send(EVENTS[1])
        with pytest.raises(GatewayBusy, match="2 messages wait in marketplace_events") as raised:
            events.send(EVENTS[2])
        assert raised.value.retry_after == 30
        assert redis.llen(f"dramatiq:{QUEUE}") == 2
        redis.lpop(f"dramatiq:{QUEUE}")
        events.send(EVENTS[2])


def test_a_broker_that_is_away_has_not_received_anything() -> None:
    for url in ("redis://127.0.0.1:1/0", "amqp://127.0.0.1:1"):
        events = open_events(url, QUEUE, now)
        with pytest.raises(GatewayUnavailable, match="the broker did not"):
            events.send(EVENT)
        events.close()


@pytest.fixture
def rabbit(tmp_path: Path) -> Iterator[RabbitServer]:
    if why := missing():
        assert not os.environ.get("CI"), why
        pytest.skip(why)
    server = RabbitServer(tmp_path / "rabbit").start()
    yield server
    server.stop()


def test_events_wait_with_us_until_rabbitmq_has_the_consumers_queue(rabbit: RabbitServer) -> None:
    events = open_events(rabbit.url, QUEUE, now)
    with pytest.raises(GatewayBusy, match="the broker has no queue marketplace_events"):
        events.send(EVENT)
    broker = RabbitmqBroker(url=rabbit.url, middleware=[CurrentMessage()], confirm_delivery=True)
    broker.declare_queue(QUEUE, ensure=True)
    for event in EVENTS:
        events.send(event)
    events.send(EVENT, late=True)
    with pika.BlockingConnection(pika.URLParameters(rabbit.url)) as connection:
        channel = connection.channel()
        method, properties, body = channel.basic_get(QUEUE)
        assert (properties.delivery_mode, properties.type) == (2, "auction.sold")
        assert properties.message_id == orjson.loads(body)["kwargs"]["id"] == f"evt_{EVENT.id.hex}"
        channel.basic_reject(method.delivery_tag, requeue=True)
    taken = consume(broker)
    broker.close()
    assert [one["id"] for one, _ in taken] == [f"evt_{event.id.hex}" for event in [*EVENTS, EVENT]]
    assert [late for _, late in taken] == [None] * 5 + [True]

    rabbit.stop()
    with pytest.raises(GatewayUnavailable, match="the broker did not take the message"):
        events.send(EVENT)
    rabbit.start()
    events.send(EVENT)  # what was persistent is still there, and so is the queue
    with pika.BlockingConnection(pika.URLParameters(rabbit.url)) as connection:
        assert connection.channel().basic_get(QUEUE)[2] is not None
    events.close()
