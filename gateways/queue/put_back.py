"""Puts a message back on its queue, as its bytes are."""

from uuid import uuid4

import pika
import pika.exceptions
from redis import Redis, RedisError

from domain.errors import GatewayUnavailable
from gateways.queue.rabbit_connection import connect
from gateways.queue.redis_store import RedisStore


class RedisPutBack:
    """Puts messages back through Redis, each under an id of its own: the old one may be in use."""

    def __init__(self, client: "Redis") -> None:
        self._client = client
        self._store = RedisStore(client)

    def __call__(self, queue: str, message: bytes) -> None:
        """Put one message at the end of a queue.

        Raises:
            GatewayUnavailable: the broker is away; the message may or may not be there.
        """
        try:
            self._store.enqueue(queue, str(uuid4()), message)
        except RedisError as error:
            raise GatewayUnavailable(f"the broker did not answer: {error}") from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class RabbitPutBack:
    """Puts messages back through RabbitMQ, by a connection for each: a person does it now and then."""

    def __init__(self, parameters: pika.URLParameters) -> None:
        self._parameters = parameters

    def __call__(self, queue: str, message: bytes) -> None:
        """Put one message at the end of a queue.

        Raises:
            GatewayUnavailable: the broker is away, or has no such queue; the message may or may not be there.
        """
        try:
            with connect(self._parameters) as connection:
                channel = connection.channel()
                channel.confirm_delivery()
                channel.basic_publish("", queue, message, pika.BasicProperties(delivery_mode=2), mandatory=True)
        except pika.exceptions.AMQPError as error:
            why = str(error) or type(error).__name__
            raise GatewayUnavailable(f"the broker did not take the message: {why}") from error

    def close(self) -> None:
        """Nothing is held open."""
