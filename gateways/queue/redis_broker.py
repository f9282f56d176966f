"""Dramatiq on Redis, with workers that are missed within seconds and woken within milliseconds."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import structlog
from dramatiq.broker import Consumer
from dramatiq.brokers.redis import RedisBroker
from dramatiq.common import dq_name
from dramatiq.errors import ConnectionClosed
from redis import Redis, RedisError, ResponseError

from gateways.queue.bells import INTAKE_QUEUE, NAMESPACE
from gateways.queue.broker import Depth, WorkBroker
from gateways.queue.received import local_bell
from gateways.queue.redis_consumer import Desk, RedisConsumer
from gateways.queue.redis_store import RedisStore

log = structlog.get_logger()

#: Seconds that one look at an empty queue waits for the server; below its timeout.
LOOK_SECONDS: Final = 2.0
#: Seconds between two tries to look at a server that is away. The consumers tell of it.
BLIND_SECONDS: Final = 0.25
#: Messages that are taken in as one batch at most: one transaction.
TOGETHER: Final = 200
#: Seconds between two signs of life.
BEAT_SECONDS: Final = 1.0


class RedisWorkBroker(RedisBroker, WorkBroker):
    """The broker of a worker process. Producers that only ring use a `Ring`."""

    def __init__(
        self, client: "Redis", *, namespace: str = NAMESPACE, delayed: Sequence[str] = (INTAKE_QUEUE,)
    ) -> None:
        super().__init__(client=client, namespace=namespace, middleware=[])  # type: ignore[no-untyped-call]
        self.store = RedisStore(client, namespace)
        self._delayed = frozenset(delayed)
        self._desks: dict[str, Desk] = {}
        self._stopped = threading.Event()
        self._is_open = True
        self._is_paused: Callable[[str], bool] = lambda _: False
        self._beating: threading.Thread | None = None

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue; only those whose producers may delay messages get a delay queue, which costs a thread."""
        if queue_name in self.queues:
            return
        self.emit_before("declare_queue", queue_name)
        self.queues.add(queue_name)
        self.emit_after("declare_queue", queue_name)
        if queue_name in self._delayed:
            self.delay_queues.add(dq_name(queue_name))
            self.emit_after("declare_delay_queue", dq_name(queue_name))

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Open a consumer of a queue; the first one starts the upkeep."""
        desk = self._desk(queue_name)
        if queue_name in self.delay_queues:
            # Dramatiq forgets what it held back when it opens a consumer anew.
            desk.held.clear()
        return RedisConsumer(
            self.store,
            desk,
            self.actors,
            prefetch=prefetch,
            timeout=timeout / 1000,
            is_open=lambda: self._is_open and not self._is_paused(queue_name),
            together=TOGETHER if queue_name == INTAKE_QUEUE else 1,
        )

    def start_upkeep(self, queues: Iterable[str]) -> None:
        """From now on look for messages in these queues, show signs of life, and miss those who show none."""
        names = [
            name for queue in queues for name in (queue, dq_name(queue)) if name in self.queues | self.delay_queues
        ]
        for name in names:
            threading.Thread(target=self._look, args=(self._desk(name),), name=f"look-{name}", daemon=True).start()
        self._beating = threading.Thread(target=self._beat, args=(names,), name="queue-beat", daemon=True)
        self._beating.start()

    def stop_fetching(self) -> None:
        """Take no more messages; those at hand are finished or given back."""
        self._is_open = False

    def hold_back(self, is_paused: Callable[[str], bool]) -> None:
        """From now on leave the messages of a queue where they are while this is true of it."""
        self._is_paused = is_paused

    def ring_here(self, bell: str) -> None:
        """Ring a bell within this process, without Redis."""
        desk = self._desk(self.actors[bell].queue_name)
        desk.local.append(local_bell(bell, desk.queue))
        desk.wake.set()

    def depths(self) -> Mapping[str, Depth]:
        """How the queues stand; empty while Redis is away."""
        try:
            return self.store.depths(sorted(self.queues))
        except RedisError:
            return {}

    def close(self) -> None:
        """Give back what is still held, and be heard of no more."""
        self.stop_fetching()
        self._stopped.set()
        if self._beating:
            self._beating.join(BEAT_SECONDS + 5)
        try:
            self.store.leave()
        except RedisError as error:
            log.warning("queue.left_without_goodbye", error=str(error))
        self.client.close()

    def do_enqueue(self, queue_name: str, message_id: str, message: bytes) -> None:
        """Put a message on a queue. Dramatiq calls it."""
        try:
            self.store.enqueue(queue_name, message_id, message)
        except RedisError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]

    def _desk(self, queue: str) -> Desk:
        return self._desks.setdefault(queue, Desk(queue))

    def _look(self, desk: Desk) -> None:
        """Wake the consumer of a queue as soon as something waits there."""
        while not self._stopped.is_set():
            if not desk.hungry.wait(BEAT_SECONDS):
                continue
            try:
                found = self.store.wait(desk.queue, LOOK_SECONDS)
            except ResponseError as error:
                # A server without BLMOVE, or one that refuses it: look now and then instead.
                log.warning("queue.cannot_wait", queue=desk.queue, error=str(error))
                found = not self._stopped.wait(BLIND_SECONDS)
            except RedisError:
                self._stopped.wait(BLIND_SECONDS)
                continue
            if found:
                desk.hungry.clear()
                desk.wake.set()

    def _beat(self, names: Sequence[str]) -> None:
        """Show signs of life, and take over from those who show none."""
        while not self._stopped.is_set():
            try:
                rescued = self.store.beat(names)
                if rescued:
                    log.warning("queue.rescued", messages=rescued)
            except RedisError as error:
                log.debug("queue.no_heartbeat", error=str(error))
            self._stopped.wait(BEAT_SECONDS)

    def join(self, *_: Any, **__: Any) -> None:
        """Not offered: wait for the work to be done instead."""
        raise NotImplementedError
