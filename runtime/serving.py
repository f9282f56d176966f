"""What every HTTP server of ours shares: opening its port, and ending on a signal."""

import errno
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import uvicorn

from domain.errors import PermanentError

_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
#: Milliseconds after which one is let go who takes nothing of what was written: a client that does not read, a machine
#: that is gone. Only the kernel knows of what waits behind a connection that we have closed.
_UNREAD_MS: Final = 30_000
_REASONS: Final = {
    errno.EADDRINUSE: "another program listens there already",
    errno.EACCES: "this user may not",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}


class CannotListen(PermanentError):
    """The address is taken, forbidden, or not ours. The message is one sentence for whoever starts the process."""

    code = "cannot_listen"


def listen(process: str, host: str, port: int, backlog: int) -> socket.socket:
    """Open the port of a process.

    Raises:
        CannotListen: the address is taken, forbidden, or not ours.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=backlog)
    except (OSError, OverflowError) as error:
        reason = _REASONS.get(getattr(error, "errno", None) or 0, str(error))
        raise CannotListen(f"{process} cannot listen on {host} port {port}: {reason}") from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; connections have it from their listener
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
    return listener


@contextmanager
def stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
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
