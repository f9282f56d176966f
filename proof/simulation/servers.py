"""A throw-away PostgreSQL for runs, with one database for each job, emptied between runs."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

import models
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


#: Whoever makes the template holds it.
_TEMPLATE_LOCK: Final = 0x7369_6D75
#: Each table with one that it refers to, or with none.
_REFERENCES: Final = """
    SELECT t.relname, r.relname FROM pg_class t
      LEFT JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype = 'f' AND c.confrelid <> t.oid
      LEFT JOIN pg_class r ON r.oid = c.confrelid
     WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace ORDER BY 1, 2
"""

#: What PostgreSQL would know of tables that are used: how many values an id has, and how few a kind. Knowing nothing it
#: looks for one auction's deliveries among all of an endpoint's.
_HINTS: Final = """
    SELECT pg_restore_attribute_stats(
             'schemaname', 'public', 'relname', c.relname::text, 'attname', a.attname::text, 'inherited', false,
             'null_frac', 0.0::real, 'avg_width', 16,
             'n_distinct', CASE WHEN a.attname ~ 'id$' THEN -0.5 ELSE 4 END::real)
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
       AND (a.attname ~ 'id$' OR a.attname IN ('endpoint', 'status', 'kind', 'type'))
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
        with psycopg.connect(superuser_url, autocommit=True) as admin:
            template = _template(admin, superuser_url)
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template))))
        url = _named(superuser_url, name)
        self._admin = psycopg.connect(url, autocommit=True)
        tables = self._admin.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"
        )
        names = [sql.Identifier(table) for (table,) in tables]
        self._emptying = sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names))
        self._admin.execute("SET session_replication_role = replica")
        self.lines = Lines(url)

    def empty(self) -> None:
        """Forget everything."""
        self.lines.settle()
        self._admin.execute(self._emptying)

    def close(self) -> None:
        """Close all connections."""
        self._admin.close()
        self.lines.close()


def _named(superuser_url: str, name: str) -> str:
    return urlsplit(superuser_url)._replace(path=f"/{quote(name)}").geturl()


def _template(admin: psycopg.Connection[Any], superuser_url: str) -> str:
    """The database that all of this schema are copied from: copying takes a tenth of making it."""
    steps = sorted((Path(models.__file__).parent / "migrations" / "versions").glob("*.py"))
    name = f"simulation_{sha256(b''.join(one.read_bytes() for one in steps)).hexdigest()[:16]}"
    draft = f"{name}_draft"
    admin.execute("SELECT pg_advisory_lock(%s)", (_TEMPLATE_LOCK,))
    try:
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchall():
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft)))
            admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(draft)))
            _make_tables(_named(superuser_url, draft))
            admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (draft, name))))
    finally:
        admin.execute("SELECT pg_advisory_unlock(%s)", (_TEMPLATE_LOCK,))
    return name


def _make_tables(url: str) -> None:
    database = Database(url, pool_size=1)
    try:
        schema.migrate(database)
        with database.transaction() as connection:
            for table in _dependents_first(database.rows(_REFERENCES)):
                connection.execute(sql.SQL("ALTER TABLE {} SET UNLOGGED").format(sql.Identifier(table)))
            connection.execute(_HINTS)
    finally:
        database.close()
