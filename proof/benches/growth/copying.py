"""A database of many payments with all their rows, made by SQL from few that the use cases have made.

A copy is a whole payment: every table's rows, with ids and names of their own that belong together as those of the
pattern do. What a copy holds encrypted is as large as the pattern's, and does not open; its audit chain does not
verify.
"""

from collections.abc import Iterator
from typing import Any, Final

from psycopg import Connection

from models.tables import METADATA

#: The pattern, from which all copies are made.
_PATTERN: Final = "bench_pattern_"
#: Rows that exist once, whatever the number of payments.
_ONCE: Final = frozenset({"endpoints", "cursors", "receipt_series", "queue_pauses", "processes", "reconciliation_runs"})
#: Words that tell one payment's rows from another's.
_NAMES: Final = frozenset(
    "auction_id buyer_id intake_key request_id idempotency_key stripe_checkout_id stripe_payment_intent_id"
    " stripe_charge_id stripe_event_id stripe_refund_id object_id dedupe_key number source_id".split()
)


def keep_pattern(connection: Connection[Any]) -> None:
    """Keep all rows that there are as the pattern."""
    for table in _tables():
        connection.execute(f"CREATE TABLE {_PATTERN}{table} AS TABLE {table}".encode())


def add_copy(connection: Connection[Any], number: int) -> None:
    """Add the pattern once more, as a superuser: its payments with all their rows."""
    # Rows are whole as they come: nothing is looked up, and an audit trail takes them.
    connection.execute("SET session_replication_role = replica")
    for name, columns in _tables().items():
        chosen = ", ".join(_chosen(name, column, kind, number) for column, kind in columns.items())
        connection.execute(
            f"INSERT INTO {name} ({', '.join(columns)}) SELECT {chosen} FROM {_PATTERN}{name} p".encode()  # noqa: S608
        )


def _tables() -> dict[str, dict[str, str]]:
    return {
        table.name: {column.name: str(column.type) for column in table.columns}
        for table in METADATA.sorted_tables
        if table.name not in _ONCE
    }


def _chosen(name: str, column: str, kind: str, number: int) -> str:
    if kind == "UUID":
        # The time in front stays: so ids lie as close together as they would.
        return f"overlay(p.{column}::text placing left(md5(p.{column}::text || '{number}'), 12) from 25)::uuid"
    if column in _NAMES or (name, column) == ("ledger_entries", "cause"):
        return f"p.{column} || '~{number}'"
    if column == "number_no":
        return f"p.{column} + {number} * (SELECT count(*) FROM {_PATTERN}receipts)"  # noqa: S608 - our own words
    return f"p.{column}"


def sizes(connection: Connection[Any]) -> Iterator[tuple[str, int, int]]:
    """For each table, with its parts: its name, the bytes of its rows, and those of its indexes."""
    found = connection.execute(
        """
        SELECT coalesce(w.relname, c.relname), sum(pg_table_size(c.oid))::bigint, sum(pg_indexes_size(c.oid))::bigint
          FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class w ON w.oid = i.inhparent
         WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace GROUP BY 1
        """
    )
    tables = _tables()
    return ((name, rows, indexes) for name, rows, indexes in found if name in tables)
