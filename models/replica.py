"""A copy of the database, seconds behind, that may only be read: so that reports cost the database itself nothing."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import structlog
from psycopg import Connection

from models.database import Database, DatabaseUnavailable

log = structlog.get_logger()

#: Seconds for which a copy that did not answer is not asked again.
_REST: Final = 30.0


class Replica(Database):
    """The copy; while it is away, or has no connection left, the database in its place, read just as little of it.

    Whether it answers is known when a transaction has begun. One that breaks later is its report's failure.

    Args:
        url: where the copy is.
        main: what it is a copy of.
        application: the name that PostgreSQL shows for our connections.
        ticks: a clock that only measures, in seconds.
    """

    def __init__(
        self, url: str, main: Database, *, application: str, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(url, pool_size=2, application=application)
        self._main: Final = main
        self._ticks: Final = ticks
        self._rests_until = ticks()

    @contextmanager
    def transaction(self, *, single: bool = False) -> Iterator[Connection[Any]]:
        """One transaction that can only read, of however many statements."""
        del single
        with ExitStack() as stack:
            yield self._begun(stack)

    def _begun(self, stack: ExitStack) -> Connection[Any]:
        if self._ticks() >= self._rests_until:
            try:
                return _read_only(super().transaction, stack)
            except DatabaseUnavailable as error:
                log.warning("replica.away", error=str(error))
                self._rests_until = self._ticks() + _REST
        return _read_only(self._main.transaction, stack)


def _read_only(transaction: Callable[[], Any], stack: ExitStack) -> Connection[Any]:
    with ExitStack() as begun:
        connection: Connection[Any] = begun.enter_context(transaction())
        connection.execute("SET TRANSACTION READ ONLY")
        stack.push(begun.pop_all())
        return connection
