"""How the queues of a broker stand, for who neither serves nor fills them."""

from collections.abc import Mapping, Sequence

import pika
import pika.exceptions
from redis import Redis, RedisError

from gateways.queue.broker import Depth
from gateways.queue.rabbit_connection import connect
from gateways.queue.rabbit_queues import messages_in
from gateways.queue.redis_store import RedisStore


class RedisDepths:
    """Asks Redis."""

    def __init__(self, client: "Redis") -> None:
        self._store = RedisStore(client)

    def __call__(self, queues: Sequence[str]) -> Mapping[str, Depth] | None:
        """How these queues stand; None while Redis is away."""
        try:
            return self._store.depths(queues)
        except RedisError:
            return None

    def close(self) -> None:
        """Close the connections."""
        self._store.client.close()


class RabbitDepths:
    """Asks RabbitMQ, by a connection for each time: a person looks now and then."""

    def __init__(self, parameters: pika.URLParameters) -> None:
        self._parameters = parameters

    def __call__(self, queues: Sequence[str]) -> Mapping[str, Depth] | None:
        """How these queues stand; None while RabbitMQ is away."""
        try:
            with connect(self._parameters) as connection:
                return {name: Depth(messages_in(connection, name)) for name in queues}
        except pika.exceptions.AMQPError:
            return None

    def close(self) -> None:
        """Nothing is held open."""
