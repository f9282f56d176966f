"""Workers whose machines disagree about the time agree on the database's."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import psycopg
import pytest
from structlog.testing import capture_logs

from runtime.clock import ClockUnset, DatabaseClock, SystemClock, keep_fresh

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class World:
    """One true time, a machine that is wrong by minutes, and a database that is right."""

    machine_ahead: timedelta = timedelta(0)
    there: float = 0.004
    back: float = 0.004
    slow: list[float] = field(default_factory=list)
    away: bool = False
    elapsed: float = 100.0
    asked: int = 0

    @property
    def truth(self) -> datetime:
        return NOON + timedelta(seconds=self.elapsed - 100)

    def wall(self) -> datetime:
        return self.truth + self.machine_ahead

    def monotonic(self) -> float:
        return self.elapsed

    @contextmanager
    def connect(self) -> Iterator[Any]:
        if self.away:
            raise psycopg.OperationalError("connection refused")
        self.elapsed += 1
        yield self

    def cursor(self, **_: object) -> "World":
        return self

    def execute(self, query: str) -> None:
        assert "clock_timestamp()" in query
        self.asked += 1
        self.elapsed += (self.slow.pop(0) if self.slow else 0) + self.there
        self.shown = self.truth.timestamp()
        self.elapsed += self.back

    def fetchone(self) -> tuple[float]:
        return (self.shown,)


def _clock(world: World) -> DatabaseClock:
    return DatabaseClock(world.wall, world.monotonic)


def _wrong_by(clock: DatabaseClock, world: World) -> timedelta:
    return abs(clock() - world.truth)


def test_before_the_first_refresh_it_is_the_machines_time() -> None:
    world = World(machine_ahead=timedelta(minutes=3))
    assert _wrong_by(_clock(world), world) == timedelta(minutes=3)


@pytest.mark.parametrize("ahead", [timedelta(minutes=-7), timedelta(0), timedelta(hours=2)])
def test_machines_that_differ_by_minutes_agree_after_a_refresh(ahead: timedelta) -> None:
    world = World(machine_ahead=ahead)
    clock = _clock(world)
    assert clock.refresh(world.connect)
    assert _wrong_by(clock, world) < timedelta(milliseconds=1)
    assert abs(clock.ahead_of_machine + ahead) < timedelta(milliseconds=1)
    world.elapsed += 3600
    assert _wrong_by(clock, world) < timedelta(milliseconds=1)


def test_a_machine_whose_time_is_set_back_changes_nothing() -> None:
    world = World()
    clock = _clock(world)
    clock.refresh(world.connect)
    world.machine_ahead = timedelta(hours=-5)
    assert _wrong_by(clock, world) < timedelta(milliseconds=1)


def test_it_is_wrong_by_at_most_half_a_round_trip() -> None:
    world = World(there=0.2, back=0.0)
    clock = _clock(world)
    clock.refresh(world.connect)
    assert _wrong_by(clock, world) <= timedelta(seconds=0.1001)


def test_the_fastest_of_several_round_trips_counts() -> None:
    world = World(slow=[0.8, 0.0, 0.5])
    clock = _clock(world)
    assert clock.refresh(world.connect)
    assert world.asked == 3
    assert _wrong_by(clock, world) < timedelta(milliseconds=1)


def test_answers_that_took_too_long_are_not_believed() -> None:
    world = World(machine_ahead=timedelta(minutes=1), slow=[5.0, 5.0, 5.0])
    clock = _clock(world)
    assert not clock.refresh(world.connect)
    assert _wrong_by(clock, world) == timedelta(minutes=1)


def test_the_last_offset_stays_while_the_database_is_away() -> None:
    world = World(machine_ahead=timedelta(minutes=3))
    clock = _clock(world)
    clock.refresh(world.connect)
    world.away = True
    assert not clock.refresh(world.connect)
    assert _wrong_by(clock, world) < timedelta(milliseconds=1)


def test_it_is_refreshed_until_stopped_and_tells_once_when_the_database_goes_and_comes() -> None:
    world, stop = World(), threading.Event()
    clock = _clock(world)
    turns = [False, True, True, False]

    @contextmanager
    def connect() -> Iterator[Any]:
        world.away = turns.pop(0)
        if not turns:
            stop.set()
        with world.connect() as connection:
            yield connection

    with capture_logs() as lines:
        keep_fresh(clock, connect, stop, every=timedelta(0))
    assert [line["event"] for line in lines] == ["clock.refresh_failed", "clock.refreshed_again"]


def test_the_real_database_answers_whatever_kind_of_rows_its_connections_give(database_url: str) -> None:
    ahead = timedelta(minutes=5)
    clock = DatabaseClock(lambda: datetime.now(UTC) + ahead)
    assert clock.refresh(lambda: psycopg.connect(database_url, row_factory=psycopg.rows.dict_row))
    # Both run on this machine; the rest is the round trip, bounded by what `refresh` believes.
    assert abs(clock() - datetime.now(UTC)) < timedelta(seconds=2)


def test_the_machines_clock_is_aware_and_in_utc() -> None:
    before = time.time()
    now = SystemClock()()
    assert now.utcoffset() == timedelta(0)
    assert before <= now.timestamp() <= time.time()


def test_nobody_need_act_on_a_machines_own_time() -> None:
    world = World(machine_ahead=timedelta(days=4), away=True)
    clock = _clock(world)
    assert not clock.refresh(world.connect)
    with pytest.raises(ClockUnset):
        clock.measured()
    world.away = False
    assert clock.refresh(world.connect)
    assert abs(clock.measured() - world.truth) < timedelta(milliseconds=1)


def test_a_database_that_was_away_is_asked_again_soon() -> None:
    class Stop(threading.Event):
        waits: ClassVar[list[float]] = []

        def wait(self, timeout: float | None = None) -> bool:
            self.waits.append(timeout or 0.0)
            world.away = False
            if len(self.waits) == 2:
                self.set()
            return True

    world = World(away=True)
    keep_fresh(_clock(world), world.connect, Stop())
    assert Stop.waits == [1.0, 30.0]
