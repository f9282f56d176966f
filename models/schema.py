"""Bringing the database to the current schema, and telling whether it is."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from models.database import Database

#: Whoever migrates holds this advisory lock; a second one waits for it and finds nothing left to do.
_LOCK: Final = 0x6761_7665_6C70_6179


def migrate(database: Database) -> tuple[str | None, str]:
    """Bring the database to the current schema. Safe to run twice, and at the same time from two machines.

    Returns:
        The revisions before and after.
    """
    with database.engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '5min'; SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        before = _revision(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return before, _head()


def is_current(database: Database) -> bool:
    """Whether the database has the schema that this release needs."""
    with database.engine.connect() as connection:
        return _revision(connection) == _head()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _head() -> str:
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
