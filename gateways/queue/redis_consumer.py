"""Takes messages from one Redis queue, whatever they are and whatever becomes of the server."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

import structlog
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.errors import ConnectionClosed
from redis import RedisError

from gateways.queue.received import Received, receive
from gateways.queue.redis_store import RedisStore

log = structlog.get_logger()

#: Seconds between two tries to reach a server that is away.
AWAY_SECONDS: Final = 0.25
#: Seconds that an acknowledgement waits for the server before Dramatiq's own slower repetition takes over.
ACK_SECONDS: Final = 5.0


class Desk:
    """What the process holds of one queue. It outlives the consumer, which Dramatiq may replace."""

    def __init__(self, queue: str) -> None:
        self.queue = queue
        #: Ids of the messages that were taken and not settled yet.
        self.held: set[bytes] = set()
        #: Bells that were rung within the process.
        self.local: deque[Received] = deque()
        #: Set when there may be something to take.
        self.wake = threading.Event()


class RedisConsumer(Consumer):
    """Takes messages from one queue.

    Differs from Dramatiq's consumer in that it holds on: an unreadable message is passed on as such instead of
    ending the consumer, a server that is away is waited for, a lost answer is made good, and an idle consumer is woken
    instead of sleeping for up to a second.
    """

    def __init__(
        self,
        store: RedisStore,
        desk: Desk,
        actors: Iterable[str],
        *,
        prefetch: int,
        timeout: float,
        is_open: Callable[[], bool],
    ) -> None:
        self._store = store
        self._desk = desk
        self._actors = actors
        self._prefetch = prefetch
        self._timeout = timeout
        self._is_open = is_open
        self._cache: deque[Received] = deque()
        self._unsure = True
        self._away = False

    def __next__(self) -> MessageProxy | None:
        """The next message, or None if there is none for a while."""
        if self._desk.local:
            return self._desk.local.popleft()
        if not self._cache:
            self._desk.wake.clear()
            self._fill()
            if not self._cache:
                self._desk.wake.wait(AWAY_SECONDS if self._away else self._timeout)
                return None
        return self._cache.popleft()

    def ack(self, message: MessageProxy) -> None:
        """Settle a message: delete it, or give it back if it asks for that."""
        if message.is_returned:
            self._settle(message, self._store.give_back, [message.handle])
        else:
            self._settle(message, self._store.ack, message.handle)

    def nack(self, message: MessageProxy) -> None:
        """Put a message aside."""
        self._settle(message, self._store.reject, message.handle)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Give back messages that were not begun."""
        handles = [message.handle for message in messages if message.handle is not None]
        try:
            self._store.give_back(self._desk.queue, handles)
            self._desk.held.difference_update(handles)
        except RedisError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Give back what was taken and not passed on."""
        self.requeue(self._cache)
        self._cache.clear()

    def _fill(self) -> None:
        desk = self._desk
        room = self._prefetch - len(desk.held)
        if room <= 0 or not self._is_open():
            return
        try:
            if self._unsure:
                self._store.reclaim(desk.queue, tuple(desk.held))
            self._unsure = True
            found = self._store.fetch(desk.queue, room)
        except RedisError as error:
            self._note_away(error)
            return
        desk.held.update(handle for handle, _ in found)
        self._unsure = False
        if self._away:
            self._away = False
            log.info("queue.back", queue=desk.queue)
        self._cache.extend(receive(raw, desk.queue, handle, self._actors) for handle, raw in found)  # type: ignore[arg-type]

    def _note_away(self, error: RedisError) -> None:
        if not self._away:
            log.warning("queue.away", queue=self._desk.queue, error=str(error))
        self._away = True

    def _settle(self, message: MessageProxy, how: Callable[[str, Any], None], what: Any) -> None:
        if message.handle is None:
            return
        for _ in range(int(ACK_SECONDS / AWAY_SECONDS)):
            try:
                how(self._desk.queue, what)
            except RedisError as error:
                failure = error
                time.sleep(AWAY_SECONDS)
            else:
                self._desk.held.discard(message.handle)
                self._desk.wake.set()
                return
        raise ConnectionClosed(failure)  # type: ignore[no-untyped-call]
