"""The servers that all tests share."""

import os
from collections.abc import Callable

import psycopg
import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from tests.databases import Databases


def tables(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200").fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_an_empty_database_of_its_own(database_url: str, turn: int) -> None:
    assert tables(database_url) == []
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE left_behind ()")


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_an_empty_redis(redis_url: str, turn: int) -> None:
    with Redis.from_url(redis_url) as redis:
        assert redis.dbsize() == 0
        redis.set("left", "behind")


def test_a_template_is_prepared_once_and_copied(databases: Databases, fresh_database: Callable[..., str]) -> None:
    calls = []
    open_connections = []

    def prepare(url: str) -> None:
        calls.append(url)
        connection = psycopg.connect(url, autocommit=True)
        connection.execute("CREATE TABLE prepared (id int)")
        open_connections.append(connection)  # as a pool that was not closed

    name = f"once_{os.getpid()}"
    first, second = databases.template(name, prepare), databases.template(name, prepare)
    copies = [fresh_database(first), fresh_database(second)]

    assert len(calls) == 1
    assert copies[0] != copies[1]
    assert [tables(copy) for copy in copies] == [["prepared"], ["prepared"]]
    open_connections[0].close()


def test_a_template_that_could_not_be_prepared_is_tried_again(databases: Databases) -> None:
    def fail(url: str) -> None:
        raise LookupError

    name = f"failing_{os.getpid()}"
    with pytest.raises(LookupError):
        databases.template(name, fail)
    assert databases.template(name, tables)


def test_the_role_may_make_schemas_and_is_no_superuser(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE SCHEMA proof")
        row = connection.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == (False, True)


def test_no_test_can_empty_the_databases_of_others(redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis, pytest.raises(NoPermissionError):
        redis.flushall()
