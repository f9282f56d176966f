"""How PostgreSQL itself does, as far as our own role may see: enough to tell a full or a stuck database by."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.errors import TransientError
from models.database import Database

_DATABASE: Final = """
    SELECT pg_database_size(datname), xact_commit, xact_rollback, deadlocks, blks_hit, blks_read,
           current_setting('max_connections')::int
      FROM pg_stat_database WHERE datname = current_database()
"""
_SESSIONS: Final = """
    SELECT coalesce(state, 'unknown'), count(*), extract(epoch FROM now() - min(xact_start))::float8
      FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1
"""
_TABLES: Final = """
    SELECT coalesce(w.relname, s.relname), sum(n_live_tup)::bigint, sum(n_dead_tup)::bigint,
           sum(pg_total_relation_size(s.relid))::bigint
      FROM pg_stat_user_tables s LEFT JOIN pg_inherits i ON i.inhrelid = s.relid
      LEFT JOIN pg_class w ON w.oid = i.inhparent
     WHERE schemaname = current_schema() GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class ServerCollector(Collector):
    """Asks PostgreSQL's own statistics. Several schedulers show the same: take the largest, never the sum."""

    database: Database

    def collect(self) -> Iterator[Metric]:
        """Ask once for all; while the database is away, that it is."""
        try:
            ((size, commits, rollbacks, deadlocks, hit, read, most),) = self.database.rows(_DATABASE)
            sessions, tables = self.database.rows(_SESSIONS), self.database.rows(_TABLES)
        except TransientError:
            yield _gauge("payments_database_up", "1 if PostgreSQL answers", 0)
            return
        yield _gauge("payments_database_up", "1 if PostgreSQL answers", 1)
        yield _gauge("payments_database_size_bytes", "What the database takes on disk", size)
        yield _gauge("payments_database_connections_limit", "Connections that PostgreSQL takes", most)
        yield _counter("payments_database_commits", "Transactions committed", commits)
        yield _counter("payments_database_rollbacks", "Transactions rolled back", rollbacks)
        yield _counter("payments_database_deadlocks", "Transactions that waited for each other", deadlocks)
        yield _counter("payments_database_blocks_hit", "Blocks found in memory", hit)
        yield _counter("payments_database_blocks_read", "Blocks read from disk", read)
        yield from _sessions(sessions)
        yield from _tables(tables)

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked for when it is registered."""
        return iter(())


def _sessions(rows: list[tuple[Any, ...]]) -> Iterator[Metric]:
    connections = GaugeMetricFamily("payments_database_connections", "Connections by what they do", labels=["state"])
    for state, count, _ in rows:
        connections.add_metric([state], count)
    yield connections
    oldest = max((seconds for _, _, seconds in rows if seconds is not None), default=0.0)
    yield _gauge("payments_database_oldest_transaction_seconds", "Age of the oldest open transaction", oldest)


def _tables(rows: list[tuple[Any, ...]]) -> Iterator[Metric]:
    families = [
        GaugeMetricFamily("payments_database_table_rows", "Rows, as estimated", labels=["table"]),
        GaugeMetricFamily("payments_database_table_dead_rows", "Rows that vacuum is to clear", labels=["table"]),
        GaugeMetricFamily("payments_database_table_bytes", "Disk, with indexes", labels=["table"]),
    ]
    for table, *figures in rows:
        for family, figure in zip(families, figures, strict=True):
            family.add_metric([table], figure)
    yield from families


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def _counter(name: str, meaning: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name, meaning, value=value)
