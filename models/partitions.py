"""Tables that are kept by the month: what months there are, making those to come, and letting go of old ones.

Stripe's events are divided by when Stripe created them, outgoing events by their ids, which begin with their time. What
belongs to no month that there is lies in a part of its own, so that nothing is ever refused; it is empty as a rule.
See ADR 0028.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from psycopg import Connection
from psycopg.errors import LockNotAvailable

from domain.errors import TransientError
from domain.ids import uuid7
from domain.retention import month_of, months_to_come
from models.database import Database, DatabaseUnavailable

T = TypeVar("T")

#: How long a lock is waited for, and how often: whoever comes meanwhile waits behind us, and passes in between.
_PATIENCE: Final = "SET LOCAL lock_timeout = '200ms'"
_TRIES: Final = 5
#: Who makes a month holds this advisory lock; a second one finds it made.
_LOCK: Final = 0x6761_7665_6C6D_6F6E
#: More rows are not carried from one part to another while everybody waits.
MOST_CARRIED: Final = 10_000
#: The name of a part that belongs to its table no more ends so.
_PUT_OFF: Final = "_put_off"

_PARTS: Final = """
    SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), greatest(c.reltuples, 0)::bigint,
           pg_total_relation_size(c.oid)
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass ORDER BY c.relname
"""
_BOUNDS: Final = re.compile(r"FROM \((?:MINVALUE|'(.+?)')\) TO \('(.+?)'\)")


class TableInUse(TransientError):
    """Somebody reads a table for long, as a backup does, so that it cannot be given another shape now."""

    code = "table_in_use"


@dataclass(frozen=True, slots=True)
class Divided:
    """A table that is divided by the month."""

    table: str
    #: The column by which it is, how a moment is written there, and how it is read.
    column: str
    bound: Callable[[datetime], str]
    moment: Callable[[str], datetime]
    #: What somebody still waits for, of rows `r`: it is kept whatever its age.
    waits: str
    #: The ids of that in one part, found by an index; of a time before `{ends}`.
    waiting: str
    #: A key that each part has for itself.
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a table: a month as a rule. One without an end holds what is of no other part."""

    name: str
    begins: datetime | None
    ends: datetime | None
    #: About how many rows it has, by what the server counted last, and its size in bytes with its indexes.
    rows: int = 0
    size: int = 0


def first_id(at: datetime) -> UUID:
    """The first UUIDv7 of a moment."""
    return uuid7(at, lambda _bits: 0)


def _time_of(bound: str) -> datetime:
    return datetime.fromtimestamp((UUID(bound).int >> 80) / 1000, UTC)


EVENTS: Final = Divided(
    "webhook_events",
    "created",
    datetime.isoformat,
    datetime.fromisoformat,
    "r.status IN ('waiting', 'set_aside')",
    "SELECT id FROM {part} WHERE status = 'waiting' UNION ALL SELECT id FROM {part} WHERE status = 'set_aside'",
)
OUTGOING: Final = Divided(
    "outbox",
    "id",
    lambda at: str(first_id(at)),
    _time_of,
    # Deliveries that are over go first.
    "EXISTS (SELECT FROM deliveries d WHERE d.event_id = r.id)",
    "SELECT DISTINCT event_id FROM deliveries WHERE event_id < '{ends}'",
    key="auction_id, order_no",
)
DIVIDED: Final = (EVENTS, OUTGOING)


def parts(connection: Connection[Any], divided: Divided) -> list[Part]:
    """The parts of a table, by their names."""
    found = []
    for name, bounds, rows, size in connection.execute(_PARTS, (divided.table,)):
        match = _BOUNDS.search(bounds)
        begins, ends = (one and divided.moment(one) for one in match.groups()) if match else (None, None)
        found.append(Part(name, begins or None, ends or None, rows, size))
    return found


def patiently(database: Database, act: Callable[[Connection[Any]], T]) -> T:
    """Do something in a transaction of its own, again if a lock cannot be had.

    Raises:
        TableInUse: it could not be had.
        DatabaseUnavailable: the database is away.
    """
    for _ in range(_TRIES):
        try:
            with database.transaction() as connection:
                return act(connection)
        except DatabaseUnavailable as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            held = error
    raise TableInUse("somebody has been reading the table for long") from held


def make_ready(database: Database, now: datetime) -> list[datetime]:
    """Make the months that must be ready; tells which were made.

    Raises:
        TableInUse, DatabaseUnavailable: what was made stays made.
    """
    made = []
    for divided in DIVIDED:
        with database.transaction() as connection:
            months = missing(connection, divided, now)
        made += [month for month in months if patiently(database, partial(make, divided=divided, month=month))]
    return made


