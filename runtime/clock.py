"""Clocks for composition roots. Both are `Clock`s: called without arguments, they give the time in aware UTC."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
import structlog

from domain.errors import TransientError

Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]

#: Good clocks drift some 50 µs a second: 1.5 ms in this time.
_EVERY: Final = timedelta(seconds=30)
#: While the database is away it is asked again so soon: nobody else knows the time.
_AGAIN: Final = timedelta(seconds=1)
#: The middle of a round trip is wrong by at most half of it. A slower one than this says less than the last good one.
_SLOWEST: Final = 1.0
_SAMPLES: Final = 3


class ClockUnset(TransientError):
    """The database could not be asked for the time yet, and the machine's clock may be wrong by days."""

    code = "clock_unset"


class SystemClock:
    """This machine's clock."""

    def __call__(self) -> datetime:
        """The time now."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Sample:
    """When the database's clock showed what, in seconds; `zero` is its time when our monotonic clock showed 0."""

    zero: float
    round_trip: float


class DatabaseClock:
    """The database's clock, read without asking it: our monotonic clock, plus an offset that `refresh` measures.

    Workers whose machines' clocks differ by minutes so agree on when a window ends. Until the first refresh it shows
    this machine's time; while the database is away it goes on with the last offset. Any thread may call it.
    """

    def __init__(
        self, wall: Callable[[], datetime] | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall or SystemClock()
        self._monotonic = monotonic
        self._zero = self._wall().timestamp() - monotonic()
        self._is_set = False

    def __call__(self) -> datetime:
        """The database's time now, wrong by at most half a round trip and the drift since the last refresh."""
        return datetime.fromtimestamp(self._zero + self._monotonic(), UTC)

    def measured(self) -> datetime:
        """The same, for who must not act on this machine's own time.

        Raises:
            ClockUnset: there was no refresh yet.
        """
        if not self._is_set:
            raise ClockUnset("the database has not told the time yet")
        return self()

    @property
    def ahead_of_machine(self) -> timedelta:
        """How far the database's clock is ahead of this machine's."""
        return self() - self._wall()

    def refresh(self, connect: Connect) -> bool:
        """Measure the offset anew. False where the database could not be asked, or only slowly: the last one stays."""
        try:
            with connect() as connection:
                samples = [self._sample(connection) for _ in range(_SAMPLES)]
        except (psycopg.Error, OSError, TransientError):
            return False
        # The first round trip may include the opening of a transaction; the fastest is the truest.
        best = min(samples, key=lambda sample: sample.round_trip)
        if best.round_trip > _SLOWEST:
            return False
        self._zero, self._is_set = best.zero, True
        return True

    def _sample(self, connection: psycopg.Connection[Any]) -> _Sample:
        cursor = connection.cursor(row_factory=psycopg.rows.tuple_row)
        asked = self._monotonic()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        answered = self._monotonic()
        (shown,) = cursor.fetchone() or (0.0,)
        return _Sample(zero=shown - (asked + answered) / 2, round_trip=answered - asked)


def keep_fresh(clock: DatabaseClock, connect: Connect, stop: threading.Event, every: timedelta = _EVERY) -> None:
    """Refresh a clock until `stop` is set, and soon again while the database is away.

    Runs in a thread of its own, which the composition root starts.
    """
    log = structlog.get_logger()
    was_fresh = True
    while not stop.is_set():
        fresh = clock.refresh(connect)
        if fresh != was_fresh:
            event = "clock.refreshed_again" if fresh else "clock.refresh_failed"
            log.warning(event, ahead_of_machine_seconds=clock.ahead_of_machine.total_seconds())
        was_fresh = fresh
        stop.wait((every if fresh else min(every, _AGAIN)).total_seconds())
