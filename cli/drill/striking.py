"""Does the faults, and lifts them."""

import resource
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import psycopg
from redis import Redis

from cli.drill.hooks import complaints, stored
from cli.drill.processes import frozen, kill
from cli.drill.rotating import Rotation
from cli.drill.target import Target
from cli.run.ports import url
from proof.drill.kinds import RULES, SUPERVISED, WIRED, Kind
from proof.drill.plan import Fault
from proof.drill.sending import Sender
from proof.drill.wire import Wire
from runtime.settings import Role, load
from sandbox.embedded.ports import free_port
from sandbox.supervisor import Child, Supervisor, http_ready

#: Seconds that each piece takes on a slow network.
SLOW: Final = 0.05
#: How wrong a clock goes, in seconds.
WRONG: Final = 300.0
#: Seconds that the sandbox may take for a word about its faults.
TIMEOUT: Final = 10.0
#: Forged webhooks in a second, and valid ones among them.
FLOOD: Final = 1000.0
AMONG: Final = 50.0
SKEWED: Final = "skewed-worker"
_TERMINATE: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Striker:
    """Does faults to one running system."""

    target: Target
    directory: Path
    #: What went wrong with a fault itself, in sentences.
    problems: list[str] = field(default_factory=list)

    def can(self, kind: Kind) -> bool:
        """Whether this kind can be done to this system."""
        if kind in SUPERVISED and not self.target.has(SUPERVISED[kind]):
            return False
        if kind is Kind.ROTATED:
            return self.target.secrets is not None
        return kind not in WIRED or self.target.around is not None

    @contextmanager
    def struck(self, fault: Fault) -> Iterator[None]:
        """The fault is there while the block lasts; one that is done in a moment is done before it."""
        at_once: Mapping[Kind, Callable[[], object]] = {
            Kind.ONE_WORKER: lambda: kill(self._one_worker()),
            Kind.REDIS_EMPTIED: self._empty_redis,
            Kind.REDIS_RESTARTED: lambda: kill(self.target.heads("redis")),
            Kind.POSTGRES_RESTARTED: lambda: kill(self.target.heads("postgres")),
            Kind.POSTGRES_TERMINATED: self._cut_connections,
        }
        lasting: Mapping[Kind, Callable[[], AbstractContextManager[None]]] = {
            Kind.FROZEN: lambda: frozen(self._one_worker()),
            Kind.ROTATED: self._rotated,
            Kind.FORGED: self._forged,
            Kind.RECEIPTS: lambda: full_disk(self.target.pids("worker")),
            Kind.CLOCK_AHEAD: lambda: self._wrong_clock(WRONG),
            Kind.CLOCK_BEHIND: lambda: self._wrong_clock(-WRONG),
        }
        at_once.get(fault.kind, lambda: self._kill(fault.victims))()
        with ExitStack() as exits:
            if fault.kind in lasting:
                exits.enter_context(lasting[fault.kind]())
            elif fault.kind in RULES:
                exits.enter_context(self._stripe_fails(fault.kind))
            elif fault.kind in _NETWORK:
                exits.enter_context(self._network(fault.kind))
            yield

    def _kill(self, roles: Iterable[str]) -> None:
        kill([pid for role in roles for pid in self.target.pids(role)])

    def _one_worker(self) -> list[int]:
        """The youngest worker process: one of several, where there are several."""
        return self.target.pids("worker")[-1:]

    def _empty_redis(self) -> None:
        with Redis.from_url(self.target.redis_url) as redis:
            redis.flushall()

    def _cut_connections(self) -> None:
        with psycopg.connect(self.target.database_url) as connection:
            connection.execute(_TERMINATE)

    @contextmanager
    def _network(self, kind: Kind) -> Iterator[None]:
        server, harm = _NETWORK[kind]
        around = self.target.around
        if around is None:  # then silence is all that can be done, and it is done to the server
            with frozen(self.target.pids(server)):
                yield
            return
        wire = around.to_postgres if server == "postgres" else around.to_redis
        harm(wire)
        try:
            yield
        finally:
            wire.mend()

    @contextmanager
    def _stripe_fails(self, kind: Kind) -> Iterator[None]:
        faults = f"{self.target.sandbox}/sandbox/faults"
        with httpx.Client(timeout=TIMEOUT, trust_env=False) as client:
            try:
                for rule in RULES[kind]:
                    client.post(faults, json=rule.document()).raise_for_status()
                yield
            finally:
                client.delete(faults).raise_for_status()

    @contextmanager
    def _rotated(self) -> Iterator[None]:
        if self.target.secrets is not None:
            self.problems.extend(Rotation(self.target, self.target.secrets)())
        yield

    @contextmanager
    def _forged(self) -> Iterator[None]:
        """A flood of webhooks that nobody signed, among them some that Stripe might have sent."""
        ingest, (secret, *_) = self.target.urls["ingest"] or "", load(self.target.env, Role.RUN).stripe.webhook_secrets
        forged, valid = Sender(ingest, "whsec_forged", FLOOD), Sender(ingest, secret.reveal(), AMONG)
        with forged.sending(), valid.sending():
            yield
        counted = stored(self.target.database_url, forged, valid)
        for sender, kept in zip((forged, valid), counted, strict=True):
            self.problems.extend(complaints(sender, kept, valid=sender is valid, when="in a flood of forgeries"))

    @contextmanager
    def _wrong_clock(self, seconds: float) -> Iterator[None]:
        """One more worker, whose machine's clock is wrong, shares the work; it is killed in the end."""
        port = free_port()
        worker = ["worker", "--threads", "4", "--metrics-port", str(port)]
        child = Child(
            name=SKEWED,
            argv=[sys.executable, "-P", "-m", "cli.drill.skewed", str(seconds), *worker],
            env=self.target.env,
            log=self.directory / f"{SKEWED}.log",
            ready=http_ready(url(port, "/healthz")),
            stop_signal=signal.SIGKILL,
        )
        with Supervisor() as supervisor:
            supervisor.start(child)
            yield


_NETWORK: Final[Mapping[Kind, tuple[str, Callable[[Wire], None]]]] = {
    Kind.POSTGRES_SLOW: ("postgres", lambda wire: wire.slow(SLOW)),
    Kind.POSTGRES_CUT: ("postgres", Wire.cut),
    Kind.POSTGRES_SILENT: ("postgres", Wire.silence),
    Kind.REDIS_SLOW: ("redis", lambda wire: wire.slow(SLOW)),
    Kind.REDIS_CUT: ("redis", Wire.cut),
    Kind.REDIS_SILENT: ("redis", Wire.silence),
}


@contextmanager
def full_disk(pids: Iterable[int]) -> Iterator[None]:
    """To these processes every disk is full: no file of theirs may grow. Their logs suffer with the receipts."""
    before = {}
    for pid in pids:
        with suppress(ProcessLookupError):
            before[pid] = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[pid][1]))
    try:
        yield
    finally:
        for pid, limits in before.items():
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
