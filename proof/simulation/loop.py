"""Virtual time: a clock that moves from one planned happening to the next, and takes no time itself."""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

Act = Callable[[], None]

#: A Monday morning.
START: Final = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
_MICRO: Final = 1_000_000


class Loop:
    """What happens when. Times are seconds since the start; they are kept as whole microseconds."""

    def __init__(self) -> None:
        self._now = 0
        self._heap: list[tuple[int, int, str, Act]] = []
        self._turn = 0
        self._pending: set[tuple[int, str]] = set()
        #: How many of the planned happenings come from people outside.
        self.outside = 0
        #: Seconds by which the clock of the machine that works now goes wrong.
        self.wrong_by = 0.0

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return self._now / _MICRO

    def clock(self) -> datetime:
        """The time, as the database and everybody outside has it."""
        return START + timedelta(microseconds=self._now)

    def machine_clock(self) -> datetime:
        """The time, as the machine that works now has it."""
        return self.clock() + timedelta(seconds=self.wrong_by)

    def seconds_of(self, moment: datetime) -> float:
        """Seconds from the start to a moment."""
        return (moment - START) / timedelta(seconds=1)

    def at(self, when: float, act: Act) -> None:
        """Plan something of the system's own; what is past happens at once."""
        self._plan(when, "", act)

    def once_at(self, when: float, name: str, act: Act) -> None:
        """Plan something that is planned once for a moment, however often it is asked for."""
        key = (max(round(when * _MICRO), self._now), name)
        if key not in self._pending:
            self._pending.add(key)
            self._plan(when, name, act)

    def people_at(self, when: float, act: Act) -> None:
        """Plan what somebody outside does."""

        def do() -> None:
            self.outside -= 1
            act()

        self.outside += 1
        self._plan(when, "", do)

    def _plan(self, when: float, name: str, act: Act) -> None:
        self._turn += 1
        heapq.heappush(self._heap, (max(round(when * _MICRO), self._now), self._turn, name, act))

    def step(self) -> bool:
        """Do what comes next; False if nothing is planned."""
        if not self._heap:
            return False
        when, _, name, act = heapq.heappop(self._heap)
        if name:
            self._pending.discard((when, name))
        self._now = max(self._now, when)
        act()
        return True

    def let_pass(self, seconds: float) -> None:
        """Let time go by in the middle of something: all that is planned until then happens meanwhile."""
        until = self._now + round(seconds * _MICRO)
        while self._heap and self._heap[0][0] <= until:
            self.step()
        self._now = max(self._now, until)

    def skip(self, seconds: float) -> None:
        """Let time go by in which nothing happens: what is planned until then is late."""
        self._now += round(seconds * _MICRO)
