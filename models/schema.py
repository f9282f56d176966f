"""Bringing the database to the current schema, and telling whether it is."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from domain.errors import PermanentError
from models.database import Database, DatabaseUnavailable
from models.partitions import make_ready


class NotPermitted(PermanentError):
    """The database's role may not do this."""

    code = "not_permitted"


#: Whoever migrates holds this advisory lock; a second one waits for it and finds nothing left to do.
_LOCK: Final = 0x6761_7665_6C70_6179


def migrate(database: Database) -> tuple[str | None, str]:
    """Bring the database to the current schema. Safe to run twice, and at the same time from two machines.

    Where months are missing that are soon needed, they are made.

    One that a later release has brought further is left as it is: see `is_current`.

    Returns:
        The revisions before and after.

    Raises:
        DatabaseUnavailable: the server does not answer.
        NotPermitted: the role may not change the schema.
    """
    with _answering(database.engine.begin()) as connection:
        connection.execute(
            text(
                "SET LOCAL lock_timeout = '5min'; SET LOCAL statement_timeout = 0;"
                " SET LOCAL idle_in_transaction_session_timeout = 0"
            )
        )
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        before = _revision(connection)
        if _is_later(before):
            return before, before or ""
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        now = connection.scalar(text("SELECT now()"))
    make_ready(database, now)
    return before, _head()


def is_current(database: Database) -> bool:
    """Whether the database has the schema that this release needs, or that of a later release.

    While a release is rolled out, processes of the one before go on beside it, and when it is rolled back they are
    started again: each migration leaves the release before it able to work.
    """
    with _answering(database.engine.begin()) as connection:
        revision = _revision(connection)
    return revision == _head() or _is_later(revision)


@contextmanager
def _answering(opened: AbstractContextManager[Connection]) -> Iterator[Connection]:
    try:
        with opened as connection:
            yield connection
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise NotPermitted(f"this role may not change the schema: {error.orig}") from error
        raise DatabaseUnavailable(str(error.orig).strip()) from error


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _head() -> str:
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _is_later(revision: str | None) -> bool:
    """Whether a release made it that we do not know: revisions are one line, and ours are those that we have."""
    if revision is None:
        return False
    return revision not in {known.revision for known in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
