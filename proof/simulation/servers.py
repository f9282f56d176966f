"""A throw-away PostgreSQL for runs, with one database for each job, emptied between runs."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from models import schema
from models.database import Database
from proof.simulation.database import Lines
from sandbox.embedded import PostgresServer
from sandbox.embedded.cluster import SUPERUSER

_OPTIONS: Final = {
    # The same statements on the same rows must go the same way in every run.
    "autovacuum": "off",
    "max_parallel_workers_per_gather": "0",
    # Tables begin empty and grow; a plan that is made once must suit them when they are full.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    # Nobody looks at it, and nothing of it survives.
    "checkpoint_timeout": "1d",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "bgwriter_lru_maxpages": "0",
    "track_activities": "off",
    "track_counts": "off",
    "update_process_title": "off",
    "compute_query_id": "off",
}


@contextmanager
def throw_away_server() -> Iterator[str]:
    """A server whose data are gone when it stops; gives the address of its superuser."""
    with tempfile.TemporaryDirectory(prefix="gavelpay-simulate-") as folder:
        Path(folder).chmod(0o711)  # as root, PostgreSQL runs as somebody else
        with PostgresServer(Path(folder), durable=False, options=_OPTIONS) as server:
            yield server.socket_url_of("postgres", SUPERUSER)


#: Each table with one that it refers to, or with none.
_REFERENCES: Final = """
    SELECT t.relname, r.relname FROM pg_class t
      LEFT JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype = 'f' AND c.confrelid <> t.oid
      LEFT JOIN pg_class r ON r.oid = c.confrelid
     WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace ORDER BY 1, 2
"""


def _dependents_first(references: Iterable[tuple[str, str | None]]) -> list[str]:
    """Every table before those that it refers to."""
    graph: dict[str, set[str]] = {}
    for table, referred in references:
        graph.setdefault(table, set())
        if referred is not None:
            graph.setdefault(referred, set()).add(table)
    return list(TopologicalSorter(graph).static_order())


class EmptyDatabase:
    """A database with all tables and no row. `lines` may be used until it is emptied again.

    Its tables are not logged. That is quicker; and what PostgreSQL remembers of rows in passing, and with it the order
    in which it finds equal ones, does then not depend on how soon its log was written.

    Args:
        superuser_url: any database of the server, as its superuser: the audit trail refuses to be emptied.
        name: the database's.
    """

    def __init__(self, superuser_url: str, name: str) -> None:
        parts = urlsplit(superuser_url)
        url = parts._replace(path=f"/{quote(name)}").geturl()
        with psycopg.connect(superuser_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        database = Database(url, pool_size=1)
        try:
            schema.migrate(database)
            tables = database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            with database.transaction() as connection:
                for table in _dependents_first(database.rows(_REFERENCES)):
                    connection.execute(sql.SQL("ALTER TABLE {} SET UNLOGGED").format(sql.Identifier(table)))
        finally:
            database.close()
        names = (sql.Identifier(table) for (table,) in tables if table != "alembic_version")
        self._emptying = sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names))
        self._admin = psycopg.connect(url, autocommit=True)
        self._admin.execute("SET session_replication_role = replica")
        self.lines = Lines(url)

    def empty(self) -> None:
        """Forget everything."""
        self._admin.execute(self._emptying)

    def close(self) -> None:
        """Close all connections."""
        self._admin.close()
        self.lines.close()
