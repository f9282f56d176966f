"""The real database in virtual time, whose users may die or be cut off at any commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg

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


class MortalDatabase(Database):
    """PostgreSQL whose leases run by the virtual clock.

    Args:
        url: where it is.
        now: the virtual clock.
        fate: asked before each commit.
    """

    def __init__(self, url: str, now: Callable[[], datetime], fate: Callable[[], Fate | None]) -> None:
        super().__init__(url, pool_size=8, application="gavelpay simulate")
        self._now = now
        self._fate = fate
        self._told: dict[int, datetime] = {}

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """One transaction, whose commit may be its user's last act."""
        fate = None
        with super().transaction() as connection:
            known, now = self._told.pop(id(connection), None), self._now()
            if known != now:
                connection.execute("SELECT set_config('gavelpay.now', %s, false)", (now.isoformat(),))
            yield connection
            fate = self._fate()
            if fate is Fate.DIED_BEFORE:
                raise Died
            if fate is Fate.CUT_BEFORE:
                raise DatabaseUnavailable("the connection broke before the commit")
        self._told[id(connection)] = now
        if fate is Fate.DIED_AFTER:
            raise Died
        if fate is Fate.CUT_AFTER:
            raise DatabaseUnavailable("the connection broke after the commit")
