"""The embedded PostgreSQL, as an operator meets it."""

import os
import shutil
import socket
import stat
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from sandbox.embedded import EmbeddedServerError, PostgresServer
from sandbox.embedded.ports import free_port
from tests.sandbox.processes import eventually


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def tell(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_data_and_password_survive_a_restart(place: Path) -> None:
    port = free_port()
    with PostgresServer(place, port) as server:
        first_url = server.url
        tell(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert server.pid is None
    assert not server.alive()
    with PostgresServer(place, port) as server:
        assert server.url == first_url
        assert ask(server.url, "SELECT answer FROM kept") == 42


def test_a_killed_server_comes_back_on_the_same_port_with_its_data(place: Path) -> None:
    with PostgresServer(place) as server:
        url, killed = server.url, server.pid
        tell(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        server.kill()
        eventually(lambda: server.pid not in {None, killed} and server.alive())
        assert server.url == url
        assert ask(url, "SELECT answer FROM kept") == 42


def test_it_is_version_18_durable_and_on_loopback_only(place: Path) -> None:
    with PostgresServer(place, options={"work_mem": "5MB"}) as server:
        shown = {
            name: ask(server.url, f"SHOW {name}")
            for name in ["fsync", "synchronous_commit", "full_page_writes", "listen_addresses", "work_mem"]
        }
        assert int(str(ask(server.url, "SHOW server_version_num"))) >= 180_000
        tell(server.url, "CREATE SCHEMA another; CREATE TABLE another.one ()")
        tell(server.url, "CREATE DATABASE another")
        assert ask(server.superuser_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is True
    assert shown == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "127.0.0.1",
        "work_mem": "5MB",
    }


def test_a_throw_away_server_saves_itself_the_disk(place: Path) -> None:
    with PostgresServer(place, durable=False) as server:
        assert ask(server.url, "SHOW fsync") == "off"


def test_nobody_comes_in_without_the_password(place: Path) -> None:
    with PostgresServer(place) as server:
        secret = place / "postgres" / "password"
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url.replace(secret.read_text(), "guess"))
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(host="127.0.0.1", port=server.port, user="postgres", dbname="postgres")


def test_two_launchers_cannot_share_the_data(place: Path) -> None:
    with PostgresServer(place), pytest.raises(EmbeddedServerError) as refusal:
        PostgresServer(place).start()
    assert f"is already being run by process {os.getpid()}" in str(refusal.value)
    with PostgresServer(place) as again:
        assert again.alive()


def test_a_port_in_use_is_said_in_one_sentence_and_leaves_the_directory_free(place: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(EmbeddedServerError) as refusal:
            PostgresServer(place, port).start()
    assert str(refusal.value) == (
        f"PostgreSQL cannot use port {port} on 127.0.0.1: another program has it. "
        "Stop that program, or choose another port."
    )
    with PostgresServer(place) as server:
        assert server.alive()


def test_what_an_interrupted_first_start_left_does_no_harm(place: Path) -> None:
    for name in ["data.draft", "data.setup"]:
        (place / "postgres" / name).mkdir(parents=True)
        (place / "postgres" / name / "half-made").touch()
    (place / "postgres").chmod(0o711)
    with PostgresServer(place) as server:
        assert ask(server.url, "SELECT 1") == 1
    assert sorted(path.name for path in (place / "postgres").iterdir()) == [
        "data",
        "launcher.lock",
        "password",
        "postgres.log",
    ]


def test_a_directory_of_another_version_is_refused(place: Path) -> None:
    data = place / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedServerError, match="was made by PostgreSQL 16, and the server found is version 18"):
        PostgresServer(place).start()


def test_a_directory_of_something_else_is_refused(place: Path) -> None:
    (place / "postgres" / "data").mkdir(parents=True)
    with pytest.raises(EmbeddedServerError, match="is not a data directory of PostgreSQL"):
        PostgresServer(place).start()


def test_a_data_directory_that_cannot_be_made_is_said(place: Path) -> None:
    (place / "file").touch()
    with pytest.raises(EmbeddedServerError, match="PostgreSQL cannot keep its data in"):
        PostgresServer(place / "file").start()


def test_a_server_that_never_becomes_ready_shows_its_own_words(place: Path) -> None:
    with pytest.raises(EmbeddedServerError) as refusal:
        PostgresServer(place, options={"wal_level": "nonsense"}).start()
    assert "postgres was started 8 times and never became ready" in str(refusal.value)
    assert 'invalid value for parameter "wal_level": "nonsense"' in str(refusal.value)


def test_a_pid_file_that_names_another_program_is_forgotten(place: Path) -> None:
    with PostgresServer(place):
        pass
    pid_file = place / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n")
    shutil.chown(pid_file, pid_file.parent.owner(), pid_file.parent.group())
    with PostgresServer(place) as server:
        assert server.alive()


def test_a_path_too_long_for_a_socket_is_served_by_tcp_alone(place: Path) -> None:
    deep = place / ("d" * 90)
    deep.mkdir(mode=0o711)
    with PostgresServer(deep) as server:
        assert ask(server.url, "SHOW unix_socket_directories") == ""
    with PostgresServer(place) as server:
        assert ask(server.url, "SHOW unix_socket_directories") == str(place / "postgres" / "data")
