"""Nothing outlives a launcher that was killed, whoever ran it; and the next one finds the data."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from redis import Redis

from sandbox.embedded import PostgresServer, ValkeyServer
from tests.sandbox.processes import eventually, gone, is_root, with_descendants

LAUNCHER = Path(__file__).with_name("launcher.py")
NOBODY = 65534
#: No system gives this uid to anybody.
NAMELESS = 54_321
#: The launcher finds the installed wheels even under another Python, such as one that every user may run.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": sysconfig.get_path("purelib"),
    "PYTHONDONTWRITEBYTECODE": "1",
}


def python_of(uid: int) -> str | None:
    """A Python that can run the launcher as this user."""
    test = f"import sys, sandbox.embedded; open({str(LAUNCHER)!r}); sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/bin/python3"):
        with suppress(OSError, subprocess.CalledProcessError):
            subprocess.run(
                [python, "-c", test],
                user=uid,
                group=uid,
                extra_groups=[],
                cwd=LAUNCHER.parents[3],
                env=ENVIRONMENT,
                check=True,
                capture_output=True,
            )
            return python
    return None


@dataclass(frozen=True)
class Launched:
    pid: int
    postgres: str
    redis: str
    user: int
    processes: set[int]


@contextmanager
def launched(directory: Path, uid: int | None = None) -> Iterator[Launched]:
    """Run the launcher as a user (default: ourselves); at the end kill -9 it and wait until all that it ran is gone."""
    user = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
    with subprocess.Popen(
        [sys.executable if uid is None else python_of(uid) or sys.executable, str(LAUNCHER), str(directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env=ENVIRONMENT,
        **user,  # type: ignore[arg-type]
    ) as process:
        assert process.stdout
        assert process.stderr
        line = process.stdout.readline()
        if not line:
            pytest.fail(process.stderr.read())
        processes = with_descendants(process.pid)
        try:
            yield Launched(process.pid, processes=processes, **json.loads(line))
        finally:
            processes |= with_descendants(process.pid)
            process.send_signal(signal.SIGKILL)
            process.wait()
            eventually(lambda: gone(processes))


def leave_something(servers: Launched) -> None:
    with psycopg.connect(servers.postgres) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with Redis.from_url(servers.redis) as redis:
        redis.set("kept", "42")


def find_it(servers: Launched) -> None:
    with psycopg.connect(servers.postgres) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]
    with Redis.from_url(servers.redis) as redis:
        assert redis.get("kept") == b"42"


@pytest.fixture
def as_user(place: Path) -> Callable[[int], Path]:
    """Give the directory to a user, or skip where this test cannot become that user."""

    def give(uid: int) -> Path:
        if not is_root():
            pytest.skip("only root can become another user; the other tests ran as an ordinary one")
        if python_of(uid) is None:
            pytest.skip("another user cannot read this installation")
        os.chown(place, uid, uid)
        return place

    return give


def test_as_whoever_runs_the_tests(place: Path) -> None:
    with launched(place) as servers:
        assert len(servers.processes) > 5
        leave_something(servers)
    with launched(place) as servers:
        find_it(servers)


def test_the_next_launcher_takes_over_ports_and_data_without_being_told_to_wait(place: Path) -> None:
    with subprocess.Popen([sys.executable, str(LAUNCHER), str(place)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        servers = json.loads(process.stdout.readline())
        with Redis.from_url(servers["redis"]) as redis:
            redis.set("kept", "42")
        ports = [urlsplit(servers[name]).port or 0 for name in ("postgres", "redis")]
        process.kill()
        process.wait()
        with PostgresServer(place, ports[0]) as postgres, ValkeyServer(place, ports[1]) as valkey:
            assert [postgres.url, valkey.url] == [servers["postgres"], servers["redis"]]
            with Redis.from_url(valkey.url) as redis:
                assert redis.get("kept") == b"42"


def test_as_an_ordinary_user(as_user: Callable[[int], Path]) -> None:
    place = as_user(NOBODY)
    with launched(place, NOBODY) as servers:
        assert servers.user == NOBODY
        leave_something(servers)
    with launched(place, NOBODY) as servers:
        find_it(servers)


def test_what_an_ordinary_user_made_is_still_his_after_root_used_it(as_user: Callable[[int], Path]) -> None:
    place = as_user(NOBODY)
    with launched(place, NOBODY) as servers:
        leave_something(servers)
    with launched(place) as servers:
        find_it(servers)
    with launched(place, NOBODY) as servers:
        find_it(servers)


def user_namespaces_work() -> bool:
    return subprocess.run(["unshare", "--user", "true"], check=False, capture_output=True).returncode == 0


needs_user_namespaces = pytest.mark.skipif(not user_namespaces_work(), reason="this system forbids user namespaces")


@needs_user_namespaces
def test_as_a_user_without_a_name(as_user: Callable[[int], Path]) -> None:
    place = as_user(NAMELESS)
    with launched(place, NAMELESS) as servers:
        leave_something(servers)
    with launched(place, NAMELESS) as servers:
        find_it(servers)


@needs_user_namespaces
@pytest.mark.skipif(not is_root(), reason="an ordinary user needs no other")
def test_as_root_where_nobody_else_can_enter_and_after_the_place_was_opened(place: Path) -> None:
    place.chmod(0o700)
    with launched(place) as servers:
        leave_something(servers)
    assert (place / "postgres" / "data").stat().st_uid == 0
    place.chmod(0o711)
    with launched(place) as servers:
        find_it(servers)
    assert (place / "postgres" / "data").stat().st_uid == NOBODY
    place.chmod(0o700)
    with launched(place) as servers:
        find_it(servers)


def test_a_launcher_killed_while_it_makes_the_data_leaves_nothing_half_made(place: Path) -> None:
    with subprocess.Popen(
        [sys.executable, str(LAUNCHER), str(place)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        eventually((place / "postgres" / "data.draft").exists)
        processes = with_descendants(process.pid)
        process.kill()
    eventually(lambda: gone(processes))
    with launched(place) as servers:
        leave_something(servers)
