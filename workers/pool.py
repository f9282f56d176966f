"""Several worker processes under a parent that starts the dead again and passes the signal to stop on.

The parent loads everything once and forks, so that a worker that died has a successor within a tenth of a second, on a
busy machine too, where loading takes many. What forks must have neither threads nor connections: the parent has none,
and metrics are served by a child of their own.
"""

import ctypes
import mmap
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from actors.registry import QUEUES
from gateways.queue.broker import WorkBroker
from gateways.queue.health import HealthServer
from gateways.queue.signals import STOP_SIGNALS, StopSignal
from workers.metrics import PoolCollector, PoolStands, QueueCollector
from workers.single import DRAIN_SECONDS

log = structlog.get_logger()

_METRICS_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_POLL_SECONDS: Final = 0.1
#: A child that ends by itself, with an error, before this: it cannot live. A busy machine takes long to start one.
_SHORT_LIFE_SECONDS: Final = 60.0
#: So many short lives in a row and the parent gives up: whoever started it must hear of it.
_MOST_SHORT_LIVES: Final = 5
#: A child that a signal ends before this has crashed; a machine that is short of memory may do that again and again.
_CRASH_SECONDS: Final = 5.0
#: So many crashes in a row have a successor at once. From then on it has to wait, longer and longer.
_FREE_CRASHES: Final = 3
_LONGEST_REST: Final = 5.0
#: Who answers for all is not born more often.
_HEALTH_SECONDS: Final = 1.0
#: Seconds for a child to end after its own patience has run out.
_KILL_SECONDS: Final = DRAIN_SECONDS + 5
_PR_SET_PDEATHSIG: Final = 1


@dataclass(slots=True)
class _Child:
    pid: int
    #: Its number in the pool, which its successor has too.
    place: int
    since: float = field(default_factory=time.monotonic)
    code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, None while it lives."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code


