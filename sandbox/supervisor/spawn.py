"""Starts a process that ends with this one, whatever ends it, and whichever thread asked.

The kernel sends the death signal when the *thread* that started a child ends, not the process. So all children are
started by one thread that lives as long as the process: `spawn` may be called from any thread, and a child stays on
the cores of the thread that asked for it.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

SHIM = Path(__file__).with_name("shim.py")
#: A start is a fork and an exec; a machine that needs longer than this has other troubles.
SPAWN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a child is to be: by default whoever starts it.

    `user` is the (uid, gid) to change to, which needs root. `appear_as` is the uid to appear as to itself in a user
    namespace: its files stay those of whoever starts it.
    """

    user: tuple[int, int] | None = None
    appear_as: int | None = None

    def options(self) -> list[str]:
        """Return the options of the shim."""
        user = ["--user", *map(str, self.user)] if self.user else []
        return user + (["--appear-as", str(self.appear_as)] if self.appear_as is not None else [])


SAME_USER = Identity()


@dataclass(frozen=True, slots=True)
class _Order:
    argv: Sequence[str]
    env: Mapping[str, str] | None
    cwd: Path | None
    log: Path | None
    #: None where the system knows of no such thing.
    cores: set[int] | None
    placed: "Future[subprocess.Popen[bytes]]"

    def carry_out(self) -> None:
        try:
            if self.cores is not None:
                os.sched_setaffinity(0, self.cores)
            self.placed.set_result(self._popen())
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the caller
            self.placed.set_exception(error)

    def _popen(self) -> subprocess.Popen[bytes]:
        output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if self.log else subprocess.DEVNULL
        try:
            return subprocess.Popen(  # noqa: S603 - the caller chose the program
                self.argv,
                env=self.env,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C at the terminal reaches the supervisor alone, which stops the rest in order
            )
        finally:
            if self.log:
                os.close(output)


class _Spawner:
    """The thread that starts every child of this process."""

    def __init__(self) -> None:
        self._orders: SimpleQueue[_Order] = SimpleQueue()
        self.thread = threading.Thread(target=self._serve, name="spawner", daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            self._orders.get().carry_out()

    def place(self, order: _Order) -> subprocess.Popen[bytes]:
        self._orders.put(order)
        return order.placed.result(SPAWN_SECONDS)


_lock = threading.Lock()
_spawners: list[_Spawner] = []


def _spawner() -> _Spawner:
    """Return this process's spawner; a forked process gets its own, since threads do not survive a fork."""
    with _lock:
        if not _spawners or not _spawners[0].thread.is_alive():
            _spawners[:] = [_Spawner()]
        return _spawners[0]


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: Path | None = None,
    identity: Identity = SAME_USER,
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `argv` in a process group of its own; it gets `death_signal` when this process ends, even by kill -9.

    Output is appended to `log` (made with mode 0600), or dropped. A program that cannot be executed exits with 126 and
    says why in the log.

    Raises:
        OSError: the log or the working directory cannot be used.
    """
    shim = [sys.executable, "-I", "-S", str(SHIM), "--parent", str(os.getpid()), "--death-signal", str(death_signal)]
    command = [*shim, *identity.options(), "--", *argv]
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    return _spawner().place(_Order(command, env, cwd, log, cores, Future()))
