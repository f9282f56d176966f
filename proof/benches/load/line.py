"""One connection, and as much of HTTP as an answer needs."""

import socket
from typing import Final

_LOOPBACK: Final = "127.0.0.1"
_RECEIVED: Final = 65_536
#: Seconds that the kernel may take to accept what is sent.
_TIMEOUT: Final = 30.0


class Line:
    """A connection that holds one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open()

    def _open(self) -> None:
        self.socket = socket.create_connection((_LOOPBACK, self._port), timeout=_TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send = self.socket.sendall
        self._receive = self.socket.recv
        self._partly = b""
        #: When its request was sent, or due.
        self.since = 0.0

    def again(self) -> None:
        """Connect anew."""
        self.socket.close()
        self._open()

    def answer(self) -> int | None:
        """Read what is there: the answer's status, None while it is not whole, 0 if the server has closed."""
        try:
            data = self._receive(_RECEIVED)
        except OSError:
            return 0
        if not data:
            return 0
        if self._partly:
            data = self._partly + data
        if not _is_whole(data):
            self._partly = data
            return None
        self._partly = b""
        return int(data[9:12])


def _is_whole(data: bytes) -> bool:
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    at = data.find(b"content-length: ", 0, head)
    if at < 0:
        return data.endswith(b"0\r\n\r\n")  # in chunks, or without a body
    end = data.find(b"\r\n", at)
    return len(data) - head - 4 >= int(data[at + 16 : end])
