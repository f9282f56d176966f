"""The producer's guide: what it says is done to the letter, and a worker takes it."""

import shlex
from typing import Any
from uuid import uuid4

from redis import Redis

from domain.messages import KNOWN_FIELDS, read_payment_required
from gateways.queue.bells import INTAKE_QUEUE
from gateways.queue.received import receive
from gateways.queue.redis_store import RedisStore
from tests.gateways.queue.guide import GUIDE, block


def take(redis_url: str) -> Any:
    with Redis.from_url(redis_url) as client:
        [(handle, raw)] = RedisStore(client).fetch(INTAKE_QUEUE, 10)
    received = receive(raw, INTAKE_QUEUE, handle, {"payment_required"})
    assert received.envelope.problem is None
    return read_payment_required(received.envelope.kwargs)


def test_the_two_redis_commands_make_a_message(redis_url: str) -> None:
    message_id = str(uuid4())
    with Redis.from_url(redis_url) as client:
        for line in block("redis").splitlines():
            client.execute_command(*shlex.split(line.replace("ID", message_id)))
    assert take(redis_url).amount.minor == 27550


def test_the_dramatiq_producer_makes_the_same(redis_url: str) -> None:
    given: dict[str, Any] = {"REDIS_URL": redis_url}
    exec(compile(block("dramatiq"), str(GUIDE), "exec"), given)  # noqa: S102 - our own page
    given["broker"].client.close()
    assert take(redis_url).auction_id == "lot-1"


def test_the_guide_names_every_field_there_is() -> None:
    text = GUIDE.read_text()
    assert [field for field in sorted(KNOWN_FIELDS) if f"`{field}`" not in text] == []
