"""Turns for calls: so many a second in all, so many on one endpoint, and never more in any second.

Time is cut into slots of one turn each, `1 / total` seconds apart. A call that finds the slots before and after it free
goes at once; any other takes the first free slot. Turns are spread out rather than handed out in bursts, because calls
arrive a little late: two bursts in successive seconds could meet in one.

A slot between two reserved ones stays open to others, so that a queue on one endpoint keeps nobody waiting on another.
On one endpoint turns are given in the order of asking.
"""

from dataclasses import dataclass
from typing import Final

MICROSECONDS: Final = 1_000_000
#: Old slots are forgotten after this many new ones.
_SWEEP: Final = 1024


@dataclass(frozen=True, slots=True)
class Rates:
    """How many calls may be made in any `period` seconds."""

    total: int
    per_endpoint: int
    period: int = 1

    def __post_init__(self) -> None:
        if min(self.total, self.per_endpoint, self.period) < 1:
            raise ValueError(f"rates and their period are 1 or more: {self}")

    @property
    def endpoint(self) -> int:
        """What one endpoint really gets: never more than all together."""
        return min(self.total, self.per_endpoint)

    def share(self, processes: int) -> "Rates":
        """The part that one of so many processes may use when they cannot agree with each other; rounded down."""
        period = -(-processes // self.endpoint)
        return Rates(self.total * period // processes, self.endpoint * period // processes, period=self.period * period)


@dataclass(frozen=True, slots=True)
class Turn:
    """When a call may be made."""

    #: False: it would have had to wait longer than it is willing to; nothing is reserved.
    granted: bool
    #: Microseconds from now.
    wait: int


class Slots:
    """The turns of one process. Pure: the caller passes the time, in whole microseconds, and uses it alone."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._length = rates.period * MICROSECONDS
        self._taken: set[int] = set()
        self._swept_at = _SWEEP
        #: By endpoint: the earliest place of its next turn, in slots times the endpoint's rate (so that it is whole).
        self._next: dict[str, int] = {}
        #: By endpoint, "" for all: no turn before this.
        self._paused: dict[str, int] = {}

    def take(self, endpoint: str, *, now: int, patience: int) -> Turn:
        """Reserve the next turn on an endpoint, unless it is further away than `patience` microseconds."""
        floor, ceiling = now * self._rates.total // self._length, self._slot_from(now)
        rate = self._rates.endpoint
        place = self._next.get(endpoint, 0)
        first = -(-place // rate)
        gate = max(self._paused.get("", 0), self._paused.get(endpoint, 0))
        if gate <= now and first <= floor and not {floor, ceiling} & self._taken:
            # Between two free slots: it has both of them, so no neighbor is closer than a slot.
            self._reserve(endpoint, ceiling, ceiling * rate, floor)
            return Turn(granted=True, wait=0)
        slot = max(ceiling, first, self._slot_from(gate))
        while slot in self._taken:
            slot += 1
        wait = -(-slot * self._length // self._rates.total) - now
        if wait > patience:
            return Turn(granted=False, wait=wait)
        self._reserve(endpoint, slot, max(place, (slot - 1) * rate + 1), floor)
        return Turn(granted=True, wait=wait)

    def pause(self, until: int, endpoint: str = "") -> None:
        """Give no turn before that time: on one endpoint, or on any."""
        self._paused[endpoint] = max(until, self._paused.get(endpoint, 0))

    def _slot_from(self, moment: int) -> int:
        return -(-moment * self._rates.total // self._length)

    def _reserve(self, endpoint: str, slot: int, place: int, floor: int) -> None:
        self._taken.add(slot)
        self._next[endpoint] = place + self._rates.total
        if len(self._taken) >= self._swept_at:
            self._taken = {one for one in self._taken if one >= floor}
            self._swept_at = len(self._taken) + _SWEEP
