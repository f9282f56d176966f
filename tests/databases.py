"""A database of its own for each test, copied from a template that is prepared once in a run."""

import secrets
import zlib
from collections.abc import Callable
from typing import Final, LiteralString, Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

#: Copies files and no log: 37 ms of processor, and 3 to drop, for a template of 25 tables; WAL_LOG takes 80 and 16.
#: Checkpoints come with it, and cost little on a server that never waits for the disk.
STRATEGY: Final = "FILE_COPY"


class Databases:
    """Makes and drops databases on the shared server. `admin_url` is its maintenance database.

    Used by one thread; close it, or use it as a context.
    """

    def __init__(self, admin_url: str) -> None:
        self._admin_url = admin_url
        self._admin = psycopg.connect(admin_url, autocommit=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._admin.close()

    def create(self, template: str | None = None) -> str:
        """Make a database, empty or like the template, and return its address."""
        name = f"test_{secrets.token_hex(6)}"
        self._do("CREATE DATABASE {} TEMPLATE {} STRATEGY " + STRATEGY, name, template or "template0")
        return self._url_of(name)

    def drop(self, url: str) -> None:
        """Drop a database, whoever may still be connected to it."""
        name = _name_of(url)
        try:
            self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        except psycopg.errors.InsufficientPrivilege:
            # The server vacuums it just now. Force may not end that; a drop without force sends it away.
            self._admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = current_user",
                [name],
            )
            self._do("DROP DATABASE IF EXISTS {}", name)

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """Return the name of a template that `prepare(url)` filled: once, whichever xdist worker comes first."""
        name = f"template_{name}"
        key = zlib.crc32(name.encode())
        self._admin.execute("SELECT pg_advisory_lock(%s)", [key])
        try:
            if not self._admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                self._make_template(name, prepare)
        finally:
            self._admin.execute("SELECT pg_advisory_unlock(%s)", [key])
        return name

    def _make_template(self, name: str, prepare: Callable[[str], None]) -> None:
        draft = self.create()
        try:
            prepare(draft)
            # A copy waits until everybody has left its source: let nobody in from now on.
            self._do("ALTER DATABASE {} ALLOW_CONNECTIONS false", _name_of(draft))
            self._admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [_name_of(draft)]
            )
            self._do("ALTER DATABASE {} RENAME TO {}", _name_of(draft), name)
        except BaseException:
            self.drop(draft)
            raise

    def _do(self, statement: LiteralString, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _url_of(self, name: str) -> str:
        return urlunsplit(urlsplit(self._admin_url)._replace(path=f"/{name}"))


def _name_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
