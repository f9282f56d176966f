"""Wakes those who watch a payment when it has changed: by news from Redis, and by looking, for news may get lost."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final, Protocol
from uuid import UUID

import structlog
from starlette.concurrency import run_in_threadpool

from console.limits import Limits
from console.problems import Problem
from domain.errors import GavelpayError

log = structlog.get_logger()

#: Seconds after which somebody who found no place may ask again.
_ASK_AGAIN: Final = "15"


class Feed(Protocol):
    """Where news come from."""

    async def follow(self, heard: Callable[[Mapping[UUID, int]], None], connected: Callable[[bool], None]) -> None:
        """Tell all news, for ever."""


class Watch:
    """Somebody who watches one payment. News are no queue: only the newest version counts."""

    def __init__(self) -> None:
        self.version = 0
        #: The watching is to end.
        self.is_over = False
        self._wake = asyncio.Event()

    def hear(self, version: int) -> None:
        """It has come to this version."""
        if version > self.version:
            self.version = version
            self._wake.set()

    def looked(self, heard: int, found: int) -> None:
        """A look after this version was heard of has found that one. What is not there is not waited for.

        News may tell of what a restored database has lost; what it comes to next is news again.
        """
        if self.version == heard:  # nothing newer was heard meanwhile
            self.version = found

    def end(self) -> None:
        """End the watching."""
        self.is_over = True
        self._wake.set()

    async def wait(self, seconds: float) -> None:
        """Wait for news, for the end, or for so long."""
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
        self._wake.clear()


class Hub:
    """All who watch payments in this process. Belongs to one event loop.

    Args:
        versions: gives the present version of each of these payments, in one query; called in a thread.
        limits: how many may watch, and how often it looks.
    """

    def __init__(self, versions: Callable[[Collection[UUID]], Mapping[UUID, int]], limits: Limits) -> None:
        self._versions = versions
        self._limits = limits
        self._watches: defaultdict[UUID, set[Watch]] = defaultdict(set)
        self._callers: Counter[str] = Counter()
        self._hears = False
        self._look_now = asyncio.Event()
        self._is_wanted = asyncio.Event()
        self._is_stopped = False

    @contextmanager
    def watching(self, session_id: UUID, caller: str) -> Iterator[Watch]:
        """Watch a payment.

        Raises:
            Problem: 503, for too many watch already, or the process is stopping.
        """
        self._admit(session_id, caller)
        self._is_wanted.set()
        watch = Watch()
        self._watches[session_id].add(watch)
        self._callers[caller] += 1
        try:
            yield watch
        finally:
            self._watches[session_id].discard(watch)
            if not self._watches[session_id]:
                del self._watches[session_id]
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]

    @property
    def watched(self) -> int:
        """How many watch."""
        return self._callers.total()

    def _admit(self, session_id: UUID, caller: str) -> None:
        here = len(self._watches[session_id]) if session_id in self._watches else 0
        full = (
            self._is_stopped
            or self.watched >= self._limits.listeners
            or here >= self._limits.listeners_per_payment
            or self._callers[caller] >= self._limits.listeners_per_caller
        )
        if full:
            detail = "Too many listen already. Ask again later, or read the status."
            raise Problem(503, "too_many_listeners", detail, headers={"Retry-After": _ASK_AGAIN})

    async def run(self, feed: Feed) -> None:
        """Pass news on from the first listener on, until cancelled."""
        await self._is_wanted.wait()
        while True:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(feed.follow(self.hear, self._connected))
                    tasks.create_task(self._look_again_and_again())
            except* Exception as errors:  # a fault of ours must not leave all pages waiting for ever
                log.exception("changes.not_followed", exc_info=errors)
            await asyncio.sleep(self._limits.look_seconds_unheard)

    def hear(self, news: Mapping[UUID, int]) -> None:
        """Wake those whom it concerns."""
        for session_id, version in news.items():
            for watch in self._watches.get(session_id, ()):
                watch.hear(version)

    def stop(self) -> None:
        """Let nobody in any more, and end the watching of all: the process stops."""
        self._is_stopped = True
        for watches in self._watches.values():
            for watch in watches:
                watch.end()

    def _connected(self, hears: bool) -> None:  # noqa: FBT001 - a fact that is told
        self._hears = hears
        if hears:  # what was said before was not heard
            self._look_now.set()

    async def _look_again_and_again(self) -> None:
        while True:
            pause = self._limits.look_seconds if self._hears else self._limits.look_seconds_unheard
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look_now.wait(), pause)
            self._look_now.clear()
            if self._watches:
                await self._look()

    async def _look(self) -> None:
        try:
            self.hear(await run_in_threadpool(self._versions, list(self._watches)))
        except GavelpayError as error:  # it is asked again soon
            log.warning("changes.not_looked_up", error=str(error))
