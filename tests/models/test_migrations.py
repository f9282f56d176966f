"""A migrated database has exactly the tables that the code describes."""

from collections.abc import Callable
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from models.database import Database
from models.tables import METADATA
from tests.house import prepare


def test_the_migrations_make_what_the_tables_say(fresh_database: Callable[..., str]) -> None:
    url = fresh_database()
    prepare(url)
    database = Database(url, pool_size=1)
    try:
        with database.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _tables})
            assert compare_metadata(context, METADATA) == []
    finally:
        database.close()


def _tables(_one: Any, name: str | None, kind: str, *_: Any) -> bool:
    return (kind, name) != ("table", "alembic_version")
