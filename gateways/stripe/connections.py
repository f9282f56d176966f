"""A connection to Stripe: one request, one answer, bounded in time and size, and not trusted after a long rest.

A connection that was closed behind our back is noticed before it is used again; but a close that is on its way just
then shows as a lost reply, an unknown outcome. Servers close what has rested long, so that is not used at all.
"""

import select
import socket
import ssl
import time
from typing import Any, Final, Self

import httptools

#: Seconds of rest after which a kept connection is replaced; servers and balancers wait 60 or more.
REST: Final = 25.0
#: Bytes of an answer's head, and of all of it, at most. A page of a hundred events is some megabytes.
LARGEST_HEAD: Final = 64 * 1024
LARGEST: Final = 64 * 1024 * 1024
_READ: Final = 64 * 1024
#: An answer before the answer.
_INTERIM: Final = range(100, 200)


class BrokenAnswer(OSError):
    """What came is no answer over HTTP, or not all of one."""


class Reply:
    """An answer as it comes in, piece by piece."""

    def __init__(self) -> None:
        self.status = 0
        #: By their names in small letters.
        self.headers: dict[str, str] = {}
        self.is_whole = False
        #: Whether another request may follow on the connection when it is whole.
        self.leaves_open = False
        self._parts: list[bytes] = []
        self._size = 0
        self._has_head = False
        #: None when nothing more is expected: they hold each other.
        self._parser: Any = httptools.HttpResponseParser(self)

    @property
    def body(self) -> bytes:
        """All that has come of it."""
        return b"".join(self._parts)

    def feed(self, data: bytes) -> None:
        """Take the next bytes; none at the end of the connection.

        Raises:
            BrokenAnswer: that is no answer.
        """
        self._size += len(data)
        if self._size > (LARGEST if self._has_head else LARGEST_HEAD):
            raise BrokenAnswer("too large")
        if data:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserError as error:
                raise BrokenAnswer("no answer") from error
        else:
            self._end()
        if self.is_whole:
            self._parser = None

    def _end(self) -> None:
        told_its_end = "content-length" in self.headers or "transfer-encoding" in self.headers
        if not self._has_head or told_its_end:
            raise BrokenAnswer("half an answer")
        self.is_whole = True

    def on_message_begin(self) -> None:
        """An answer begins. There is one for a request."""
        if self.is_whole:
            raise BrokenAnswer("two answers")

    def on_header(self, name: bytes, value: bytes) -> None:
        """One line of the head."""
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self.status = self._parser.get_status_code()
        self.leaves_open = self._parser.should_keep_alive()
        self._has_head = True

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        self._parts.append(data)

    def on_message_complete(self) -> None:
        """All of it has come, or all of one that comes before it."""
        if self.status in _INTERIM:
            self.headers.clear()
            self._has_head = False
        else:
            self.is_whole = True


class Connection:
    """One connection, for one thread at a time.

    Args:
        sock: connected, and encrypted where it is to be.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._look = select.poll()
        self._look.register(sock, select.POLLIN)
        #: When it was last used, in seconds of the monotonic clock.
        self.used_at = time.monotonic()

    @classmethod
    def to(cls, host: str, port: int, context: ssl.SSLContext | None, seconds: float) -> Self:
        """Connect.

        Raises:
            OSError: nobody is there, or not who should be; nothing has been asked.
        """
        sock = socket.create_connection((host, port), timeout=seconds)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return cls(sock if context is None else context.wrap_socket(sock, server_hostname=host))
        except BaseException:
            sock.close()
            raise

    @property
    def is_fit(self) -> bool:
        """Whether it may be used again: it has not rested long, and nobody has said anything on it, or closed it."""
        return time.monotonic() - self.used_at < REST and not self._look.poll(0)

    def ask(self, request: bytes, seconds: float) -> Reply:
        """Send a request and wait for all of its answer.

        Raises:
            OSError: no whole answer came within these seconds; whether it was heard is unknown.
        """
        deadline = time.monotonic() + seconds
        self._sock.settimeout(seconds)
        self._sock.sendall(request)
        reply = Reply()
        reply.feed(self._sock.recv(_READ))
        while not reply.is_whole:
            # Each read is bounded by itself; who sends a byte now and then must not hold a worker for ever.
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer takes too long")
            self._sock.settimeout(left)
            reply.feed(self._sock.recv(_READ))
        self.used_at = time.monotonic()
        return reply

    def close(self) -> None:
        """Close it."""
        self._sock.close()
