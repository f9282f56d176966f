"""Group commit: requests that arrive while a commit is under way share the next one.

Nobody waits for company: an idle committer starts at once, and a busy one collects its next batch meanwhile. So one
event costs one commit, and five hundred at the same time cost one as well.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Protocol

import structlog

from domain.errors import PermanentError, TransientError
from domain.messaging import StoredEvent
from webhook_ingest.limits import Limits
from webhook_ingest.outcomes import Outcome

_log = structlog.get_logger(__name__)


class Overloaded(TransientError):
    """As many events wait as this process can hold."""

    code = "overloaded"


class Waiting(Protocol):
    """Whoever waits for a commit."""

    @property
    def event(self) -> StoredEvent:
        """What is to be stored."""

    def settle(self, outcome: Outcome) -> None:
        """Hear what became of it, on the event loop. It must neither wait nor fail."""


class Committer:
    """One thread that stores events in batches. All methods belong to the event loop's thread.

    Args:
        receive: stores a batch durably, or raises and stores nothing of it.
        limits: of batches and of what waits.
    """

    def __init__(self, receive: Callable[[Sequence[StoredEvent]], object], limits: Limits) -> None:
        self._receive = receive
        self._limits = limits
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._accepting = False
        self._events = 0
        self._bytes = 0

    @property
    def alive(self) -> bool:
        """Whether events given to it now would be stored."""
        return self._accepting and self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """How many events wait for their commit, or are in it."""
        return self._events

    def start(self) -> None:
        """Start, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        self._accepting = True

    def submit(self, one: Waiting) -> None:
        """Have an event stored with the next commit, and whoever waits for it told.

        Raises:
            Overloaded: too many wait already, or the committer is stopped.
        """
        full = self._events >= self._limits.waiting_events or self._bytes >= self._limits.waiting_bytes
        if full or not self._accepting:
            raise Overloaded("too many events wait to be stored")
        self._events += 1
        self._bytes += len(one.event.body)
        self._queue.put(one)

    async def stop(self) -> None:
        """Take nothing more, and wait a bounded time until what was taken is stored."""
        self._accepting = False
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join, self._limits.commit_seconds)
        if self._thread.is_alive():
            _log.warning("committer.abandoned", events=self._events)

    def _run(self) -> None:
        more = True
        while more:
            batch, more = self._next_batch()
            outcomes = self._outcomes([one.event for one in batch])
            # The loop is closed where stopping took too long. Then nobody waits any more.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._answer, batch, outcomes)  # type: ignore[union-attr]

    def _next_batch(self) -> tuple[list[Waiting], bool]:
        """Wait for an event, and take what else is there; False with the last batch of all."""
        batch: list[Waiting] = []
        size = 0
        one = self._queue.get()
        while one is not None:
            batch.append(one)
            size += len(one.event.body)
            if len(batch) >= self._limits.batch_events or size >= self._limits.batch_bytes:
                return batch, True
            try:
                one = self._queue.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _outcomes(self, events: Sequence[StoredEvent]) -> list[Outcome]:
        try:
            return self._store(events)
        except Exception:  # noqa: BLE001 - a log that cannot be written, say: this thread is all there is, and goes on
            return [Outcome.FAILED] * len(events)

    def _store(self, events: Sequence[StoredEvent]) -> list[Outcome]:
        # In one order everywhere: two processes that get the same events must not wait for each other in a circle.
        ordered = sorted(events, key=lambda event: event.stripe_event_id)
        try:
            if ordered:
                self._receive(ordered)
        except TransientError as error:
            _log.warning("webhooks.not_stored", events=len(events), code=error.code, error=str(error))
            return [Outcome.UNAVAILABLE] * len(events)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others must not suffer from one event
            _log.warning("batch.failed", events=len(events), error=type(error).__name__)
            return self._store_singly(events)
        return [Outcome.STORED] * len(events)

    def _store_singly(self, events: Sequence[StoredEvent]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for event in events:
            # Once the database is away there is no point in waiting for it as often as there are events.
            away = outcomes and outcomes[-1] is Outcome.UNAVAILABLE
            outcomes.append(Outcome.UNAVAILABLE if away else self._store_one(event))
        return outcomes

    def _store_one(self, event: StoredEvent) -> Outcome:
        try:
            self._receive([event])
        except TransientError:
            return Outcome.UNAVAILABLE
        except Exception as error:  # noqa: BLE001 - as above
            # Its name only: the database's messages may quote what they are about.
            _log.error(
                "webhook.failed",
                stripe_event_id=event.stripe_event_id,
                type=event.type,
                error=type(error).__name__,
            )
            return Outcome.NOT_AN_EVENT if isinstance(error, PermanentError) else Outcome.FAILED
        return Outcome.STORED

    def _answer(self, batch: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
        self._events -= len(batch)
        self._bytes -= sum(len(one.event.body) for one in batch)
        for one, outcome in zip(batch, outcomes, strict=True):
            one.settle(outcome)
