"""How fast runs go, and how long the rest of them will take."""

from collections.abc import Callable
from datetime import timedelta


class Pace:
    """Counts runs that are over.

    Args:
        total: how many there will be.
        clock: a clock that only measures, in seconds.
    """

    def __init__(self, total: int, clock: Callable[[], float]) -> None:
        self._total, self._clock = total, clock
        self._begun = clock()
        self.runs = self.payments = 0

    def add(self, payments: int) -> None:
        """A run of so many payments is over."""
        self.runs += 1
        self.payments += payments

    def __str__(self) -> str:
        """Payments, payments a second, and when all will be over."""
        passed = max(self._clock() - self._begun, 0.001)
        words = f"{self.payments} payments, {self.payments / passed:.0f}/s"
        left = self._total - self.runs
        if not self.runs or not left:
            return words
        return f"{words}, {timedelta(seconds=round(left * passed / self.runs))} left"
