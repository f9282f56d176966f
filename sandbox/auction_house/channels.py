"""The intake queue, reached as any producer reaches it: the plain Redis commands, or a plain AMQP publish."""

import json
import time
import uuid
from collections.abc import Mapping
from contextlib import closing
from typing import Final, Protocol, Self

import pika
import redis
from pika.exceptions import AMQPError

QUEUE: Final = "payment_required"
NAMESPACE: Final = "dramatiq"
#: Seconds to wait for the broker.
TIMEOUT: Final = 5.0


class IntakeUnavailable(Exception):
    """The broker did not take the message; send it again later."""


class Intake(Protocol):
    """Where messages go. Used by one thread at a time."""

    def send(self, message: Mapping[str, object]) -> None:
        """Put one message on the queue.

        Raises:
            IntakeUnavailable: it is not known to be there.
        """

    def close(self) -> None:
        """Close the connection."""


def encode(message: Mapping[str, object], key: str, now: float) -> bytes:
    """A message in Dramatiq's JSON form, as any language can write it."""
    return json.dumps(
        {
            "queue_name": QUEUE,
            "actor_name": QUEUE,
            "args": [],
            "kwargs": dict(message),
            "options": {"redis_message_id": key},
            "message_id": str(uuid.uuid4()),
            "message_timestamp": int(now * 1000),
        },
        separators=(",", ":"),
    ).encode()


def open_intake(url: str) -> Intake:
    """Choose by the broker's address; connects when the first message is sent."""
    return AmqpIntake(url) if url.startswith(("amqp://", "amqps://")) else RedisIntake(url)


class RedisIntake:
    """HSET the message, RPUSH its key."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, message: Mapping[str, object]) -> None:
        """Both commands in one transaction: a key without its message would be an empty box."""
        key = str(uuid.uuid4())
        try:
            with self._redis.pipeline(transaction=True) as commands:
                commands.hset(f"{NAMESPACE}:{QUEUE}.msgs", key, encode(message, key, time.time()))
                commands.rpush(f"{NAMESPACE}:{QUEUE}", key)
                commands.execute()
        except redis.RedisError as error:
            raise IntakeUnavailable(str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()


class AmqpIntake:
    """Publish to the default exchange, with the queue as routing key. A connection for each message: they are few."""

    def __init__(self, url: str) -> None:
        self._parameters = pika.URLParameters(url)
        self._parameters.blocked_connection_timeout = TIMEOUT
        self._parameters.socket_timeout = TIMEOUT

    def send(self, message: Mapping[str, object]) -> None:
        """The broker confirms that it has it, and that the queue exists."""
        body = encode(message, str(uuid.uuid4()), time.time())
        try:
            with closing(pika.BlockingConnection(self._parameters)) as connection:
                channel = connection.channel()
                channel.confirm_delivery()
                durable = pika.BasicProperties(delivery_mode=2)
                channel.basic_publish("", QUEUE, body, durable, mandatory=True)
        except (AMQPError, OSError) as error:
            raise IntakeUnavailable(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Nothing stays open."""
