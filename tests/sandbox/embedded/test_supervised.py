"""Both servers under one supervisor, beside other children, as `gavelpay run` has them."""

import os
import signal
from pathlib import Path

import psycopg
from redis import Redis

from sandbox.embedded import PostgresServer, ValkeyServer
from sandbox.supervisor import Event, EventKind, Supervisor
from tests.sandbox.processes import eventually


def test_they_run_restart_and_stop_like_any_child(place: Path) -> None:
    events: list[Event] = []
    postgres, valkey = PostgresServer(place), ValkeyServer(place)
    with Supervisor(events.append) as supervisor:
        supervisor.start(postgres.child(), valkey.child())
        with psycopg.connect(postgres.url) as connection, Redis.from_url(valkey.url) as redis:
            assert connection.info.dbname == "gavelpay"
            assert redis.ping()
        killed = supervisor.pids()
        for pid in killed.values():
            assert pid
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: all(supervisor.pids()[name] not in {None, pid} for name, pid in killed.items()))
        eventually(lambda: all(map(supervisor.is_ready, killed)))
        psycopg.connect(postgres.url).close()
    postgres.release()
    valkey.release()
    assert killed.keys() == {"postgres", "redis"}
    assert [event.kind for event in events[-2:]] == [EventKind.STOPPED, EventKind.STOPPED]


def test_what_people_are_called_stays_out_of_the_log(place: Path) -> None:
    with PostgresServer(place) as server, psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE buyers (email text UNIQUE)")
        for _ in range(2):
            try:
                connection.execute("INSERT INTO buyers VALUES ('jane@example.com')")
            except psycopg.errors.UniqueViolation:
                break
    assert "violates unique constraint" in server.log.read_text()
    assert "jane" not in server.log.read_text()
