"""The migrations lead to the tables that the code describes."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from models import schema
from models.database import Database
from models.tables import METADATA


def test_a_migrated_database_has_the_tables_that_the_code_describes(database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    try:
        schema.migrate(database)
        assert schema.is_current(database)
        with database.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    finally:
        database.close()
