"""The migrations make the tables that the code describes."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from models import schema
from models.database import Database
from models.tables import METADATA


def test_the_migrated_database_and_the_tables_agree(database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    try:
        before, after = schema.migrate(database)
        assert before is None
        assert schema.migrate(database) == (after, after)
        with database.engine.connect() as connection:
            differences = compare_metadata(MigrationContext.configure(connection), METADATA)
        assert differences == []
    finally:
        database.close()
