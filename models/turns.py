"""Changing tables beside everybody who uses them.

Who waits for a table that somebody has been reading for long, as a backup does, has everybody else wait behind them.
So locks are waited for in short turns, and between two of them the others pass.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeVar

from psycopg import errors
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from domain.backoff import backoff
from models.database import Database, DatabaseUnavailable
from models.partitions import TableInUse

T = TypeVar("T")

#: Others hold what we need; or we held it against each other.
_HELD: Final = (errors.LockNotAvailable, errors.DeadlockDetected)
#: No text of a query: there are values in it.
_BLOCKERS: Final = """
    SELECT b.pid, coalesce(nullif(a.application_name, ''), 'unnamed'), coalesce(a.state, 'state not shown')
      FROM unnest(pg_blocking_pids(%s)) b (pid) LEFT JOIN pg_stat_activity a ON a.pid = b.pid ORDER BY b.pid
"""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long others may hold what we need, in seconds."""

    #: Locks are waited for so long at a time. Others wait behind us meanwhile.
    turn: float = 1.0
    #: Pauses grow up to this.
    pause: float = 30.0
    #: In sum. A backup of a large database takes minutes.
    whole: float = 1800.0


@dataclass(frozen=True, slots=True)
class Turns:
    """Transactions on one connection, each tried until nobody holds what it needs.

    Args:
        database: is asked who holds it, on another connection.
        connection: whose transactions they are. It must be in none.
        patience: how long, all of them together.
        tell: hears of each turn that was in vain, one line.
    """

    database: Database
    connection: Connection
    patience: Patience
    tell: Callable[[str], object]
    _began: float = field(default_factory=time.monotonic)
    _rng: Random = field(default_factory=Random)

    def take(self, what: str, act: Callable[[Connection], T]) -> T:
        """Do something in a transaction of its own.

        Args:
            what: what it is, for whoever reads why it waits.
            act: does it; it may be called again.

        Raises:
            TableInUse: others held what it needs for longer than our patience.
            DBAPIError: anything else.
        """
        tries = 0
        while True:
            tries += 1
            in_the_way: list[str] = []
            try:
                with self.connection.begin(), self._looking(in_the_way):
                    turn = int(self.patience.turn * 1000)
                    self.connection.execute(
                        text(
                            f"SET LOCAL lock_timeout = {turn}; SET LOCAL statement_timeout = 0;"
                            " SET LOCAL idle_in_transaction_session_timeout = 0"
                        )
                    )
                    return act(self.connection)
            except (DBAPIError, TableInUse) as error:
                if isinstance(error, DBAPIError) and not isinstance(error.orig, _HELD):
                    raise
                self._pause(what, tries, ", ".join(in_the_way) or "somebody", error)

    def _pause(self, what: str, tries: int, who: str, error: Exception) -> None:
        pause = backoff(tries, self._rng, longest=self.patience.pause).total_seconds()
        left = self._began + self.patience.whole - time.monotonic()
        if pause > left:
            raise TableInUse(f"{who} has been in the way of {what} for too long; try again later") from error
        self.tell(f"{what} waits for {who}; next try in {pause:.1f} s, for {left / 60:.0f} more minutes")
        time.sleep(pause)

    @contextmanager
    def _looking(self, in_the_way: list[str]) -> Iterator[None]:
        """Meanwhile, see who holds what we wait for: when we have given it up, nobody can tell any more."""
        driver: Any = self.connection.connection.dbapi_connection
        pid = driver.info.backend_pid
        done = threading.Event()
        thread = threading.Thread(target=self._look, args=(pid, in_the_way, done), name="blockers")
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _look(self, pid: int, in_the_way: list[str], done: threading.Event) -> None:
        while not done.wait(self.patience.turn / 2):
            try:
                rows = self.database.rows(_BLOCKERS, (pid,))
            except DatabaseUnavailable:
                continue
            if rows:
                in_the_way[:] = [f"pid {who} ({name}, {state})" for who, name, state in rows]
