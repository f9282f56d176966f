"""Whether a process holds more memory the more it has done."""

from types import TracebackType
from typing import Final, Self

from proof.benches.area import Goal, at_most
from proof.benches.processor import resident_bytes
from proof.benches.statistic import slope

_MEGABYTE: Final = 1024 * 1024
_MILLION: Final = 1_000_000
#: Fewer events say nothing of a million: a process still fills its pools.
_ENOUGH: Final = 200_000
#: The part at the beginning in which it does.
_WARM: Final = 0.25


class Memory:
    """A process's resident memory by the events that it has taken."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.events = 0
        self._points: list[tuple[float, float]] = []

    def __enter__(self) -> Self:
        """Look now."""
        self.took(0)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing is open."""

    @property
    def megabytes(self) -> float:
        """What it held at the last look; 0 where the system does not tell."""
        return self._points[-1][1] if self._points else 0.0

    def took(self, events: int) -> None:
        """Look again, so many events later."""
        self.events += events
        held = resident_bytes(self._pid)
        if held is not None:
            self._points.append((self.events / _MILLION, held / _MEGABYTE))

    @property
    def growth(self) -> float:
        """Megabytes for a million events: the slope once it has warmed up."""
        return slope([point for point in self._points if point[0] >= self.events / _MILLION * _WARM])

    def goals(self, most: float) -> list[Goal]:
        """That it does not grow, where enough was done to say so."""
        if self.events < _ENOUGH or not self._points:
            return []
        return [at_most("growth in a million events", self.growth, most, "MB")]
