"""Does the faults, and lifts them."""

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psycopg
from redis import Redis

from cli.drill.surroundings import Surroundings
from cli.run.ports import Ports, url
from cli.run.stack import Stack
from proof.drill.kinds import RULES, Kind
from proof.drill.plan import Fault
from proof.drill.wire import Wire
from sandbox.supervisor import Child, http_ready

#: Seconds that each piece takes on a slow network.
SLOW: Final = 0.05
#: How wrong a clock goes, in seconds.
WRONG: Final = 300.0
#: Seconds that the sandbox may take for a word about its faults.
TIMEOUT: Final = 10.0
#: Of the ten ports of a stack none is free.
SKEWED_PORT: Final = 10
SKEWED: Final = "skewed-worker"
_TERMINATE: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gavelpay'"


@dataclass(frozen=True, slots=True)
class Striker:
    """Does faults to one running system."""

    stack: Stack
    around: Surroundings
    directory: Path
    ports: Ports

    @contextmanager
    def struck(self, fault: Fault) -> Iterator[None]:
        """The fault is there while the block lasts; one that is done in a moment is done before it."""
        lasting: Mapping[Kind, Callable[[], AbstractContextManager[None]]] = {
            Kind.POSTGRES_SLOW: lambda: _wire(self.around.to_postgres, lambda wire: wire.slow(SLOW)),
            Kind.POSTGRES_CUT: lambda: _wire(self.around.to_postgres, Wire.cut),
            Kind.POSTGRES_SILENT: lambda: _wire(self.around.to_postgres, Wire.silence),
            Kind.REDIS_SLOW: lambda: _wire(self.around.to_redis, lambda wire: wire.slow(SLOW)),
            Kind.REDIS_CUT: lambda: _wire(self.around.to_redis, Wire.cut),
            Kind.REDIS_SILENT: lambda: _wire(self.around.to_redis, Wire.silence),
            Kind.RECEIPTS: lambda: full_disk(self.stack.supervisor.pids().get("worker")),
            Kind.CLOCK_AHEAD: lambda: self._wrong_clock(WRONG),
            Kind.CLOCK_BEHIND: lambda: self._wrong_clock(-WRONG),
        }
        at_once: Mapping[Kind, Callable[[], object]] = {
            Kind.REDIS_EMPTIED: self._empty_redis,
            Kind.REDIS_RESTARTED: self.around.valkey.kill,
            Kind.POSTGRES_RESTARTED: self.around.postgres.kill,
            Kind.POSTGRES_TERMINATED: self._cut_connections,
        }
        at_once.get(fault.kind, lambda: self._kill(fault.victims))()
        stripe = (lambda: self._stripe_fails(fault.kind)) if fault.strikes_stripe else nullcontext[None]
        with lasting.get(fault.kind, stripe)():
            yield

    def _kill(self, roles: tuple[str, ...]) -> None:
        pids = self.stack.supervisor.pids()
        for role in roles:
            if (pid := pids.get(role)) is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _empty_redis(self) -> None:
        with Redis.from_url(self.around.valkey.url) as redis:
            redis.flushall()

    def _cut_connections(self) -> None:
        with psycopg.connect(self.around.postgres.superuser_url) as connection:
            connection.execute(_TERMINATE)

    @contextmanager
    def _stripe_fails(self, kind: Kind) -> Iterator[None]:
        faults = f"{self.stack.urls['sandbox']}/sandbox/faults"
        with httpx.Client(timeout=TIMEOUT, trust_env=False) as client:
            try:
                for rule in RULES[kind]:
                    client.post(faults, json=rule.document()).raise_for_status()
                yield
            finally:
                client.delete(faults).raise_for_status()

    @contextmanager
    def _wrong_clock(self, seconds: float) -> Iterator[None]:
        """One more worker, whose machine's clock is wrong, shares the work; it is killed in the end."""
        port = self.ports.base + SKEWED_PORT
        worker = ["worker", "--threads", "4", "--metrics-port", str(port)]
        child = Child(
            name=SKEWED,
            argv=[sys.executable, "-P", "-m", "cli.drill.skewed", str(seconds), *worker],
            env=self.stack.env,
            log=self.directory / "logs" / f"{SKEWED}.log",
            ready=http_ready(url(port, "/healthz")),
            stop_signal=signal.SIGKILL,
        )
        supervisor = self.stack.supervisor
        supervisor.start(child)
        try:
            yield
        finally:
            supervisor.stop(SKEWED)


@contextmanager
def _wire(wire: Wire, harm: Callable[[Wire], None]) -> Iterator[None]:
    harm(wire)
    try:
        yield
    finally:
        wire.mend()


@contextmanager
def full_disk(pid: int | None) -> Iterator[None]:
    """To this process every disk is full: no file of its may grow. Its log suffers with the receipts."""
    if pid is None:
        yield
        return
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
