"""Deleting what is old and over, some rows at a time, where it does not go with a whole month."""

from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from models.partitions import Divided, first_id

#: A delivery that is over. One that was given up waits for a person as long as its dead letter does; letters of before
#: do not name their row, and are known by their time. All their times are put together once and searched: compared one
#: by one, ten thousand letters would take a minute, and no step would end in its time.
OVER: Final = """
    (r.status IN ('sent', 'dropped') OR r.status = 'given_up'
      AND NOT EXISTS (SELECT FROM dead_letters l WHERE l.status = 'dead' AND l.row_id = r.event_id)
      AND NOT coalesce(r.finished_at <@ (
        SELECT range_agg(tstzrange(l.created_at, greatest(l.last_at, l.created_at), '[]')) FROM dead_letters l
         WHERE l.status = 'dead' AND l.row_id IS NULL AND l.queue = 'deliveries'), false))
"""
_OLD: Final = f"r.event_id < %(before)s AND {OVER}"
#: So many are counted.
ENOUGH: Final = 100_000
_DELETE: Final = """
    DELETE FROM {table} WHERE ctid = ANY(ARRAY(
      SELECT r.ctid FROM {table} r WHERE {old} ORDER BY r.{column} LIMIT %(limit)s FOR UPDATE OF r SKIP LOCKED))
"""


def delete_deliveries(connection: Connection[Any], before: datetime, limit: int) -> int:
    """Delete deliveries that are over, of events from before a moment, the oldest first; tells how many."""
    return _delete(connection, "deliveries", "event_id", _OLD, {"before": first_id(before), "limit": limit})


def count_deliveries(connection: Connection[Any], before: datetime) -> int:
    """How many there are to be deleted, up to `ENOUGH`."""
    sql = f"SELECT count(*) FROM (SELECT FROM deliveries r WHERE {_OLD} LIMIT {ENOUGH}) o"  # noqa: S608 - our own words
    ((count,),) = connection.execute(sql, {"before": first_id(before)}).fetchall()
    return int(count)


def delete_strays(connection: Connection[Any], divided: Divided, before: datetime, limit: int) -> int:
    """The same for what lies in the part of a table that is for everything else."""
    old = f"r.{divided.column} < %(before)s AND NOT ({divided.waits})"
    params = {"before": divided.bound(before), "limit": limit}
    return _delete(connection, f"{divided.table}_default", divided.column, old, params)


def _delete(connection: Connection[Any], table: str, column: str, old: str, params: dict[str, Any]) -> int:
    return connection.execute(_DELETE.format(table=table, column=column, old=old), params).rowcount
