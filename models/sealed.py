"""Everything that is encrypted at rest, in every table, whatever a release may add: found by the mark of its column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import Connection

from models import records
from models.mapping import RecordTable, array_of
from models.sealing import FieldCipher, SealingError

#: How many bytes in front of a sealed value tell its key.
_ID: Final = 4

Identity = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How many values of a table are sealed under one key."""

    table: str
    key_id: str
    values: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A sealed value that none of our keys opens."""

    table: str
    column: str
    identity: Identity
    why: str


@dataclass(frozen=True, slots=True)
class SealedValue:
    """A value, opened."""

    column: str
    identity: Identity
    plaintext: bytes


def sealed_tables() -> list[RecordTable[Any]]:
    """Every table that has a sealed column."""
    tables = [one for one in vars(records).values() if isinstance(one, RecordTable)]
    return [table for table in tables if table.sealed]


def count_keys(connection: Connection[Any], table: RecordTable[Any]) -> list[KeyCount]:
    """How many values of this table are sealed under which key."""
    connection.execute("SET LOCAL statement_timeout = 0")
    each = " UNION ALL ".join(
        f"SELECT substr({column.name}, 1, {_ID}) AS key FROM {table.table.name} WHERE {column.name} IS NOT NULL"  # noqa: S608
        for column in table.sealed
    )
    rows = connection.execute(f"SELECT encode(key, 'hex'), count(*) FROM ({each}) v GROUP BY 1 ORDER BY 1")  # noqa: S608
    return [KeyCount(str(table.table.name), key_id, count) for key_id, count in rows]


def sample_keys(connection: Connection[Any], table: RecordTable[Any], rows: int) -> set[str]:
    """The keys under which the oldest and the newest rows are sealed: found in no time, however many there are."""
    ends = [
        f"(SELECT * FROM {table.table.name} ORDER BY {', '.join(f'{name} {order}' for name in table.identity)}"  # noqa: S608
        f" LIMIT {rows:d})"
        for order in ("ASC", "DESC")
    ]
    keys = ", ".join(f"(substr({column.name}, 1, {_ID}))" for column in table.sealed)
    sql = (
        f"SELECT DISTINCT encode(k.id, 'hex') FROM ({' UNION ALL '.join(ends)}) t, LATERAL (VALUES {keys}) k(id)"  # noqa: S608
        f" WHERE k.id IS NOT NULL"
    )
    return {key for (key,) in connection.execute(sql)}


def count_rows(connection: Connection[Any], table: RecordTable[Any]) -> int:
    """How many rows the table has."""
    connection.execute("SET LOCAL statement_timeout = 0")
    row = connection.execute(f"SELECT count(*) FROM {table.table.name}").fetchone()  # noqa: S608 - our own words
    return int(row[0]) if row else 0


def page(connection: Connection[Any], table: RecordTable[Any], after: Identity | None, size: int) -> list[Identity]:
    """The identities of the next rows, in their order."""
    names = ", ".join(table.identity)
    where = "" if after is None else f"WHERE ({names}) > ({', '.join(['%s'] * len(after))})"
    sql = f"SELECT {names} FROM {table.table.name} {where} ORDER BY {names} LIMIT {size:d}"  # noqa: S608
    return connection.execute(sql, after or ()).fetchall()


def open_values(
    connection: Connection[Any], table: RecordTable[Any], identities: Sequence[Identity], cipher: FieldCipher
) -> Iterator[SealedValue | Unreadable]:
    """Open every sealed value of these rows."""
    names = [column.name for column in table.sealed]
    for identity, values in _select(connection, table, identities, ""):
        for name, value in zip(names, values, strict=True):
            if value is None:
                continue
            try:
                yield SealedValue(name, identity, cipher.open(value, table.context(name, identity)))
            except SealingError as error:
                yield Unreadable(str(table.table.name), name, identity, str(error))


def stale(connection: Connection[Any], table: RecordTable[Any], cipher: FieldCipher, limit: int) -> list[Identity]:
    """Rows that hold something under another key than the first one."""
    connection.execute("SET LOCAL statement_timeout = 0")
    names = ", ".join(table.identity)
    sql = f"SELECT {names} FROM {table.table.name} t WHERE {_stale(table)} ORDER BY {names} LIMIT {limit:d}"  # noqa: S608
    return connection.execute(sql, {"key": cipher.current}).fetchall()


def reseal(
    connection: Connection[Any],
    table: RecordTable[Any],
    identities: Sequence[Identity],
    cipher: FieldCipher,
    *,
    wait: bool = False,
) -> tuple[int, list[Unreadable]]:
    """Encrypt what these rows hold under other keys than the first one again, under the first one.

    The rows are locked, so that nothing that a worker writes at the same time is lost. Rows that a worker has locked
    are passed by, unless `wait` is set: so that nobody waits in a circle, that is for one row at a time.

    Returns:
        How many values were encrypted again, and those that could not be opened.
    """
    names = [column.name for column in table.sealed]
    changed, unreadable, resealed = [], [], 0
    tail = f"WHERE {_stale(table)} FOR NO KEY UPDATE OF t {'' if wait else 'SKIP LOCKED'}"
    for identity, values in _select(connection, table, identities, tail, key=cipher.current):
        fresh = list(values)
        for place, (name, value) in enumerate(zip(names, values, strict=True)):
            if value is None or not cipher.needs_resealing(value):
                continue
            context = table.context(name, identity)
            try:
                fresh[place] = cipher.seal(cipher.open(value, context), context)
                resealed += 1
            except SealingError as error:
                unreadable.append(Unreadable(str(table.table.name), name, identity, str(error)))
        changed.append((identity, fresh))
    _write(connection, table, changed)
    return resealed, unreadable


def _stale(table: RecordTable[Any]) -> str:
    return "(" + " OR ".join(f"substr(t.{column.name}, 1, {_ID}) <> %(key)s" for column in table.sealed) + ")"


def _select(
    connection: Connection[Any], table: RecordTable[Any], identities: Sequence[Identity], tail: str, **params: Any
) -> Iterator[tuple[Identity, tuple[Any, ...]]]:
    sql = f"""
        SELECT {_of("t", table.identity)}, {_of("t", [column.name for column in table.sealed])}
          FROM {table.table.name} t JOIN {_unnested(table)} USING ({", ".join(table.identity)}) {tail}
    """  # noqa: S608 - our own words
    width = len(table.identity)
    for row in connection.execute(sql, _arrays(table, identities) | params).fetchall():
        yield row[:width], row[width:]


def _write(
    connection: Connection[Any], table: RecordTable[Any], changed: Sequence[tuple[Identity, Sequence[bytes | None]]]
) -> None:
    if not changed:
        return
    names = [column.name for column in table.sealed]
    values = {name: [row[place] for _, row in changed] for place, name in enumerate(names)}
    arrays = ", ".join(f"%({name})b::bytea[]" for name in names)
    same = " AND ".join(f"t.{name} = v.{name}" for name in table.identity)
    sql = f"""
        UPDATE {table.table.name} t SET {", ".join(f"{name} = v.{name}" for name in names)}
          FROM {_unnested(table, f", {arrays}", names)} WHERE {same}
    """  # noqa: S608 - our own words
    connection.execute(sql, _arrays(table, [identity for identity, _ in changed]) | values)


def _unnested(table: RecordTable[Any], arrays: str = "", names: Sequence[str] = ()) -> str:
    identity = ", ".join(f"%({name})b::{array_of(table.table.columns[name])}" for name in table.identity)
    return f"unnest({identity}{arrays}) AS v({', '.join([*table.identity, *names])})"


def _arrays(table: RecordTable[Any], identities: Sequence[Identity]) -> dict[str, Any]:
    return {name: [identity[place] for identity in identities] for place, name in enumerate(table.identity)}


def _of(alias: str, names: Sequence[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)
