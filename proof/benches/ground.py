"""What benches stand on: servers as in production, databases with all tables, and real processes."""

import base64
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from math import ceil
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from redis import Redis

from models import schema
from models.database import Database
from proof.benches.processor import cpu_seconds
from proof.benches.rounds import Tell
from sandbox.embedded import PostgresServer, ValkeyServer
from sandbox.embedded.ports import LOOPBACK, free_port
from sandbox.supervisor import Child, Supervisor, http_ready, port_ready
from sandbox.supervisor.child import always_ready

_ROOT: Final = Path(__file__).parents[2]
_TEMPLATE: Final = "bench_template"
#: A first start compiles Python files.
_READY_SECONDS: Final = 45.0
#: Megabytes of a file of PostgreSQL's log, and how many of them it keeps (`min_wal_size`).
_LOG_FILE: Final = 16
_MOST_LOG_FILES: Final = 120
#: What processes need of the surroundings. Nothing else: no figure may depend on a variable that somebody has set.
_KEPT: Final = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Running:
    """A process that runs."""

    pid: int
    #: Where it listens; 0 if it does not.
    port: int
    log: Path


@dataclass
class Ground:
    """PostgreSQL 18 with `fsync` on and Valkey 9 with its append-only file, in a directory that is removed at the end.

    Args:
        tell: hears what is under way.
        options: PostgreSQL's settings, beyond those of `gavelpay run`: what differs in `deploy/compose.yml`.
    """

    tell: Tell = lambda _line: None
    options: Mapping[str, str] = field(default_factory=lambda: {"shared_buffers": "512MB"})

    def __enter__(self) -> Self:
        """Start the servers."""
        with ExitStack() as stack:
            self.directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gavelpay-bench-")))
            self.directory.chmod(0o711)  # as root, PostgreSQL runs as somebody else
            self.postgres = stack.enter_context(PostgresServer(self.directory, options=self.options))
            self.valkey = stack.enter_context(ValkeyServer(self.directory))
            self._numbers, self._redis_numbers = count(1), count(0)
            self._keys = _keys()
            self._make_template()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop the servers, and remove everything."""
        self._stack.__exit__(kind, error, at)

    def database(self, like: str | None = None) -> str:
        """The address of a new database: a copy of one that nobody is connected to, or all tables and no row."""
        name = f"bench_{next(self._numbers)}"
        template = urlsplit(like).path[1:] if like else _TEMPLATE
        with psycopg.connect(self.postgres.superuser_url, autocommit=True) as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY WAL_LOG").format(
                    sql.Identifier(name), sql.Identifier(template), sql.Identifier(self._role)
                )
            )
        return self.postgres.url_of(name)

    def lay_log(self, megabytes: float) -> None:
        """Have PostgreSQL make files for so much of its log, up to what it keeps, as one has that has been at work.

        A new cluster makes each file of 16 MB when it is needed: that is its first hours, not its life.
        """
        with psycopg.connect(self.postgres.superuser_url, autocommit=True) as admin:
            for _ in range(min(ceil(megabytes / _LOG_FILE), _MOST_LOG_FILES)):
                admin.execute("SELECT pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()")
            admin.execute("CHECKPOINT")  # what was written is laid out to be used again

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        with psycopg.connect(self.postgres.superuser_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(urlsplit(database).path[1:])))

    def redis(self) -> str:
        """The address of an empty Redis database that nobody else uses. There are 64."""
        url = self.valkey.url_of(next(self._redis_numbers))
        with Redis.from_url(url) as client:
            client.flushdb()
        return url

    def environment(self, database: str, redis: str, **more: str) -> dict[str, str]:
        """The whole environment of a process of ours; `more` is added to it."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return {
            **kept,
            # The same code that this is, wherever it was started from.
            "PYTHONPATH": str(_ROOT),
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            **self._keys,
            **more,
        }

    @property
    def keys(self) -> Mapping[str, str]:
        """The secrets in that environment by their variables."""
        return self._keys

    @contextmanager
    def house(
        self, *arguments: str, env: Mapping[str, str], health: str = "/healthz", option: str = "--port"
    ) -> Iterator[Running]:
        """Run a process of ours, such as `house("ingest", env=…)`, on a free port, until the block ends.

        `health` is asked until it answers 200; empty for a process that takes no `--port`, which counts as ready at
        once.
        """
        module = ("-m", "cli", *arguments)
        with self.process(arguments[0], module, env=env, health=health, option=option) as running:
            yield running

    @contextmanager
    def process(
        self,
        name: str,
        module: Sequence[str],
        *,
        env: Mapping[str, str],
        health: str | None = None,
        option: str = "--port",
    ) -> Iterator[Running]:
        """Run `python …` until the block ends.

        Args:
            name: of its log.
            module: the arguments of Python, such as `("-m", "proof.benches.baselines.usual_ingest")`. Unless `health`
                is empty, `--port` and a free one are added.
            env: all of its environment.
            health: the path that answers 200 when it is ready; None: it is ready when its port is open.
            option: what the port is given as.
        """
        port = free_port() if health != "" else 0
        options = (option, str(port)) if port else ()
        ready: Callable[[int], bool] = always_ready
        if port:
            ready = http_ready(f"http://{LOOPBACK}:{port}{health}") if health else port_ready(port)
        log = self.directory / f"{name}-{next(self._numbers)}.log"
        child = Child(
            name=name,
            argv=[sys.executable, "-P", *module, *options],
            env=env,
            log=log,
            ready_seconds=_READY_SECONDS,
            attempts=1,
            ready=ready,
        )
        with Supervisor() as supervisor:
            supervisor.start(child)
            pid = supervisor.pids()[name]
            if pid is None:
                raise RuntimeError(f"{name} ended at once; see {log}")
            yield Running(pid, port, log)

    @contextmanager
    def cpu(self, **processes: int) -> Iterator[dict[str, float]]:
        """Processor seconds of the block: of these processes by their names, of `postgres` and of `redis`.

        The dictionary is filled when the block ends; it stays empty where the system does not tell.
        """
        pids = {**processes, "postgres": self.postgres.pid or 0, "redis": self.valkey.pid or 0}
        used: dict[str, float] = {}
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        yield used
        for name, pid in pids.items():
            begun, ended = before[name], cpu_seconds(pid)
            if begun is not None and ended is not None:
                used[name] = ended - begun

    def rows(self, database: str, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of one query; none where it is a statement that gives none."""
        with psycopg.connect(database, autocommit=True) as connection:
            found = connection.execute(query.encode(), params)
            return found.fetchall() if found.description else []

    @contextmanager
    def looking(self, database: str) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
        """Asks one query after the other over one connection: to open one costs PostgreSQL some ten milliseconds."""
        with psycopg.connect(database, autocommit=True) as connection:
            yield lambda query: connection.execute(query.encode()).fetchall()

    @property
    def _role(self) -> str:
        return urlsplit(self.postgres.url).username or ""

    def _make_template(self) -> None:
        with psycopg.connect(self.postgres.superuser_url, autocommit=True) as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(_TEMPLATE), sql.Identifier(self._role))
            )
        database = Database(self.postgres.url_of(_TEMPLATE), pool_size=1)
        try:
            schema.migrate(database)
        finally:
            database.close()


def _keys() -> dict[str, str]:
    def field_key() -> str:
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")

    return {
        "FIELD_ENCRYPTION_KEYS": field_key(),
        "FIELD_INDEX_KEY": field_key(),
        "AUTH_JWT_SECRET": secrets.token_urlsafe(48),
        "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(24)}",
        "STRIPE_SECRET_KEY": "sk_test_bench",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_bench",
        "PUBLIC_URL": "http://127.0.0.1:8000",
    }
