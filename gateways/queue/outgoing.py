"""Outgoing events as messages on a queue of the broker, for any Dramatiq consumer and for others.

A message is Dramatiq's own: an actor named like the queue gets `id`, `type`, `timestamp` and `data`. What comes out of
its turn says so beside the content, in the options: `"late": true`.
"""

import contextlib
import threading
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import orjson
import pika
import pika.exceptions
from redis import Redis, RedisError

from domain.clock import Clock
from domain.errors import GatewayBusy, GatewayUnavailable
from domain.messaging import OutgoingEvent
from gateways.downstream import body_of, message_id
from gateways.queue.bells import NAMESPACE
from gateways.queue.rabbit_connection import connect

#: Messages that may wait in Redis. If nobody takes them, they wait in PostgreSQL, and Redis keeps its memory.
MOST_WAITING: Final = 100_000
#: Seconds after which a queue that is full, or not there, is asked again.
_LATER: Final = 30.0

_PUBLISH: Final = """
local list = KEYS[1]
if redis.call("llen", list) >= tonumber(ARGV[1]) then return 0 end
redis.call("hset", list .. ".msgs", ARGV[2], ARGV[3])
redis.call("rpush", list, ARGV[2])
return 1
"""


def event_message(queue: str, event: OutgoingEvent, options: dict[str, Any], now: datetime) -> bytes:
    """An event as Dramatiq writes messages. Its id and arguments are the same at every try."""
    content = orjson.loads(body_of(event))
    return orjson.dumps(
        {
            "queue_name": queue,
            "actor_name": queue,
            "args": [],
            "kwargs": {"id": message_id(event), **content},
            "options": options,
            "message_id": str(event.id),
            "message_timestamp": int(now.timestamp() * 1000),
        }
    )


class RedisEvents:
    """Puts events on a queue in Redis, each under a key of its own: the one of an earlier try may be in use."""

    def __init__(self, client: "Redis", queue: str, now: Clock, *, most: int = MOST_WAITING) -> None:
        self._client = client
        self._queue = queue
        self._now = now
        self._most = most

    def send(self, event: OutgoingEvent, *, late: bool = False) -> None:
        """Put one event at the end of the queue.

        Raises:
            GatewayUnavailable: Redis is away; the event may or may not be there.
            GatewayBusy: nobody takes what is there.
        """
        key = str(uuid4())
        options = {"redis_message_id": key} | ({"late": True} if late else {})
        message = event_message(self._queue, event, options, self._now())
        try:
            taken = self._client.eval(_PUBLISH, 1, f"{NAMESPACE}:{self._queue}", str(self._most), key, message)
        except RedisError as error:
            raise GatewayUnavailable(f"the broker did not answer: {error}") from error
        if not taken:
            raise GatewayBusy(f"{self._most} messages wait in {self._queue}, and nobody takes them", retry_after=_LATER)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class RabbitEvents:
    """Publishes events, persistent and confirmed, by one connection for all threads.

    The queue belongs to whoever consumes it, and is of the kind that they declare. While there is none, the events
    wait with us.
    """

    def __init__(self, parameters: pika.URLParameters, queue: str, now: Clock) -> None:
        self._parameters = parameters
        # Nobody sits at this connection who could answer heartbeats.
        self._parameters.heartbeat = 0
        self._queue = queue
        self._now = now
        self._lock = threading.Lock()
        self._connection: Any = None
        self._channel: Any = None

    def send(self, event: OutgoingEvent, *, late: bool = False) -> None:
        """Publish one event; return when the broker has it on disk.

        Raises:
            GatewayUnavailable: the broker is away; the event may or may not be there.
            GatewayBusy: there is no such queue yet, or the broker can take no more.
        """
        now = self._now()
        message = event_message(self._queue, event, {"late": True} if late else {}, now)
        properties = pika.BasicProperties(
            delivery_mode=2,
            content_type="application/json",
            message_id=message_id(event),
            type=event.type,
            headers={"late": True} if late else {},
        )
        with self._lock:
            try:
                self._publish(message, properties)
            except pika.exceptions.UnroutableError:
                why = f"the broker has no queue {self._queue}: whoever consumes it makes it"
                raise GatewayBusy(why, retry_after=_LATER) from None
            except pika.exceptions.NackError:
                raise GatewayBusy("the broker takes no more messages", retry_after=_LATER) from None
            except pika.exceptions.AMQPError as error:
                self._drop()
                why = str(error) or type(error).__name__
                raise GatewayUnavailable(f"the broker did not take the message: {why}") from error

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._drop()

    def _publish(self, message: bytes, properties: "pika.BasicProperties") -> None:
        was_open = self._channel is not None
        try:
            self._channel = self._channel or self._open()
            self._channel.basic_publish("", self._queue, message, properties, mandatory=True)
        except (pika.exceptions.AMQPConnectionError, pika.exceptions.AMQPChannelError):
            if not was_open:
                raise
            self._drop()
            self._channel = self._open()  # the server was started again since we published last
            self._channel.basic_publish("", self._queue, message, properties, mandatory=True)

    def _open(self) -> Any:
        self._connection = connect(self._parameters)
        channel = self._connection.channel()
        channel.confirm_delivery()
        return channel

    def _drop(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None and connection.is_open:
            with contextlib.suppress(Exception):
                connection.close()
