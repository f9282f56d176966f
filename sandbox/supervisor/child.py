"""What to run, and how to tell that it is ready."""

import http.client
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.supervisor.spawn import SAME_USER, Identity

#: One look at whether a child is ready; it is asked again at once, so a slow answer is as good as none.
CHECK_SECONDS = 1.0
HTTP_OK = 200


def always_ready(_pid: int) -> bool:
    """Count a child as ready as soon as it runs."""
    return True


def nothing() -> None:
    """Do nothing before a start."""


@dataclass(frozen=True, slots=True)
class Child:
    """One program to keep running.

    `env` is the whole environment (None: the supervisor's). `log` gets standard output and error. `ready` is given the
    pid, and is asked until it says True; it must answer within about a second. `before_start` runs before each start,
    the first and every later one. Times are seconds.
    """

    name: str
    argv: Sequence[str]
    log: Path | None = None
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    identity: Identity = SAME_USER
    ready: Callable[[int], bool] = always_ready
    before_start: Callable[[], None] = nothing
    #: One start may take this long before it counts as failed and is killed.
    ready_seconds: float = 30.0
    #: So many starts in a row may fail before the supervisor gives up.
    attempts: int = 5
    stop_signal: int = signal.SIGTERM
    #: From the stop signal until the whole process group is killed.
    stop_seconds: float = 10.0
    #: What it gets from the kernel when the supervisor is gone.
    death_signal: int = signal.SIGTERM


def port_ready(port: int, host: str = "127.0.0.1") -> Callable[[int], bool]:
    """Return a check that passes when something listens on the port."""

    def check(_pid: int) -> bool:
        try:
            with socket.create_connection((host, port), timeout=CHECK_SECONDS):
                return True
        except OSError:
            return False

    return check


def http_ready(url: str) -> Callable[[int], bool]:
    """Return a check that passes when GET on the plain-http URL answers 200."""
    parts = urlsplit(url)

    def check(_pid: int) -> bool:
        connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=CHECK_SECONDS)
        try:
            connection.request("GET", parts.path or "/")
            return connection.getresponse().status == HTTP_OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return check
