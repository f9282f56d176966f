"""The embedded Valkey, as an operator meets it."""

import os
import socket
import stat
from contextlib import closing
from pathlib import Path

import pytest
from redis import AuthenticationError, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sandbox.embedded import EmbeddedServerError, ValkeyServer
from sandbox.embedded.ports import free_port
from tests.sandbox.processes import eventually


def test_data_and_password_survive_a_restart(tmp_path: Path) -> None:
    port = free_port()
    with ValkeyServer(tmp_path, port) as server:
        first_url = server.url
        with Redis.from_url(server.url) as redis:
            redis.set("kept", "42")
    with ValkeyServer(tmp_path, port) as server, Redis.from_url(server.url) as redis:
        assert server.url == first_url
        assert redis.get("kept") == b"42"


def test_a_killed_server_comes_back_on_the_same_port_with_its_data(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path) as server:
        url, killed = server.url, server.pid
        with Redis.from_url(url) as redis:
            redis.set("kept", "42")
            redis.waitaof(1, 0, 10_000)
        server.kill()
        eventually(lambda: server.pid not in {None, killed} and server.alive())
        with Redis.from_url(url) as redis:
            assert redis.get("kept") == b"42"


def test_it_is_durable_never_evicts_and_is_on_loopback_only(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path, options={"hz": "20"}) as server, Redis.from_url(server.url_of(63)) as redis:
        shown = redis.config_get("appendonly", "appendfsync", "maxmemory-policy", "bind", "databases", "save", "hz")
    assert shown == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "bind": "127.0.0.1",
        "databases": "64",
        "save": "",
        "hz": "20",
    }


def test_a_throw_away_server_keeps_nothing(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path, durable=False) as server, Redis.from_url(server.url) as redis:
        assert redis.config_get("appendonly") == {"appendonly": "no"}


def test_nobody_comes_in_without_the_password(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path) as server, Redis(port=server.port, retry=Retry(NoBackoff(), 0)) as stranger:
        assert {stat.S_IMODE((tmp_path / "redis" / name).stat().st_mode) for name in ["password", "valkey.conf"]} == {
            0o600
        }
        with pytest.raises(AuthenticationError):
            stranger.ping()


def test_two_launchers_cannot_share_the_data(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path), pytest.raises(EmbeddedServerError) as refusal:
        ValkeyServer(tmp_path).start()
    assert f"is already being run by process {os.getpid()}" in str(refusal.value)


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other, pytest.raises(EmbeddedServerError) as refusal:
        ValkeyServer(tmp_path, other.getsockname()[1]).start()
    assert "another program has it" in str(refusal.value)


def test_a_server_that_never_becomes_ready_shows_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerError, match=r"(?s)never became ready.*Bad directive.*nonsense"):
        ValkeyServer(tmp_path, options={"nonsense": "yes"}).start()


def test_killing_a_server_that_does_not_run_does_nothing(tmp_path: Path) -> None:
    server = ValkeyServer(tmp_path)
    server.kill()
    server.stop()
    assert server.pid is None
    assert server.log == tmp_path / "redis" / "redis.log"
