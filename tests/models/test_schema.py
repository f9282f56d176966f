"""The migrations: one line of them, safe from two places at once, ending in what the tables say."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from models import schema
from models.database import Database, DatabaseUnavailable
from models.partitions import TableInUse
from models.tables import METADATA
from models.turns import Patience
from tests.databases import Databases

MIGRATIONS = Path(schema.__file__).parent / "migrations"
#: Parts of a table that is kept by the month: they are as the whole is.
PART: Final = re.compile(r"(outbox|webhook_events)_(before|default|\d{4}_\d{2})")


@pytest.fixture
def database(fresh_database: Callable[..., str]) -> Database:
    return Database(fresh_database(), pool_size=2)


def test_there_is_one_line_of_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_a_migrated_database_is_what_the_tables_say(database: Database) -> None:
    assert not schema.is_current(database)
    before, after = schema.migrate(database)
    assert before is None
    assert schema.is_current(database)
    with database.engine.connect() as connection:
        options = {"include_name": lambda name, kind, _: kind != "table" or not PART.fullmatch(name)}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []
    assert schema.migrate(database) == (after, after)
    database.close()


def test_two_machines_may_migrate_at_once(database: Database) -> None:
    with ThreadPoolExecutor(2) as machines:
        done = list(machines.map(lambda _: schema.migrate(database), range(2)))
    assert sorted(before is None for before, _ in done) == [False, True]
    assert schema.is_current(database)
    database.close()


def test_the_release_before_goes_on_with_the_schema_of_the_next_one_and_leaves_it_alone(database: Database) -> None:
    schema.migrate(database)
    with database.transaction() as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_of_tomorrow'")
    assert schema.is_current(database)
    assert schema.migrate(database) == ("9999_of_tomorrow", "9999_of_tomorrow")
    with database.transaction() as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    assert not schema.is_current(database)
    database.close()


@pytest.fixture
def before(databases: Databases, fresh_database: Callable[..., str]) -> Iterator[Database]:
    """A database at the revision before a table is changed that is in use."""
    older = Database(fresh_database(databases.template("at_0020", at_0020)), pool_size=2)
    yield older
    older.close()


def at_0020(url: str) -> None:
    database = Database(url, pool_size=1)
    with database.engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0020")
    database.close()


def test_beside_a_long_reader_a_migration_waits_and_lets_all_others_pass(before: Database) -> None:
    told: SimpleQueue[str] = SimpleQueue()
    brisk = Patience(turn=0.1, pause=0.05, whole=60)
    with ThreadPoolExecutor(1) as pool, before.transaction() as dump:
        dump.execute("SET application_name = 'pg_dump'; SELECT 'somebody' FROM refunds")
        who = f"pid {dump.info.backend_pid} (pg_dump, idle in transaction)"
        migrating = pool.submit(schema.migrate, before, patience=brisk, tell=told.put)
        said = ""
        while who not in said:  # a machine that is busy looks too late now and then
            said = told.get(timeout=20)
            assert before.rows("SELECT id FROM refunds") == []
        assert not migrating.done()
        dump.execute("ROLLBACK")
        assert migrating.result(timeout=20)[0] == "0020"
    assert schema.is_current(before)
    assert re.fullmatch(rf"migration 0021 waits for {re.escape(who)}; next try in 0.\d s, for 1 more minutes", said)


def test_a_reader_without_end_is_told_after_a_while(before: Database) -> None:
    with before.transaction() as dump:
        dump.execute("SELECT FROM refunds")
        with pytest.raises(TableInUse, match="in the way of migration 0021 for too long"):
            schema.migrate(before, patience=Patience(turn=0.05, pause=0.05, whole=0.2))
    assert before.rows("SELECT version_num FROM alembic_version") == [("0020",)]


def test_a_database_that_is_away_is_said_so() -> None:
    away = Database("postgresql://nobody:secret@127.0.0.1:1/none", pool_size=1)
    with pytest.raises(DatabaseUnavailable) as error:
        schema.migrate(away)
    assert "secret" not in str(error.value)
    away.close()
