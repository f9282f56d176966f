"""Every text and JSON column of every table in the database, ours or not, read in slices."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from psycopg import Connection, sql

#: Disk pages of 8 KB in a slice: some megabytes.
_SLICE: Final = 512

#: Strings of any kind (category S), JSON, XML, and arrays of them; materialized views hold data as well.
_COLUMNS: Final = """
    SELECT n.nspname, c.relname, has_table_privilege(c.oid, 'SELECT'), c.oid::bigint,
           array_agg(a.attname::text ORDER BY a.attnum),
           coalesce((SELECT array_agg(k.attname::text ORDER BY array_position(i.indkey::int2[], k.attnum))
                       FROM pg_index i JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey)
                      WHERE i.indrelid = c.oid AND i.indisprimary), ARRAY['ctid'])
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
     WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
       AND (coalesce(e.typcategory, t.typcategory) = 'S'
            OR coalesce(e.typname, t.typname) IN ('json', 'jsonb', 'xml', 'hstore', 'jsonpath'))
     GROUP BY c.oid, c.relname, n.nspname ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table with its text and JSON columns."""

    schema: str
    name: str
    readable: bool
    oid: int
    columns: list[str]
    #: What tells its rows apart.
    identity: list[str]


@dataclass(frozen=True, slots=True)
class TextValue:
    """A value that matched."""

    column: str
    row_id: str
    text: str


def text_tables(connection: Connection[Any]) -> list[TextTable]:
    """All tables that hold text."""
    return [TextTable(*row) for row in connection.execute(_COLUMNS)]


def matching_values(
    connection: Connection[Any], table: TextTable, pattern: str
) -> Iterator[tuple[int, int, list[TextValue]]]:
    """Every value of the table that a regular expression of PostgreSQL's finds, as it stands at one moment.

    Args:
        connection: in a transaction that has asked nothing yet.
        table: a readable one.
        pattern: what is looked for, by the server.

    Yields:
        Slice by slice: how many pages have been looked at, how many there are, and what matched.
    """
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    connection.execute("SET LOCAL statement_timeout = 0")
    connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    row = connection.execute(
        "SELECT pg_relation_size(%s::oid) / current_setting('block_size')::int", (table.oid,)
    ).fetchone()
    pages = int(row[0]) if row else 0
    statement = _statement(table)
    for first in range(0, pages, _SLICE):
        last = min(first + _SLICE, pages)
        params = {"first": f"({first},0)", "last": f"({last},0)", "pattern": pattern}
        found = connection.execute(statement, params)
        yield last, pages, [value for row in found for value in _values(table, row)]


def _statement(table: TextTable) -> sql.Composed:
    identity = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in table.identity)
    columns = [
        sql.SQL("CASE WHEN {0}::text ~ %(pattern)s THEN {0}::text END").format(sql.Identifier(name))
        for name in table.columns
    ]
    matches = sql.SQL(" OR ").join(
        sql.SQL("{}::text ~ %(pattern)s").format(sql.Identifier(name)) for name in table.columns
    )
    return sql.SQL(
        "SELECT concat_ws(':', {}), {} FROM {} WHERE ctid >= %(first)s::tid AND ctid < %(last)s::tid AND ({})"
    ).format(identity, sql.SQL(", ").join(columns), sql.Identifier(table.schema, table.name), matches)


def _values(table: TextTable, row: tuple[Any, ...]) -> Iterator[TextValue]:
    for column, text in zip(table.columns, row[1:], strict=True):
        if text is not None:
            yield TextValue(column, row[0], text)
