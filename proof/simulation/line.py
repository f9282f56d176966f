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
from functools import cache
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from models.arrays import Packed
from proof.simulation.values import writer

#: What a statement writes, also within a WITH. `FOR UPDATE OF r` finds a table that is none.
_WRITES: Final = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")
_PLACE: Final = re.compile(r"%(?:\((\w+)\))?([sbt%])")
#: What PostgreSQL takes only before the first query of a transaction.
_BEFORE_ALL: Final = "SET TRANSACTION"
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


class _Prepared:
    """A statement as the server has it, for values of certain types."""

    __slots__ = ("forms", "name", "reader", "write", "writes")

    def __init__(self, name: bytes, query: str, kinds: tuple[type, ...], driver: psycopg.Connection[Any]) -> None:
        self.name = name
        #: The tables that it writes.
        self.writes = frozenset(_WRITES.findall(query))
        self.write: list[Callable[[Any], bytes | None]] = [writer(kind) for kind in kinds]
        self.forms = [1 if kind is Packed else 0 for kind in kinds]
        #: Reads its rows. Which columns they have is settled by the first answer.
        self.reader = _Reader(driver)


class _Reader:
    """Makes values of what a statement gives."""

    __slots__ = ("_is_ready", "_transformer")

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._transformer = Transformer(driver)
        self._is_ready = False

    def __call__(self, result: Any) -> list[tuple[Any, ...]]:
        count: int = result.ntuples
        if not count:
            return []
        self._transformer.set_pgresult(result, set_loaders=not self._is_ready)
        self._is_ready = True
        return self._transformer.load_rows(0, count, tuple)


class Line:
    """A connection, as use cases ask it. Transactions are its owner's.

    Args:
        driver: an open connection in autocommit.
        written: learns which tables are written.
    """

    __slots__ = (
        "_is_piped",
        "_made",
        "_names",
        "_new",
        "_prepared",
        "_sent",
        "_to_tell",
        "_written",
        "driver",
        "pgconn",
        "told",
    )

    def __init__(self, driver: psycopg.Connection[Any], written: set[str]) -> None:
        self.driver, self.pgconn, self._written = driver, driver.pgconn, written
        #: The time that the server was told last.
        self.told: datetime | None = None
        self._to_tell: datetime | None = None
        self._prepared: dict[tuple[str, tuple[type, ...]], _Prepared] = {}
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}
        #: What the server has not answered yet, and what reads it.
        self._sent: list[tuple[Rows, _Reader] | None] = []
        self._is_piped = False
        #: How many statements were ever prepared, and which of them are not answered yet.
        self._made, self._new = 0, set[bytes]()

    def execute(
        self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None, *, binary: bool = False
    ) -> Rows:
        """Send a statement; it is answered together with those before it when somebody asks for what it gave.

        Whoever asks for a statement in binary form, or not, always does.
        """
        if self._to_tell is not None and not query.startswith(_BEFORE_ALL):
            now, self._to_tell = self._to_tell, None
            self.execute("SELECT set_config('gavelpay.now', %s, false)", (now.isoformat(),))
        values: Sequence[Any] = ()
        if params:
            known: Any = params
            values = [known[place] for place in _read(query)[1]]
        kinds = tuple(map(type, values))
        if not self._is_piped:
            self.pgconn.enter_pipeline_mode()
            self._is_piped = True
        prepared = self._prepared.get((query, kinds))
        if prepared is None:
            prepared = self._prepare(query, kinds, bare=params is None)
        rows = Rows(self)
        written = [write(value) for write, value in zip(prepared.write, values, strict=True)]
        self.pgconn.send_query_prepared(prepared.name, written, prepared.forms, 1 if binary else 0)
        self._sent.append((rows, prepared.reader))
        self._written |= prepared.writes
        return rows

    def tell(self, now: datetime) -> None:
        """Tell the server the time, if it is another one, with the first thing that the transaction asks."""
        self._to_tell = None if self.told == now else now

    def _prepare(self, query: str, kinds: tuple[type, ...], *, bare: bool) -> _Prepared:
        types = tuple(_TYPES.get(kind, 0) for kind in kinds)
        name = self._names.get((query, types))
        if name is None:
            self._made += 1
            name = self._names[query, types] = b"s%d" % self._made
            self._new.add(name)
            self.pgconn.send_prepare(name, query.encode() if bare else _read(query)[0], types)
            self._sent.append(None)
        made = self._prepared[query, kinds] = _Prepared(name, query, kinds, self.driver)
        return made

    def commit(self) -> None:
        """Have everything answered and kept.

        Where all is answered already nothing is left that could be refused: then nobody waits for the end either, and
        it is sent with what comes next on this line.

        Raises:
            psycopg.Error: the server refused something; nothing is kept.
        """
        all_is_answered = not self._sent
        self.execute("COMMIT")
        if not all_is_answered:
            self.sync()

    def rollback(self) -> None:
        """Have nothing kept."""
        self._to_tell = None
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
        get = self.pgconn.get_result
        for asked in sent:
            result = get()
            get()  # nothing: the end of this one
            if result is None or result.status not in _DONE:
                refused = refused or result
            elif asked is not None:
                rows, reader = asked
                if result.status == ExecStatus.COMMAND_OK:
                    rows.take([], result.command_tuples or 0)
                else:
                    rows.take(reader(result), result.ntuples)
        self.pgconn.get_result()  # the end of all
        new, self._new = self._new, set()
        if refused is not None:
            # What was to be prepared after that was not.
            self._names = {asked: name for asked, name in self._names.items() if name not in new}
            self._prepared = {asked: one for asked, one in self._prepared.items() if one.name not in new}
            raise error_from_result(refused)

    def cursor(self, name: str) -> Any:
        """A cursor that stays on the server, in the transaction that is open."""
        self.sync()
        self.pgconn.exit_pipeline_mode()
        self._is_piped = False
        return self.driver.cursor(name)


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