def missing(connection: Connection[Any], divided: Divided, now: datetime) -> list[datetime]:
    """The months that must be ready and are not."""
    return missing_at(connection, divided, months_to_come(now))


def missing_at(connection: Connection[Any], divided: Divided, months: Iterable[datetime]) -> list[datetime]:
    """Which of these months there is no part for."""
    there = parts(connection, divided)
    return [
        month
        for month in months
        if not any(part.ends and month < part.ends and (part.begins is None or part.begins <= month) for part in there)
    ]


def make(connection: Connection[Any], divided: Divided, month: datetime) -> bool:
    """Make a month. What is of it and lies in the part for everything else is carried over.

    Must be the only thing that its transaction does; others wait for it some milliseconds. See `patiently`.

    Returns:
        False if that would be more than `MOST_CARRIED` rows: they stay, and so does what will come of that month.
    """
    table, name = divided.table, f"{divided.table}_{month:%Y_%m}"
    begins, ends = divided.bound(month), divided.bound(month_of(month, 1))
    own = f"{divided.column} >= '{begins}' AND {divided.column} < '{ends}'"
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    if month not in missing_at(connection, divided, [month]):
        return True
    _do(connection, _PATIENCE)
    _do(connection, f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
    if divided.key:
        _do(connection, f"ALTER TABLE {name} ADD UNIQUE ({divided.key})")
    _do(connection, f"LOCK TABLE ONLY {table} IN SHARE UPDATE EXCLUSIVE MODE")
    _do(connection, f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE")
    ((strays,),) = connection.execute(
        f"SELECT count(*) FROM (SELECT FROM {table}_default WHERE {own} LIMIT {MOST_CARRIED + 1}) s".encode()  # noqa: S608
    ).fetchall()
    if strays > MOST_CARRIED:
        _do(connection, f"DROP TABLE {name}")
        return False
    if strays:
        carried = f"DELETE FROM {table}_default WHERE {own} RETURNING *"  # noqa: S608 - our own words
        _do(connection, f"WITH carried AS ({carried}) INSERT INTO {name} SELECT * FROM carried")  # noqa: S608
    _do(connection, f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{begins}') TO ('{ends}')")
    return True


def put_off(connection: Connection[Any], divided: Divided, part: Part) -> int | None:
    """Take a part from its table, but for what somebody waits for: that is carried to the part for everything else.

    Must be the only thing that its transaction does; others wait for it some milliseconds. See `patiently`.

    Returns:
        How many rows stay; None if they are more than `MOST_CARRIED`: then all of the part does.
    """
    if part.ends is None or len(_waiting(connection, divided, part)) > MOST_CARRIED:
        return None
    _do(connection, _PATIENCE)
    _do(connection, f"ALTER TABLE {divided.table} DETACH PARTITION {part.name}")
    stay = _waiting(connection, divided, part)
    kept = f"INSERT INTO {divided.table} SELECT * FROM {part.name} WHERE id = ANY(%s)"  # noqa: S608 - our own words
    stays = connection.execute(kept.encode(), (stay,)).rowcount
    _do(connection, f"ALTER TABLE {part.name} RENAME TO {part.name}{_PUT_OFF}")
    return stays


def _waiting(connection: Connection[Any], divided: Divided, part: Part) -> list[UUID]:
    ends = part.ends and divided.bound(part.ends)
    sql = f"{divided.waiting.format(part=part.name, ends=ends)} LIMIT {MOST_CARRIED + 1}"
    return [row[0] for row in connection.execute(sql.encode())]


def drop_put_off(connection: Connection[Any]) -> dict[str, int]:
    """Drop what was taken from its table, now or before a crash.

    Returns:
        How many rows each table has lost.
    """
    tables = "|".join(one.table for one in DIVIDED)
    names = connection.execute(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = current_schema() AND relkind = 'r' AND NOT relispartition AND relname ~ %s",
        (f"^({tables})_[0-9a-z_]+{_PUT_OFF}$",),
    ).fetchall()
    lost: Counter[str] = Counter()
    for (name,) in names:
        table = next(one.table for one in DIVIDED if name.startswith(f"{one.table}_"))
        ((rows,),) = connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchall()  # noqa: S608 - our words
        lost[table] += rows
        _do(connection, f"DROP TABLE {name}")
    return lost


def _do(connection: Connection[Any], statement: str) -> None:
    connection.execute(statement.encode())
