"""What both embedded servers have in common: their life."""

import os
import signal
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from sandbox.embedded import ports
from sandbox.embedded.errors import EmbeddedServerError
from sandbox.embedded.home import Home
from sandbox.embedded.predecessor import wait_for_predecessor
from sandbox.supervisor.child import Child
from sandbox.supervisor.errors import SupervisorError
from sandbox.supervisor.supervisor import Supervisor

#: A first start makes the data directory; a start after a crash recovers.
START_SECONDS = 90.0


class EmbeddedServer(ABC):
    """A server of our own on loopback, which ends with this process and is started again when it dies.

    `start` runs it under a supervisor of its own. To have it under another supervisor, take `child()` instead, and call
    `release()` when that has stopped it.
    """

    title: ClassVar[str]
    #: Of the directory, when it is made.
    mode: ClassVar[int] = 0o700

    def __init__(self, directory: Path, port: int) -> None:
        self.port = port
        #: Both servers write their pid there, and work in this directory: how a predecessor is known.
        self._pid_file = directory.absolute() / "server.pid"
        self._works_in = directory.absolute()
        self._home = Home(directory.absolute(), self.title, self.mode)
        self._supervisor: Supervisor | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The server's address with its password. Only known once it has a port: after `start` or `child`."""

    @property
    def pid(self) -> int | None:
        """The pid of the server that `start` started, None while there is none."""
        return next(iter(self._supervisor.pids().values()), None) if self._supervisor else None

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self._home.log

    def alive(self) -> bool:
        """Say whether the server that `start` started runs and is ready."""
        return self._supervisor is not None and all(map(self._supervisor.is_ready, self._supervisor.pids()))

    def child(self) -> Child:
        """Prepare everything (data, port, password) and return what a supervisor has to run.

        Raises:
            EmbeddedServerError: it cannot run here: no program, the port or the data directory is in use, …
        """
        self._home.take()
        try:
            self._wait_for_predecessor()
            self.port = ports.choose(self.port, self.title)
            return self._child()
        except BaseException:
            self.release()
            raise

    def start(self) -> Self:
        """Start the server, and wait until it is ready.

        Raises:
            EmbeddedServerError: it cannot run here; the message says why, with the end of the server's log.
        """
        child = self.child()
        self._supervisor = Supervisor()
        try:
            self._supervisor.start(child, seconds=START_SECONDS)
        except BaseException as error:
            self.stop()
            if isinstance(error, SupervisorError):
                raise EmbeddedServerError(str(error)) from error
            raise
        return self

    def stop(self) -> None:
        """Stop the server cleanly, and let others use its directory. Safe to call twice."""
        if self._supervisor:
            self._supervisor.stop()
            self._supervisor = None
        self.release()

    def kill(self) -> None:
        """Kill the server as a crash would (SIGKILL); it is started again."""
        if (pid := self.pid) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def release(self) -> None:
        """Let others use the data directory. Only after the server has stopped."""
        self._home.release()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _wait_for_predecessor(self) -> None:
        wait_for_predecessor(self._pid_file, self._works_in)

    @abstractmethod
    def _child(self) -> Child:
        """Say what to run, on `self.port`, with the directory held."""
