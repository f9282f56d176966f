"""Rings the bells of queues after a commit. It never raises: a lost bell costs a second or two."""

import contextlib
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from typing import Any, Final

import pika
import pika.exceptions
import structlog
from redis import Redis

from gateways.queue import redis_scripts as scripts
from gateways.queue.bells import NAMESPACE, bell_message, bells_for, queue_of
from gateways.queue.rabbit_connection import connect
from gateways.queue.rabbit_queues import messages_in

log = structlog.get_logger()

#: Seconds of silence after a ring that failed, so that a broker that is away does not slow those who ring.
QUIET_SECONDS: Final = 2.0


class _Ring(ABC):
    """Rings, and is quiet for a while after it failed."""

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def __call__(self, bells: Counter[str]) -> None:
        """Ring each bell for so many pieces of work."""
        try:
            if not self._is_quiet():
                self._ring(bells)
        except Exception as error:  # noqa: BLE001 - the work is committed, whatever becomes of its bell
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("bells.not_rung", bells=dict(bells), error=str(error) or type(error).__name__)

    def _is_quiet(self) -> bool:
        return time.monotonic() < self._quiet_until

    @abstractmethod
    def _ring(self, bells: Counter[str]) -> None: ...

    @abstractmethod
    def close(self) -> None:
        """Close the connections."""


class RedisRing(_Ring):
    """Rings through Redis: all bells of a commit in one round trip, and none where enough are waiting already.

    Args:
        client: with short timeouts; a request may be waiting for us.
    """

    def __init__(self, client: "Redis", namespace: str = NAMESPACE) -> None:
        super().__init__()
        self._client = client
        self._namespace = namespace

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ring(self, bells: Counter[str]) -> None:
        # EVAL, not EVALSHA: the server may have forgotten, and a pipeline cannot ask twice.
        pipeline = self._client.pipeline(transaction=False)
        for bell, pieces in bells.items():
            messages = [part for _ in range(bells_for(bell, pieces)) for part in bell_message(bell)]
            pipeline.eval(scripts.RING, 1, self._namespace, queue_of(bell), *messages)
        pipeline.execute()


class RabbitRing(_Ring):
    """Rings through RabbitMQ, by one connection for all threads."""

    def __init__(self, parameters: pika.URLParameters) -> None:
        super().__init__()
        self._parameters = parameters
        # Nobody sits at this connection who could answer heartbeats.
        self._parameters.heartbeat = 0
        self._lock = threading.Lock()
        self._connection: Any = None
        self._channel: Any = None
        #: Queues that are known to be there.
        self._made: set[str] = set()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._drop()

    def _ring(self, bells: Counter[str]) -> None:
        with self._lock:
            if self._is_quiet():
                return  # whoever held the lock has just tried in vain
            was_open = self._channel is not None
            try:
                self._publish(bells)
            except pika.exceptions.AMQPError:
                self._drop()
                if not was_open:
                    raise
                self._publish(bells)  # the server was started again since we rang last

    def _publish(self, bells: Counter[str]) -> None:
        if self._channel is None:
            self._connection = connect(self._parameters)
            self._channel = self._connection.channel()
        self._connection.process_data_events(0)
        for bell, pieces in bells.items():
            queue = queue_of(bell)
            for _ in range(bells_for(bell, pieces) - self._waiting(queue)):
                self._channel.basic_publish("", queue, bell_message(bell)[1])

    def _waiting(self, queue: str) -> int:
        if queue not in self._made:
            messages_in(self._connection, queue)
            self._made.add(queue)
        return int(self._channel.queue_declare(queue, passive=True).method.message_count)

    def _drop(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        self._made.clear()
        if connection is not None and connection.is_open:
            with contextlib.suppress(Exception):
                connection.close()
