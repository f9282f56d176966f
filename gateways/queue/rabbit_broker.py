"""Dramatiq on RabbitMQ, with quorum queues, and with nothing thrown away."""

import ssl
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import pika
import pika.exceptions
from dramatiq.broker import Consumer
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.common import dq_name, q_name

from gateways.queue.bells import INTAKE_QUEUE
from gateways.queue.broker import Depth, WorkBroker
from gateways.queue.rabbit_connection import connect
from gateways.queue.rabbit_consumer import RabbitConsumer
from gateways.queue.rabbit_queues import QUORUM, declare_or_take, messages_in
from gateways.queue.received import Received, local_bell

#: Seconds after which a silent connection is given up, and with it what its worker held.
HEARTBEAT_SECONDS: Final = 4


def parameters(url: str, ca_file: Path | None, seconds: float) -> pika.URLParameters:
    """How to connect, with timeouts of so many seconds."""
    given = pika.URLParameters(url)
    given.heartbeat = HEARTBEAT_SECONDS
    given.blocked_connection_timeout = seconds
    given.socket_timeout = seconds
    given.stack_timeout = 2 * seconds
    given.connection_attempts = 1
    if ca_file is not None and url.startswith("amqps:"):
        given.ssl_options = pika.SSLOptions(ssl.create_default_context(cafile=str(ca_file)), given.host)
    return given


class RabbitWorkBroker(RabbitmqBroker, WorkBroker):
    """The broker of a worker process on RabbitMQ."""

    def __init__(self, given: pika.URLParameters, *, delayed: Sequence[str] = (INTAKE_QUEUE,)) -> None:
        super().__init__(confirm_delivery=True, middleware=[])
        self.parameters = given
        self._delayed = frozenset(delayed)
        self.is_paused: Callable[[str], bool] = lambda _: False
        self._local: dict[str, deque[Received]] = {}

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Open a consumer of a queue, on a connection of its own."""
        self.declare_queue(queue_name, ensure=True)
        return RabbitConsumer(
            self,
            queue_name,
            prefetch,
            timeout,
            local=self._desk(queue_name),
            actors=self.actors,
            is_paused=lambda: self.is_paused(queue_name),
        )

    def declare_queue(self, queue_name: str, *, ensure: bool = False) -> None:
        """Declare a queue; only those whose producers may delay messages get a consumer of their delay queue."""
        name = q_name(queue_name)
        if name not in self.queues:
            self.emit_before("declare_queue", name)
            self.queues.add(name)
            self.queues_pending.add(name)
            self.emit_after("declare_queue", name)
            if name in self._delayed:
                self.delay_queues.add(dq_name(name))
                self.emit_after("declare_delay_queue", dq_name(name))
        if ensure:
            self._ensure_queue(name)  # type: ignore[no-untyped-call]

    def start_upkeep(self, queues: Iterable[str]) -> None:
        """Nothing to do: RabbitMQ itself misses a consumer whose connection ends."""

    def stop_fetching(self) -> None:
        """Nothing to do: what is prefetched goes back when the connection is closed."""

    def hold_back(self, is_paused: Callable[[str], bool]) -> None:
        """From now on leave the messages of a queue where they are while this is true of it."""
        self.is_paused = is_paused

    def ring_here(self, bell: str) -> None:
        """Ring a bell within this process, without RabbitMQ."""
        queue = self.actors[bell].queue_name
        self._desk(queue).append(local_bell(bell, queue))

    def _desk(self, queue: str) -> deque[Received]:
        """Bells that were rung within the process."""
        return self._local.setdefault(queue, deque())

    def depths(self) -> Mapping[str, Depth]:
        """How many messages wait in each queue; empty while RabbitMQ is away."""
        try:
            with connect(self.parameters) as connection:
                return {name: Depth(messages_in(connection, name)) for name in sorted(self.queues)}
        except pika.exceptions.AMQPError:
            return {}

    def _declare_queue(self, queue_name: str) -> None:
        declare_or_take(partial(super()._declare_queue, queue_name), self._forget_channel)

    def _declare_dq_queue(self, queue_name: str) -> None:
        declare_or_take(partial(super()._declare_dq_queue, queue_name), self._forget_channel)

    def _forget_channel(self) -> None:
        del self.channel  # the server has closed it

    def _build_queue_arguments(self, queue_name: str) -> dict[str, Any]:
        arguments: dict[str, Any] = super()._build_queue_arguments(queue_name)  # type: ignore[no-untyped-call]
        return arguments | QUORUM
