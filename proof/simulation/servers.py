"""A throw-away PostgreSQL for runs, with one database for each job, emptied between runs."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from models import schema
from models.database import Database
from sandbox.embedded import PostgresServer

_OPTIONS: Final = {
    # The same statements on the same rows must go the same way in every run.
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "max_parallel_workers_per_gather": "0",
}


@contextmanager
def throw_away_server() -> Iterator[PostgresServer]:
    """A server whose data are gone when it stops."""
    with tempfile.TemporaryDirectory(prefix="gavelpay-simulate-") as folder:
        Path(folder).chmod(0o711)  # as root, PostgreSQL runs as somebody else
        with PostgresServer(Path(folder), durable=False, options=_OPTIONS) as server:
            yield server


class EmptyDatabase:
    """A database with all tables and no row. `url` may be used until it is emptied again.

    Args:
        superuser_url: any database of the server, as its superuser: the audit trail refuses to be emptied.
        name: the database's.
    """

    def __init__(self, superuser_url: str, name: str) -> None:
        parts = urlsplit(superuser_url)
        self.url = parts._replace(path=f"/{quote(name)}").geturl()
        with psycopg.connect(superuser_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        database = Database(self.url, pool_size=1)
        try:
            schema.migrate(database)
            tables = database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        finally:
            database.close()
        self._tables = [table for (table,) in tables if table != "alembic_version"]

    def empty(self) -> None:
        """Forget everything."""
        names = sql.SQL(", ").join(map(sql.Identifier, self._tables))
        with psycopg.connect(self.url) as admin:
            admin.execute("SET session_replication_role = replica")
            admin.execute(sql.SQL("TRUNCATE {}").format(names))