class _Board:
    """How the pool stands, written by the parent and seen by the child that serves metrics.

    Each number is written in one piece, so that a reader sees an old one or a new one.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._numbers = memoryview(mmap.mmap(-1, (size + 1) * 8)).cast("q")

    def write(self, pids: Collection[int], restarts: int) -> None:
        """Say who lives, and how often one was started again."""
        self._numbers[0] = restarts
        for at, pid in enumerate([*pids, *[0] * (self._size - len(pids))], start=1):
            self._numbers[at] = pid

    def read(self) -> PoolStands:
        """How it stands."""
        return PoolStands(self._size, tuple(pid for pid in self._numbers[1:] if pid), self._numbers[0])


class Pool:
    """Keeps so many children alive. Made and run in the main thread, before there is any other."""

    def __init__(
        self,
        size: int,
        open_broker: Callable[[], WorkBroker],
        metrics_port: int | None,
        metrics_host: str,
        *,
        fork: Callable[[], int] = os.fork,
    ) -> None:
        self._size = size
        self._fork = fork
        self._is_short = False
        self._open_broker = open_broker
        self._port = metrics_port
        self._host = metrics_host
        self._children: list[_Child] = []
        self._health: _Child | None = None
        self._board = _Board(size)
        self._short_lives = 0
        self._crashes = 0
        #: No child is started before this time of the monotonic clock.
        self._rests_until = 0.0
        self._restarts = 0
        #: The place of the child that is born next, or was: what counts metrics asks for it.
        self._place = 0

    def run(self, stop: StopSignal) -> int | None:
        """Run until told to stop, or until the children cannot live.

        Returns:
            The exit code. None in a child, which is to work: everything before it is as in the parent.

        Raises:
            OSError: the port is in use.
        """
        if self._port:
            socket.create_server((self._host, self._port)).close()  # a child could not say that it is in use
        directory = tempfile.mkdtemp(prefix="gavelpay-metrics-")
        _count_in(directory, lambda: self._place)
        parent = os.getpid()
        try:
            while not stop.wait(_POLL_SECONDS) and self._short_lives < _MOST_SHORT_LIVES:
                if not self._mend(directory, parent):
                    return None
            self._end()
        finally:
            if os.getpid() == parent:
                shutil.rmtree(directory, ignore_errors=True)
        return 0 if stop.is_set else 1

    def _mend(self, directory: str, parent: int) -> bool:
        """Bury the dead, and start what is missing; False in a child that was just born."""
        for child in [child for child in self._children if child.poll() is not None]:
            self._bury(child, directory)
        for place in sorted({*range(self._size)} - {child.place for child in self._children}):
            self._place = place
            if time.monotonic() < self._rests_until or (pid := self._forked()) is None:
                break
            if pid == 0:
                _die_with(parent)
                return False
            self._children.append(_Child(pid, place))
        self._board.write([child.pid for child in self._children], self._restarts)
        if self._port is not None and self._lacks_health():
            self._place = self._size  # it counts nothing itself
            pid = self._fork_health(directory, self._port, parent)
            self._health = None if pid is None else _Child(pid, self._place)
        return True

    def _lacks_health(self) -> bool:
        if self._health is None:
            return True
        is_dead = self._health.poll() is not None
        # Where another program has taken the port, it is tried once a second and not all the time.
        return is_dead and time.monotonic() >= self._health.since + _HEALTH_SECONDS

    def _forked(self) -> int | None:
        """As `fork` answers; None where the machine has no room for another process now. Those that live go on."""
        try:
            pid = self._fork()
        except OSError as error:
            if not self._is_short:
                log.error("worker.cannot_fork", error=str(error))  # noqa: TRY400 - the first time is enough
            self._is_short = True
            return None
        self._is_short = False
        return pid

    def _bury(self, child: _Child, directory: str) -> None:
        lived = time.monotonic() - child.since
        # What ends in the one way does not end the row of those that end in the other.
        if lived >= _SHORT_LIFE_SECONDS or child.code == 0:
            self._short_lives = 0
        elif (child.code or 0) > 0:
            self._short_lives += 1
        if lived >= _CRASH_SECONDS or child.code == 0:
            self._crashes = 0
        elif (child.code or 0) < 0:
            self._crashes += 1
        rest = min(0.25 * 2 ** max(0, self._crashes - _FREE_CRASHES), _LONGEST_REST)
        self._rests_until = time.monotonic() + rest if self._crashes > _FREE_CRASHES else 0.0
        log.error("worker.died", pid=child.pid, code=child.code, lived_seconds=round(lived, 1))
        mark_process_dead(child.place, directory)  # type: ignore[no-untyped-call]
        self._children.remove(child)
        self._restarts += 1

    def _end(self) -> None:
        everybody = [*self._children, *([self._health] if self._health else [])]
        for child in everybody:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + _KILL_SECONDS
        for child in everybody:
            while child.poll() is None and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS / 5)
            if child.poll() is None:
                log.error("worker.killed", pid=child.pid)
                _signal(child, signal.SIGKILL)
                os.waitpid(child.pid, 0)

    def _fork_health(self, directory: str, port: int, parent: int) -> int | None:
        """Serve metrics from a child; it ends at once with the parent, whose successor needs the port."""
        if (pid := self._forked()) != 0:
            return pid
        try:
            for one in STOP_SIGNALS:
                signal.signal(one, signal.SIG_DFL)
            _die_with(parent)
            self._serve(directory, port)
            signal.pause()
        except OSError as error:
            log.critical("worker.cannot_listen", host=self._host, port=port, error=str(error))
        finally:
            os._exit(1)

    def _serve(self, directory: str, port: int) -> None:
        broker = self._open_broker()
        for queue in QUEUES:
            broker.declare_queue(queue)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=directory)  # type: ignore[no-untyped-call]
        registry.register(QueueCollector(broker))
        registry.register(PoolCollector(self._board.read))
        HealthServer(registry, self._problem, port, self._host).start()

    def _problem(self) -> str | None:
        alive = len(self._board.read().alive)
        return None if alive == self._size else f"{alive} of {self._size} processes are alive"


def _count_in(directory: str, place: Callable[[], int]) -> None:
    """Have metrics that are declared from now on counted in files, for all processes together.

    Files are named by places, not by pids as the library would: a successor counts on where its predecessor has ended,
    and however many die, there are no more files than places.
    """
    os.environ[_METRICS_VARIABLE] = directory
    # The library decides it when it is loaded; ours is loaded before anybody knows that there will be several of us.
    values.ValueClass = values.MultiProcessValue(place)  # type: ignore[no-untyped-call]


def _die_with(parent: int) -> None:
    """Have this process told to stop when its parent ends, whatever ends it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _signal(child: _Child, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child.pid, number)
