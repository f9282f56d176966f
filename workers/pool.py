"""Several worker processes under a parent that starts the dead again and passes the signal to stop on."""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Final

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from actors.registry import QUEUES
from gateways.queue.broker import WorkBroker
from gateways.queue.health import HealthServer
from gateways.queue.signals import StopSignal
from workers.metrics import PoolCollector, PoolStands, QueueCollector
from workers.single import DRAIN_SECONDS

log = structlog.get_logger()

#: How a child knows that it is one, and whose.
PARENT_VARIABLE: Final = "GAVELPAY_WORKER_PARENT"
_METRICS_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_POLL_SECONDS: Final = 0.2
#: A child that ends by itself, with an error, before this: it cannot live. A busy machine takes long to start one.
_SHORT_LIFE_SECONDS: Final = 60.0
#: So many short lives in a row and the parent gives up: whoever started it must hear of it.
_MOST_SHORT_LIVES: Final = 5
#: Seconds for a child to end after its own patience has run out.
_KILL_SECONDS: Final = DRAIN_SECONDS + 5
_PR_SET_PDEATHSIG: Final = 1


def parent_of_this_process() -> int | None:
    """The parent's id if this process is a child of a pool."""
    return int(os.environ[PARENT_VARIABLE]) if PARENT_VARIABLE in os.environ else None


def die_with(parent: int) -> None:
    """Have this process told to stop when its parent ends, whatever ends it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    since: float = field(default_factory=time.monotonic)


class Pool:
    """Keeps so many children alive. The kernel's death signal hangs on the thread that starts them: the main thread."""

    def __init__(self, size: int, broker: WorkBroker, metrics_port: int | None, metrics_host: str) -> None:
        self._size = size
        self._broker = broker
        self._port = metrics_port
        self._host = metrics_host
        self._children: list[_Child] = []
        self._short_lives = 0
        self._restarts = 0

    def run(self, stop: StopSignal) -> int:
        """Run until told to stop, or until the children cannot live. Answers the exit code."""
        with tempfile.TemporaryDirectory(prefix="gavelpay-metrics-") as directory:
            health = self._serve(directory)
            try:
                self._children = [self._start(directory) for _ in range(self._size)]
                while not stop.wait(_POLL_SECONDS) and self._short_lives < _MOST_SHORT_LIVES:
                    self._mend(directory)
                self._end()
            finally:
                if health:
                    health.stop()
                self._broker.close()
        return 0 if stop.is_set else 1

    def _start(self, directory: str) -> _Child:
        environment = os.environ | {PARENT_VARIABLE: str(os.getpid()), _METRICS_VARIABLE: directory}
        # Our own command line again; `sys.orig_argv` has the interpreter's options too.
        return _Child(subprocess.Popen([sys.executable, *sys.orig_argv[1:]], env=environment))  # noqa: S603

    def _mend(self, directory: str) -> None:
        for at, child in enumerate(self._children):
            code = child.process.poll()
            if code is None:
                continue
            lived = time.monotonic() - child.since
            self._short_lives = self._short_lives + 1 if lived < _SHORT_LIFE_SECONDS and code > 0 else 0
            log.error("worker.died", pid=child.process.pid, code=code, lived_seconds=round(lived, 1))
            mark_process_dead(child.process.pid, directory)  # type: ignore[no-untyped-call]
            self._children[at] = self._start(directory)
            self._restarts += 1

    def _end(self) -> None:
        for child in self._children:
            child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _KILL_SECONDS
        for child in self._children:
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.exception("worker.killed", pid=child.process.pid)
                child.process.kill()
                child.process.wait()

    def _serve(self, directory: str) -> HealthServer | None:
        if self._port is None:
            return None
        for queue in QUEUES:
            self._broker.declare_queue(queue)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=directory)  # type: ignore[no-untyped-call]
        registry.register(QueueCollector(self._broker))
        registry.register(PoolCollector(self._stands))
        return HealthServer(registry, self._problem, self._port, self._host).start()

    def _problem(self) -> str | None:
        alive = len(self._stands().alive)
        return None if alive == self._size else f"{alive} of {self._size} processes are alive"

    def _stands(self) -> PoolStands:
        alive = tuple(child.process.pid for child in list(self._children) if child.process.poll() is None)
        return PoolStands(self._size, alive, self._restarts)
