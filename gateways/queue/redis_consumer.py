"""Takes messages from one Redis queue, whatever they are and whatever becomes of the server."""

import threading
import time
from collections import deque
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Final

import structlog
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.errors import ConnectionClosed
from redis import RedisError

from gateways.queue.received import Received, receive
from gateways.queue.redis_store import RedisStore

log = structlog.get_logger()

#: Seconds between two tries to reach a server that is away.
AWAY_SECONDS: Final = 0.25
#: Seconds after which an idle consumer looks although nobody woke it.
LOOK_ANYWAY_SECONDS: Final = 5.0

Settle = Callable[[], None]


class Desk:
    """What the process holds of one queue. It outlives the consumer, which Dramatiq may replace."""

    def __init__(self, queue: str) -> None:
        self.queue = queue
        #: Ids of the messages that were taken and not settled yet.
        self.held: set[bytes] = set()
        #: Acknowledgements that the server did not hear yet. They wait here, and not in the threads that could work.
        self.unsettled: deque[tuple[Sequence[bytes], Settle]] = deque()
        #: Bells that were rung within the process.
        self.local: deque[Received] = deque()
        #: Set when there may be something to take.
        self.wake = threading.Event()
        #: Set when something would be taken, if there were anything.
        self.hungry = threading.Event()


class RedisConsumer(Consumer):
    """Takes messages from one queue.

    Differs from Dramatiq's consumer in that it holds on: an unreadable message is passed on as such instead of
    ending the consumer, a server that is away is waited for, a lost answer is made good, and an idle consumer is woken
    instead of sleeping for up to a second. Where messages come in batches they are handed over in batches, for whoever
    takes one of them in hand takes them all.

    Args:
        store: the server.
        desk: what the process holds of the queue.
        actors: those that messages may name.
        prefetch: how many messages are taken ahead, where they come one by one.
        timeout: seconds that an empty queue is waited for.
        is_open: whether messages may be taken now.
        together: how many messages make a batch at most.
    """

    def __init__(
        self,
        store: RedisStore,
        desk: Desk,
        actors: Container[str],
        *,
        prefetch: int,
        timeout: float,
        is_open: Callable[[], bool],
        together: int = 1,
    ) -> None:
        self._store = store
        self._desk = desk
        self._actors = actors
        #: One batch in hand and one ahead: what one process holds, no other can do.
        self._prefetch = prefetch if together == 1 else 2 * together
        self._together = together
        self._timeout = timeout
        self._is_open = is_open
        self._cache: deque[Received] = deque()
        self._unsure = True
        self._away = False
        self._look_at = 0.0

    def __next__(self) -> MessageProxy | None:
        """The next message, or None if there is none for a while."""
        if self._desk.local:
            return self._desk.local.popleft()
        if not self._cache:
            if self._has_reason():
                self._fill()
            if not self._cache:
                self._desk.wake.wait(AWAY_SECONDS if self._away else self._timeout)
                return None
        first = self._cache.popleft()
        while self._cache and len(first.also) + 1 < self._together and self._cache[0].actor_name == first.actor_name:
            first.also.append(self._cache.popleft())
        return first

    def ack(self, message: MessageProxy) -> None:
        """Settle a batch: delete each message, put it aside, or give it back, as it asks for."""
        queue = self._desk.queue
        returned, failed, done = list[bytes](), list[bytes](), list[bytes]()
        for one in message.together:
            if one.handle is None:
                continue
            if one.is_returned or (one is not message and not one.is_done and not one.failed):
                returned.append(one.handle)
            else:
                (failed if one.failed else done).append(one.handle)
        if returned:
            self._settle(returned, lambda: self._store.give_back(queue, returned))
        if failed:
            self._settle(failed, lambda: self._store.reject(queue, failed))
        if done:
            self._settle(done, lambda: self._store.ack(queue, done))

    nack = ack

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Give back messages that were not begun.

        What the server does not hear of is not held all the same: the next consumer, or the end of the process, returns
        it.
        """
        handles = [one.handle for message in messages for one in message.together if one.handle is not None]
        self._desk.held.difference_update(handles)
        try:
            self._store.give_back(self._desk.queue, handles)
        except RedisError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Settle what can be settled, and give back what was taken and not passed on."""
        not_passed_on = list(self._cache)
        self._cache.clear()
        try:
            self._settle_late()
        except RedisError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]
        finally:
            self.requeue(not_passed_on)

    def _has_reason(self) -> bool:
        """Whether to ask the server: somebody woke us, something is not in order, or it is long ago."""
        woken = self._desk.wake.is_set()
        if woken:
            self._desk.wake.clear()  # only what was seen: a wake-up that comes now must last
        return woken or self._unsure or self._away or time.monotonic() >= self._look_at

    def _fill(self) -> None:
        desk = self._desk
        try:
            if desk.unsettled:
                self._settle_late()
            room = self._prefetch - len(desk.held)
            if room <= 0:
                return
            if not self._is_open():
                self._look_at = 0.0  # it may open at any time, and nobody wakes us then
                return
            if self._unsure:
                self._store.reclaim(desk.queue, tuple(desk.held))
            self._unsure = True
            found = self._store.fetch(desk.queue, room)
        except RedisError as error:
            self._note_away(error)
            return
        self._look_at = time.monotonic() + LOOK_ANYWAY_SECONDS
        if len(found) < room:
            desk.hungry.set()
        desk.held.update(handle for handle, _ in found)
        self._unsure = False
        if self._away:
            self._away = False
            log.info("queue.back", queue=desk.queue)
        self._cache.extend(receive(raw, desk.queue, handle, self._actors) for handle, raw in found)

    def _note_away(self, error: RedisError) -> None:
        if not self._away:
            log.warning("queue.away", queue=self._desk.queue, error=str(error))
        self._away = True

    def _settle(self, handles: Sequence[bytes], settle: Settle) -> None:
        """Tell the server, or have the consumer tell it once it is back. Until then the messages count as held."""
        desk = self._desk
        try:
            if not self._away:
                settle()
                desk.held.difference_update(handles)
                desk.wake.set()
                return
        except RedisError as error:
            log.debug("queue.not_settled", queue=desk.queue, error=str(error))
        desk.unsettled.append((handles, settle))
        desk.wake.set()

    def _settle_late(self) -> None:
        unsettled = self._desk.unsettled
        while unsettled:
            handles, settle = unsettled[0]
            settle()
            unsettled.popleft()
            self._desk.held.difference_update(handles)
