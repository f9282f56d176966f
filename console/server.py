"""The HTTP server around the application."""

import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from console.limits import Limits
from domain.errors import PermanentError

_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_BACKLOG: Final = 512
_LAST_PORT: Final = 65535
_REASONS: Final = {
    errno.EADDRINUSE: "another program listens there already",
    errno.EACCES: "this user may not",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}


class CannotListen(PermanentError):
    """The address is taken, forbidden, or not ours. The message is one sentence for whoever starts the process."""

    code = "cannot_listen"


def serve(
    api: FastAPI,
    host: str,
    port: int,
    *,
    limits: Limits | None = None,
    on_listening: Callable[[int], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way, and return.

    Args:
        api: what answers: `create_api(…)`.
        host: address to listen on; `0.0.0.0` is every one of this machine.
        port: 0 means a free one.
        limits: those of the application, if they are not the usual ones.
        on_listening: called with the port as soon as connections are taken.

    Raises:
        CannotListen: the address is taken, forbidden, or not ours.
    """
    listener = listen(host, port)
    server = build_server(api, limits or Limits())
    if on_listening is not None:
        on_listening(listener.getsockname()[1])
    with _stopped_by_signals(server):
        server.run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """Open the port.

    Raises:
        CannotListen: the address is taken, forbidden, or not ours.
    """
    if not 0 <= port <= _LAST_PORT:
        raise CannotListen(f"api cannot listen on port {port}: ports end at {_LAST_PORT}")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, str(error))
        raise CannotListen(f"api cannot listen on {host} port {port}: {reason}") from error


def build_server(api: FastAPI, limits: Limits) -> uvicorn.Server:
    """The server, not running yet."""
    return uvicorn.Server(
        uvicorn.Config(
            api,
            ws="none",
            lifespan="on",
            # Logging is the composition root's.
            log_config=None,
            access_log=False,
            # Nothing here depends on the client's address or scheme; headers about them are not believed.
            proxy_headers=False,
            server_header=False,
            backlog=_BACKLOG,
            limit_concurrency=limits.connections,
            timeout_keep_alive=limits.keep_alive_seconds,
            timeout_graceful_shutdown=limits.stop_seconds,
        )
    )


@contextmanager
def _stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """A signal to stop ends the server, also one that comes before uvicorn listens to signals.

    Once it is done, uvicorn raises each signal again that it has taken. An orderly stop is no death by signal, so these
    end here.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    if threading.current_thread() is not threading.main_thread():
        yield  # signals belong to the main thread, and whoever runs it
        return
    before = {number: signal.signal(number, stop) for number in _STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
