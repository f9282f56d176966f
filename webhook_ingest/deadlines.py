"""Bounds how long many things may wait, all of them equally long, at next to no cost for one that does not wait.

A timer for each of them costs some microseconds to set and to cancel, `asyncio.timeout` a tenth of a whole webhook.
Here one timer watches the oldest.
"""

import asyncio
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T", bound=Hashable)

#: A deadline is noticed late by at most this share of the time allowed: the timer does not run for each.
_SLACK: Final = 0.05


class Deadlines(Generic[T]):
    """Calls `missed` with whatever waits longer than allowed. Belongs to one event loop.

    Args:
        seconds: what each may wait.
        missed: told of one that has waited longer, once, and then no longer watched.
    """

    def __init__(self, seconds: float, missed: Callable[[T], object]) -> None:
        self._seconds = seconds
        self._missed = missed
        #: When each is overdue; the oldest first, for all wait equally long.
        self._due: dict[T, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self, one: T) -> None:
        """Begin to watch one."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        due = self._due[one] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_at(due, self._look)

    def forget(self, one: T) -> bool:
        """It waits no longer; False if it has waited too long."""
        return self._due.pop(one, None) is not None

    @property
    def watched(self) -> list[T]:
        """All that wait, the oldest first."""
        return list(self._due)

    def _look(self) -> None:
        self._timer = None
        if self._loop is None:
            return
        now = self._loop.time()
        overdue = []
        for one, due in self._due.items():
            if due > now:
                self._timer = self._loop.call_at(max(due, now + self._seconds * _SLACK), self._look)
                break
            overdue.append(one)
        for one in overdue:
            del self._due[one]
            self._missed(one)
