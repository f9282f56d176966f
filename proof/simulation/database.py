"""The real database in virtual time, whose users may die or be cut off at any commit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

import psycopg

from models.database import Database, DatabaseUnavailable
from proof.simulation.line import Line


class Died(BaseException):
    """The worker was killed here: all that it had in memory is gone. No `except Exception` survives it."""


class Fate(StrEnum):
    """What becomes of a commit."""

    #: The worker dies with its transaction open.
    DIED_BEFORE = "died_before_commit"
    #: The worker dies when PostgreSQL has it, before anybody was told.
    DIED_AFTER = "died_after_commit"
    #: The connection breaks, and nothing was kept.
    CUT_BEFORE = "cut_before_commit"
    #: The connection breaks, and all was kept.
    CUT_AFTER = "cut_after_commit"


class Lines:
    """Connections that stay open from one run to the next, with all that the server has prepared on them.

    Args:
        url: where the database is.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._database = Database(url, pool_size=8, application="gavelpay simulate")
        #: Tables that were written since somebody asked.
        self.written: set[str] = set()
        self._free: list[Line] = []
        self._in_use = 0
        #: What SQLAlchemy's pool wants back in the end.
        self._taken: list[Any] = []

    def take(self) -> Line:
        """A line that nobody uses."""
        self._in_use += 1
        return self._free.pop() if self._free else self._connected()

    def give(self, line: Line) -> None:
        """Give a line back, without an open transaction."""
        self._in_use -= 1
        if self._in_use:
            # Others are used beside it, and another may be taken next: nothing may be locked until this one is.
            line.sync()
        self._free.append(line)

    def settle(self) -> None:
        """Have everything answered on lines that nobody uses: nothing is locked, and nothing open."""
        for line in self._free:
            line.sync()

    def forget(self) -> None:
        """A new run begins: no line knows the time."""
        for line in self._free:
            line.told = None

    def close(self) -> None:
        """Close all connections."""
        for raw in self._taken:
            raw.invalidate()
        self._free.clear()
        self._taken.clear()
        self._database.close()

    def _connected(self) -> Line:
        raw = self._database.engine.raw_connection()
        self._taken.append(raw)
        driver = cast("psycopg.Connection[Any]", raw.driver_connection)
        driver.autocommit = True
        return Line(driver, self.written)


class MortalDatabase(Database):
    """PostgreSQL whose leases run by the virtual clock. One thread uses it.

    Args:
        lines: the connections that it uses.
        now: the virtual clock.
        fate: asked before each commit.
    """

    def __init__(self, lines: Lines, now: Callable[[], datetime], fate: Callable[[], Fate | None]) -> None:
        super().__init__(lines.url)
        self._lines = lines
        self._now = now
        self._fate = fate
        #: Transactions that are open now; none may be while the world outside is asked.
        self.open = 0
        lines.forget()

    @contextmanager
    def transaction(self, *, single: bool = False) -> Iterator[psycopg.Connection[Any]]:  # noqa: ARG002 - all alike
        """One transaction, whose commit may be its user's last act."""
        line = self._lines.take()
        now = self._now()
        line.execute("BEGIN")
        line.tell(now)
        self.open += 1
        try:
            yield cast("psycopg.Connection[Any]", line)
            fate = self._fate()
            _suffer(fate, Fate.DIED_BEFORE, Fate.CUT_BEFORE)
            line.commit()
            line.told = now
        except BaseException:
            line.rollback()
            line.told = None
            raise
        finally:
            self.open -= 1
            self._lines.give(line)
        _suffer(fate, Fate.DIED_AFTER, Fate.CUT_AFTER)

    def rows(self, sql: str, params: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of one query, which needs neither a begin nor a commit. Nobody dies of reading."""
        line = self._lines.take()
        try:
            return line.execute(sql, params).fetchall()
        finally:
            self._lines.give(line)

    def rows_of_each(self, questions: Sequence[tuple[str, Mapping[str, Any]]]) -> list[list[tuple[Any, ...]]]:
        """The rows of several queries, in one round trip."""
        line = self._lines.take()
        try:
            return [rows.fetchall() for rows in [line.execute(sql, params) for sql, params in questions]]
        finally:
            self._lines.give(line)

    def written(self) -> frozenset[str]:
        """The tables that were written since this was asked last."""
        written = frozenset(self._lines.written)
        self._lines.written.clear()
        return written


def _suffer(fate: Fate | None, death: Fate, cut: Fate) -> None:
    if fate is death:
        raise Died
    if fate is cut:
        raise DatabaseUnavailable(f"the connection was {cut.replace('_', ' ')}")
