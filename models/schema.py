"""Bringing the database to the current schema, and telling whether it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
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
from models.turns import Patience, Turns


class NotPermitted(PermanentError):
    """The database's role may not do this."""

    code = "not_permitted"


#: Whoever migrates holds this advisory lock; a second one waits for it and finds nothing left to do.
_LOCK: Final = 0x6761_7665_6C70_6179


def migrate(
    database: Database, *, patience: Patience | None = None, tell: Callable[[str], object] = lambda _: None
) -> tuple[str | None, str]:
    """Bring the database to the current schema. Safe to run twice, and at the same time from two machines.

    Beside others it may take long, and they do not: each migration is a transaction of its own, which gives way to
    whoever uses its tables. What was done stays done when a later one cannot be. Where months are missing that are soon
    needed, they are made.

    One that a later release has brought further is left as it is: see `is_current`.

    Args:
        database: whose schema it is. It must have two connections to give.
        patience: how long others are waited for.
        tell: hears who is waited for, again and again.

    Returns:
        The revisions before and after.

    Raises:
        DatabaseUnavailable: the server does not answer.
        TableInUse: others have used its tables for too long.
        NotPermitted: the role may not change the schema.
    """
    with _answering(), database.engine.connect() as connection:
        connection.detach()  # whatever happens, the lock goes with the connection
        turns = Turns(database, connection, patience or Patience(), tell)
        before = turns.take("gavelpay migrate", _revision_when_alone)
        if _is_later(before):
            return before, before or ""
        for revision in _missing(before):
            turns.take(f"migration {revision}", partial(_upgrade, revision=revision))
        turns.take("making months", lambda one: make_ready(database, one.scalar(text("SELECT now()"))))
    return before, _head()


def is_current(database: Database) -> bool:
    """Whether the database has the schema that this release needs, or that of a later release.

    While a release is rolled out, processes of the one before go on beside it, and when it is rolled back they are
    started again: each migration leaves the release before it able to work.
    """
    with _answering(), database.engine.begin() as connection:
        revision = _revision(connection)
    return revision == _head() or _is_later(revision)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise NotPermitted(f"this role may not change the schema: {error.orig}") from error
        raise DatabaseUnavailable(str(error.orig).strip()) from error


def _revision_when_alone(connection: Connection) -> str | None:
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
    return _revision(connection)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _missing(before: str | None) -> list[str]:
    """What is to be done, in its order. An empty database is filled at once: nobody uses it."""
    if before is None:
        return [_head()]
    steps = ScriptDirectory.from_config(_config()).iterate_revisions("head", before)
    return [step.revision for step in steps][::-1]


def _upgrade(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


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
