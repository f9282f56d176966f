"""A connection that is made for many small statements: prepared once, and sent together while nobody waits for one.

What use cases ask of a connection (`execute`, and rows from it) is the same here, and so are the statements and what
the server does with them. Only the way there is shorter: runs are made of round trips, and most of what one costs
otherwise is looking at types and waiting in a way that can be interrupted.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from models.arrays import Packed

_PLACE: Final = re.compile(r"%(?:\((\w+)\))?([sbt%])")
_DONE: Final = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
#: PostgreSQL's numbers of types, where a statement alone does not tell them.
_TYPES: Final[Mapping[type, int]] = {
    int: 20,
    bool: 16,
    bytes: 17,
    datetime: 1184,
    timedelta: 1186,
    UUID: 2950,
    Decimal: 1700,
}


def _duration(value: timedelta) -> str:
    return f"{value.days}d {value.seconds}s {value.microseconds}us"


#: How values are written; words are escaped where they stand in an array.
_WRITTEN: Final[Mapping[type, Callable[[Any], str]]] = {
    str: str,
    int: str,
    bool: lambda value: "t" if value else "f",
    bytes: lambda value: "\\x" + value.hex(),
    datetime: datetime.isoformat,
    timedelta: _duration,
    UUID: str,
    Decimal: str,
    float: repr,
}
#: Whatever is written of these needs no quotes in an array.
_PLAIN: Final = frozenset({int, bool, UUID, float, Decimal})


class Rows:
    """What a statement gave. Asking for it has all that was sent before answered."""

    __slots__ = ("_count", "_line", "_rows")

    def __init__(self, line: "Line") -> None:
        self._line: Line | None = line
        self._rows: list[tuple[Any, ...]] = []
        self._count = -1

    @property
    def rowcount(self) -> int:
        """How many rows it found or changed."""
        self._answered()
        return self._count

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""
        self._answered()
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """The first row."""
        self._answered()
        return self._rows[0] if self._rows else None

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        self._answered()
        return iter(self._rows)

    def take(self, rows: list[tuple[Any, ...]], count: int) -> None:
        """Hear the answer."""
        self._line, self._rows, self._count = None, rows, count

    def _answered(self) -> None:
        if self._line is not None:
            self._line.sync()


class Line:
    """A connection, as use cases ask it. Transactions are its owner's.

    Args:
        driver: an open connection in autocommit.
    """

    __slots__ = ("_known", "_sent", "_transformer", "driver", "pgconn", "told")

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self.driver, self.pgconn = driver, driver.pgconn
        #: The time that the server was told last.
        self.told: datetime | None = None
        self._transformer = Transformer(driver)
        self._known: dict[tuple[str, tuple[int, ...]], bytes] = {}
        #: What the server has not answered yet.
        self._sent: list[Rows | None] = []

    def execute(
        self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None, *, binary: bool = False
    ) -> Rows:
        """Send a statement; it is answered together with those before it when somebody asks for what it gave."""
        values: list[Any] = []
        if params is None:
            sql = query.encode()
        else:
            sql, places = _read(query)
            known: Any = params
            values = [known[place] for place in places]
        types = tuple(map(_type_of, values))
        name = self._known.get((query, types))
        self.pgconn.enter_pipeline_mode()
        if name is None:
            name = self._known[query, types] = b"s%d" % len(self._known)
            self.pgconn.send_prepare(name, sql, types)
            self._sent.append(None)
        rows = Rows(self)
        forms = [1 if type(value) is Packed else 0 for value in values]
        self.pgconn.send_query_prepared(name, list(map(_write, values)), forms, int(binary))
        self._sent.append(rows)
        return rows

    def commit(self) -> None:
        """Have everything answered and kept.

        Raises:
            psycopg.Error: the server refused something; nothing is kept.
        """
        self.execute("COMMIT")
        self.sync()

    def rollback(self) -> None:
        """Have nothing kept."""
        with suppress(psycopg.Error):
            self.sync()
        self.execute("ROLLBACK")
        self.sync()

    def sync(self) -> None:
        """Have everything answered that was sent.

        Raises:
            psycopg.Error: the server refused something; what came after that was not done.
        """
        sent, self._sent = self._sent, []
        if not sent:
            return
        self.pgconn.pipeline_sync()
        refused = None
        for rows in sent:
            result = self.pgconn.get_result()
            self.pgconn.get_result()  # nothing: the end of this one
            if result is None or result.status not in _DONE:
                refused = refused or result
            elif rows is not None:
                self._answer(rows, result)
        self.pgconn.get_result()  # the end of all
        if refused is not None:
            raise error_from_result(refused)

    def cursor(self, name: str) -> Any:
        """A cursor that stays on the server, in the transaction that is open."""
        self.sync()
        self.pgconn.exit_pipeline_mode()
        return self.driver.cursor(name)

    def _answer(self, rows: Rows, result: Any) -> None:
        if result.status == ExecStatus.COMMAND_OK:
            rows.take([], result.command_tuples or 0)
            return
        self._transformer.set_pgresult(result)
        rows.take(self._transformer.load_rows(0, result.ntuples, tuple), result.ntuples)


@cache
def _read(query: str) -> tuple[bytes, list[str | int]]:
    """A statement with numbers for its places, and which parameter goes into each."""
    places: list[str | int] = []

    def numbered(found: re.Match[str]) -> str:
        name, kind = found.groups()
        if kind == "%":
            return "%"
        place: str | int = len(places) if name is None else name
        if place not in places:
            places.append(place)
        return f"${places.index(place) + 1}"

    return _PLACE.sub(numbered, query).encode(), places


def _type_of(value: Any) -> int:
    return _TYPES.get(type(value), 0)


def _write(value: Any) -> bytes | None:
    if value is None:
        return None
    kind = type(value)
    if kind is Packed:
        return bytes(value)
    if kind is list:
        return _array(value).encode()
    write = _WRITTEN.get(kind)
    return _plain(value).encode() if write is None else write(value).encode()


def _plain(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    raise TypeError(f"{type(value).__name__} is not known here")


def _array(values: list[Any]) -> str:
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    kind = type(value)
    write = _WRITTEN.get(kind)
    text = _plain(value) if write is None else write(value)
    if kind in _PLAIN:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
