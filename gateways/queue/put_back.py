"""Puts a message back on its queue, as its bytes are."""

from uuid import uuid4

from redis import Redis, RedisError

from domain.errors import GatewayUnavailable
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
