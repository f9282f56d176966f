"""Requests on the queue are what any Dramatiq consumer understands."""

import pytest
from dramatiq import Message
from redis import Redis

from sandbox.auction_house import IntakeUnavailable, open_intake, plan_lots
from sandbox.auction_house.channels import RedisIntake, encode

LOT = plan_lots(1, seed=1, rate=1.0, sale="lot")[0]


def test_a_message_lies_where_dramatiq_looks(redis_url: str) -> None:
    with RedisIntake(redis_url) as intake:
        intake.send(LOT.message())
    with Redis.from_url(redis_url) as redis:
        (key,) = redis.lrange("dramatiq:payment_required", 0, -1)  # type: ignore[misc]
        stored = redis.hget("dramatiq:payment_required.msgs", key)
    message = Message.decode(stored)  # type: ignore[arg-type]
    assert (message.queue_name, message.actor_name) == ("payment_required", "payment_required")
    assert message.kwargs == LOT.message()
    assert message.options["redis_message_id"] == key.decode()


def test_every_sending_is_a_message_of_its_own() -> None:
    first, second = (Message.decode(encode(LOT.message(), "key", 1.0)) for _ in range(2))
    assert first.message_id != second.message_id


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest:guest@127.0.0.1:1/"])
def test_a_broker_that_is_away_is_told(url: str) -> None:
    intake = open_intake(url)
    with pytest.raises(IntakeUnavailable):
        intake.send(LOT.message())
    intake.close()
