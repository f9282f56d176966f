"""The real database in virtual time, whose users may die or be cut off at any commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.pq import ExecStatus

from models.database import Database, DatabaseUnavailable


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


@dataclass(slots=True)
class _Line:
    """A connection that is kept open."""

    driver: psycopg.Connection[Any]
    #: What SQLAlchemy's pool wants back in the end.
    raw: Any
    #: The time that it was told last.
    told: datetime | None = None


class MortalDatabase(Database):
    """PostgreSQL whose leases run by the virtual clock.

    One thread uses it. Begin and commit go to the server in one step each: runs are made of round trips.

    Args:
        url: where it is.
        now: the virtual clock.
        fate: asked before each commit.
    """

    def __init__(self, url: str, now: Callable[[], datetime], fate: Callable[[], Fate | None]) -> None:
        super().__init__(url, pool_size=8, application="gavelpay simulate")
        self._now = now
        self._fate = fate
        self._free: list[_Line] = []
        #: Transactions that are open now; none may be while the world outside is asked.
        self.open = 0

    @contextmanager
    def transaction(self, *, single: bool = False) -> Iterator[psycopg.Connection[Any]]:  # noqa: ARG002 - all alike
        """One transaction, whose commit may be its user's last act."""
        line = self._free.pop() if self._free else self._connected()
        now = self._now()
        begin = "BEGIN" if line.told == now else f"BEGIN; SELECT set_config('gavelpay.now', '{now.isoformat()}', false)"
        self._do(line, begin)
        self.open += 1
        try:
            yield line.driver
            fate = self._fate()
            _suffer(fate, Fate.DIED_BEFORE, Fate.CUT_BEFORE)
            self._do(line, "COMMIT")
            line.told = now
        except BaseException:
            line.driver.pgconn.exec_(b"ROLLBACK")
            line.told = None
            raise
        finally:
            self.open -= 1
            self._free.append(line)
        _suffer(fate, Fate.DIED_AFTER, Fate.CUT_AFTER)

    def close(self) -> None:
        """Close all connections."""
        for line in self._free:
            line.raw.invalidate()
        self._free.clear()
        super().close()

    def _connected(self) -> _Line:
        raw = self.engine.raw_connection()
        driver: psycopg.Connection[Any] = raw.driver_connection  # type: ignore[assignment]
        driver.autocommit = True
        return _Line(driver, raw)

    @staticmethod
    def _do(line: _Line, command: str) -> None:
        result = line.driver.pgconn.exec_(command.encode())
        said = result.command_status
        done = result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
        if not done or (command == "COMMIT" and said != b"COMMIT"):
            raise psycopg.InternalError(f"{command}: {result.error_message.decode()} {said!r}")


def _suffer(fate: Fate | None, death: Fate, cut: Fate) -> None:
    if fate is death:
        raise Died
    if fate is cut:
        raise DatabaseUnavailable(f"the connection was {cut.replace('_', ' ')}")
