"""The rules that tables declare are the rules that migrations make; Alembic does not compare those."""

from collections.abc import Callable

from models import schema
from models.database import Database
from models.tables import METADATA


def test_checks_are_declared_as_migrations_make_them(fresh_database: Callable[..., str]) -> None:
    migrated, declared = (Database(fresh_database(), pool_size=1) for _ in range(2))
    constraints = """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace AND contype = 'c' AND conrelid <> 0
           AND conparentid = 0 AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = conrelid) ORDER BY 1, 2
    """
    try:
        schema.migrate(migrated)
        METADATA.create_all(declared.engine)
        assert migrated.rows(constraints) == declared.rows(constraints)
    finally:
        migrated.close()
        declared.close()
