"""The connection to PostgreSQL, and one transaction on it."""

import select
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any

import orjson
import psycopg
from psycopg.types.json import set_json_dumps, set_json_loads
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import TransientError
from models.arrays import teach


class DatabaseUnavailable(TransientError):
    """PostgreSQL did not answer, or cut us off. Nothing of the transaction was kept."""

    code = "database_unavailable"


#: Failures that another try of the same transaction can heal: lost connections, deadlocks, full, shutting down, just
#: demoted to a standby; and a transaction that the server cut off for its length.
_PASSING = (
    psycopg.OperationalError,
    psycopg.errors.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.TransactionTimeout,
)
#: SQLSTATEs that tell of the server, not of one statement: connections break, or it shuts down.
_SERVER_GONE = ("08", "57P", "25006")
#: Where a connection of the pool has what tells whether the server has said anything.
_LOOK = "look"


class Database:
    """A pool of connections to one PostgreSQL.

    Args:
        url: `postgresql://…`.
        pool_size: connections kept open; as many again may be opened under load.
        statement_timeout: seconds after which the server gives a statement up, and a transaction in which none comes.
        application: the name that PostgreSQL shows for our connections.
    """

    def __init__(
        self, url: str, *, pool_size: int = 8, statement_timeout: float = 30.0, application: str = "gavelpay"
    ) -> None:
        self._open = partial(_engine, url, pool_size, statement_timeout, application)
        self.engine = self._open()

    @cached_property
    def _single(self) -> Engine:
        """A pool whose connections need neither BEGIN nor COMMIT.

        One of its own, opened when it is needed: to change a connection's way for a statement and back took a fifth of
        what a small statement costs us.
        """
        return self._open(isolation_level="AUTOCOMMIT", pool_reset_on_return=None)

    @contextmanager
    def transaction(self, *, single: bool = False) -> Iterator[psycopg.Connection[Any]]:
        """One transaction: leaving the block commits, an exception rolls back.

        Args:
            single: the block makes one statement at most, which is committed by itself: two round trips of three are
                spared.

        Raises:
            DatabaseUnavailable: the server is away or gave up; nothing was kept. After a failed *commit* the outcome is
                unknown, which every caller bears: all work may be done twice.
        """
        try:
            with (self._single if single else self.engine).begin() as connection:
                try:
                    yield _driver(connection)
                except _PASSING:
                    connection.invalidate()
                    raise
        except (psycopg.Error, SQLAlchemyError) as error:
            cause = getattr(error, "orig", None) or error
            if not isinstance(cause, (*_PASSING, SQLAlchemyError)):
                raise
            if _tells_of_the_server(cause):
                # It may have restarted: none of the pool's other connections is worth a try.
                self.close()
            raise DatabaseUnavailable(str(cause).strip() or type(cause).__name__) from error

    def rows(self, sql: str, params: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of one query, in a transaction of its own."""
        with self.transaction() as connection:
            return connection.execute(sql, params).fetchall()

    def close(self) -> None:
        """Close all connections. Who asks again opens new ones."""
        self.engine.dispose()
        if "_single" in self.__dict__:
            self._single.dispose()


def _tells_of_the_server(cause: BaseException) -> bool:
    """Whether all connections are likely to share this failure; not a deadlock, a timeout, nor a pool that is used up.

    A pool that is thrown away while its connections are in use is made anew beside them, beyond its size.
    """
    if isinstance(cause, PoolTimeout):
        return False
    state = getattr(cause, "sqlstate", None)
    return state is None or state.startswith(_SERVER_GONE)


def _driver(connection: Any) -> psycopg.Connection[Any]:
    driver: psycopg.Connection[Any] = connection.connection.driver_connection
    return driver


def _engine(url: str, pool_size: int, statement_timeout: float, application: str, **more: Any) -> Engine:
    engine = create_engine(
        f"postgresql+psycopg://{url.partition('://')[2]}",
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        pool_recycle=600,
        pool_timeout=10,
        **more,
        hide_parameters=True,
        connect_args={
            "application_name": application,
            "connect_timeout": 5,
            "options": _options(statement_timeout),
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            # A network that swallows packets in the middle of a statement must not hold a worker for minutes.
            "tcp_user_timeout": 15_000,
        },
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "checkout", _look_at)
    return engine


def _options(statement_timeout: float) -> str:
    most = int(statement_timeout * 1000)
    return " ".join(
        (
            f"-c statement_timeout={most}ms -c timezone=UTC -c lock_timeout=10s",
            # What waits for a lock must see what was committed meanwhile, whatever a server's own default is.
            r"-c default_transaction_isolation=read\ committed",
            # Who falls silent in a transaction holds locks, and work that nobody else may take. By itself a server
            # notices after two hours that a machine is gone, and that a process stands still never.
            f"-c idle_in_transaction_session_timeout={most}ms",
            "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3",
        )
    )


def _prepare(connection: Any, record: Any) -> None:
    driver = getattr(connection, "driver_connection", connection)
    set_json_loads(orjson.loads, driver)
    set_json_dumps(orjson.dumps, driver)
    teach(driver)
    look = select.poll()
    look.register(driver.fileno(), select.POLLIN)
    record.info[_LOOK] = look


def _look_at(_connection: Any, record: Any, _fairy: Any) -> None:
    """Replace a connection that has ended while it rested, as a restart of the server ends all, before it is used.

    A server says nothing unasked but that it leaves, and that lies here already: a look costs a microsecond or two,
    where asking would add a round trip to each transaction.
    """
    if record.info[_LOOK].poll(0):
        raise DisconnectionError("the server has left")
