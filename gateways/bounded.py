"""Answers over HTTP that are complete by a deadline, or fail.

Python bounds each read of a socket, so a server that sends a byte now and then could hold a worker for ever.
"""

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any


class BoundedReader(io.RawIOBase):
    """Reads from a socket, all in all for no longer than its timeout."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        timeout = sock.gettimeout()
        self._deadline = None if timeout is None else time.monotonic() + timeout

    def hurry(self, seconds: float) -> None:
        """Give what is still to come so many seconds at most."""
        end = time.monotonic() + seconds
        self._deadline = end if self._deadline is None else min(end, self._deadline)

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what has come, or wait for it as long as there is time."""
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer takes too long")
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close it; the socket stays."""
        self._raw.close()
        super().close()


class BoundedResponse(HTTPResponse):
    """An answer that is complete within the socket's timeout, or fails."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self._reader = BoundedReader(sock)
        self.fp = io.BufferedReader(self._reader)

    def hurry(self, seconds: float) -> None:
        """Give the rest of the answer so many seconds at most."""
        self._reader.hurry(seconds)
