"""The tables as declared are the tables that the migrations make."""

from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from models import schema
from models.database import Database
from models.tables import METADATA


def test_what_is_declared_is_what_migrations_make(fresh_database: Callable[..., str]) -> None:
    database = Database(fresh_database(), pool_size=1)
    try:
        schema.migrate(database)
        with database.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    finally:
        database.close()


def test_checks_are_declared_as_migrations_make_them(fresh_database: Callable[..., str]) -> None:
    migrated, declared = (Database(fresh_database(), pool_size=1) for _ in range(2))
    constraints = """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace AND contype = 'c' AND conrelid <> 0 ORDER BY 1, 2
    """
    try:
        schema.migrate(migrated)
        METADATA.create_all(declared.engine)
        assert migrated.rows(constraints) == declared.rows(constraints)
    finally:
        migrated.close()
        declared.close()
