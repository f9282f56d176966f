"""One transaction on PostgreSQL, and what its failures do to others."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from models.database import Database, DatabaseUnavailable
from models.leases import LeaseRenewer
from models.work import ATTEMPT_WORK


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A pool of one connection, and one more under load."""
    database = Database(database_url, pool_size=1, application="tiny")
    database.engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    yield database
    database.close()


def test_a_pool_that_is_used_up_stays_bounded(database: Database) -> None:
    with database.transaction(), database.transaction() as second:
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable), database.transaction():
                pass
        counted = second.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tiny'").fetchone()
        assert counted == (2,)


def backends(database: Database) -> set[int]:
    """The server's processes behind two connections of a pool."""
    with database.transaction() as one, database.transaction() as other:
        return {one.info.backend_pid, other.info.backend_pid}


#: Ends all connections of a pool, as a restart does.
LEAVE = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'tiny'"


def test_a_statement_that_took_too_long_costs_no_other_connection(database_url: str) -> None:
    wide = Database(database_url, pool_size=2, statement_timeout=1.0)
    before = backends(wide)
    with pytest.raises(DatabaseUnavailable):
        wide.rows("SELECT pg_sleep(30)")
    assert len(before & backends(wide)) == 1
    wide.close()


def test_after_a_restart_the_first_question_is_answered(database_url: str) -> None:
    wide = Database(database_url, pool_size=2, application="tiny")
    backends(wide)
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(LEAVE)
    assert wide.rows("SELECT 1") == [(1,)]
    wide.close()


def end_it_and_ask(connection: psycopg.Connection[Any], other: psycopg.Connection[Any]) -> None:
    other.execute(LEAVE)
    connection.execute("SELECT 1")


def test_after_a_restart_in_the_middle_no_old_connection_is_tried(database_url: str) -> None:
    wide = Database(database_url, pool_size=2, application="tiny")
    before = backends(wide)
    with (
        psycopg.connect(database_url, autocommit=True) as other,
        pytest.raises(DatabaseUnavailable),
        wide.transaction() as connection,
    ):
        end_it_and_ask(connection, other)
    assert not before & backends(wide)
    wide.close()


def test_a_server_that_takes_no_writes_is_one_that_is_away(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        database.rows("SET TRANSACTION READ ONLY; CREATE TABLE never (id int)")


def test_whoever_renews_leases_survives_a_database_that_refuses(database: Database) -> None:
    identities = [(uuid4(), 1)]
    with pytest.raises(psycopg.errors.UndefinedTable), database.transaction() as connection:
        ATTEMPT_WORK.renew(connection, identities)
    LeaseRenewer(database)._renew_kind(ATTEMPT_WORK, identities)
    assert database.rows("SELECT 1") == [(1,)]


def test_what_waits_for_a_lock_sees_what_was_committed_meanwhile_whatever_the_server_prefers(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as other:
        ((name,),) = other.execute("SELECT quote_ident(current_database())").fetchall()
        other.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    careful = Database(database_url, pool_size=1)
    assert careful.rows("SHOW transaction_isolation") == [("read committed",)]
    careful.close()


def stand_still(silent: psycopg.Connection[Any], other: psycopg.Connection[Any]) -> None:
    silent.execute("SELECT pg_advisory_xact_lock(1)")
    other.execute("SELECT pg_advisory_lock(1)")  # had while the first has said nothing more
    silent.execute("SELECT 1")


def test_who_falls_silent_in_a_transaction_gives_its_locks_back(database_url: str) -> None:
    hasty = Database(database_url, pool_size=2, statement_timeout=0.3)
    with (
        psycopg.connect(database_url, autocommit=True, options="-c lock_timeout=30s") as other,
        pytest.raises(DatabaseUnavailable),
        hasty.transaction() as silent,
    ):
        stand_still(silent, other)
    hasty.close()
