"""The PostgreSQL and the Valkey that all tests of one run share: started when the first test asks for them."""

import json
import os
import shutil
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from redis import Redis

from sandbox.embedded import PostgresServer, ValkeyServer
from sandbox.embedded.cluster import ROLE
from tests.sandbox.processes import runs

#: A first start takes a second here; a busy machine gets its time.
START_SECONDS = 90.0
POLL_SECONDS = 0.02
#: How their directories are called, before the pid of the run.
PREFIX = "gavelpay-tests-"
#: What the servers of a run may come to need, several times over.
MEMORY_BYTES = 6 * 2**30


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the servers are: PostgreSQL's maintenance database as the system's role, and Valkey's database 0."""

    postgres: str
    redis: str


class SharedServers:
    """Both servers, in the process that lives as long as the run. `urls` starts them, once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._directory: Path | None = None
        self._postgres: PostgresServer | None = None
        self._valkey: ValkeyServer | None = None

    def urls(self) -> Urls:
        with self._lock:
            if self._directory is None:
                self._directory = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_quickest_place()))
                self._directory.chmod(0o711)  # as root, PostgreSQL runs as somebody else
            if self._postgres is None:
                self._postgres = PostgresServer(self._directory, durable=False).start()
                _sign_in_quickly(self._postgres)
            if self._valkey is None:
                self._valkey = ValkeyServer(self._directory).start()
                _forbid_to_empty_all(self._valkey)
            return Urls(self._postgres.url_of("postgres"), self._valkey.url)

    def stop(self) -> None:
        with self._lock:
            for server in (self._valkey, self._postgres):
                if server:
                    server.stop()
            self._valkey = self._postgres = None
            if self._directory:
                shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None


def _quickest_place() -> Path | None:
    """Where files lie in memory, if there is room: a database is made of hundreds, and thousands of them are made."""
    memory = Path("/dev/shm")  # noqa: S108 - the directory in it is our own
    if not memory.is_dir():
        return None
    for left in memory.glob(f"{PREFIX}*-*"):  # by a run that was killed
        pid = left.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdecimal() and not runs(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    return memory if shutil.disk_usage(memory).free >= MEMORY_BYTES else None


def _sign_in_quickly(server: PostgresServer) -> None:
    """Keep the password in a form that takes no work to check: tests connect thousands of times, 2 ms each."""
    password = urlsplit(server.url).password
    with psycopg.connect(server.superuser_url, autocommit=True) as admin:
        admin.execute("SET scram_iterations = 1")
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(ROLE), sql.Literal(password)))


def _forbid_to_empty_all(server: ValkeyServer) -> None:
    """Each test has a database of its own: what empties all of them takes another test's messages away."""
    with Redis.from_url(server.url) as admin:
        admin.acl_setuser("default", enabled=True, commands=["-flushall"])


class Counter:
    """How the xdist workers ask the controller for the servers: `wanted` appears, `urls.json` or `error` answers."""

    def __init__(self, servers: SharedServers) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="gavelpay-ask-"))
        self._servers = servers
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="test-servers", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not (self.directory / "wanted").exists():
            if self._closing.wait(POLL_SECONDS):
                return
        try:
            name, text = "urls.json", json.dumps(asdict(self._servers.urls()))
        except Exception as error:  # noqa: BLE001 - the tests that asked must hear of it, whatever it is
            name, text = "error", str(error)
        draft = self.directory / "draft"
        draft.write_text(text)
        draft.rename(self.directory / name)

    def close(self) -> None:
        self._closing.set()
        self._thread.join(START_SECONDS)
        shutil.rmtree(self.directory, ignore_errors=True)


def ask_controller(directory: Path) -> Urls:
    """In an xdist worker: have the servers started, and wait for them."""
    (directory / "wanted").touch()
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (directory / "urls.json").exists():
            return Urls(**json.loads((directory / "urls.json").read_text()))
        if (directory / "error").exists():
            raise RuntimeError((directory / "error").read_text())
        time.sleep(POLL_SECONDS)
    raise TimeoutError("The test servers did not start.")
