"""One POST over HTTP, bounded in time and memory whatever the other side does."""

import contextlib
import socket
import ssl
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, RemoteDisconnected
from typing import Final
from urllib.parse import urlsplit

import certifi

from gateways.bounded import BoundedResponse

#: Bytes of an answer that are read, so that the connection can be used again. Nobody needs them.
_ANSWER: Final = 64 * 1024
#: Seconds for what follows an answer's head; the answer counts whether or not the rest comes.
_REST_OF_ANSWER: Final = 1.0
#: Seconds to reach one address of a host.
_CONNECT: Final = 5.0
#: Seconds of rest after which a kept connection is not used again: servers close what has rested for 60, or less.
_KEPT: Final = 25.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said."""

    status: int
    #: Seconds that it asked us to wait; None: it did not.
    retry_after: str | None


class _Deadline:
    """An end for everything that an exchange does."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float = float("inf")) -> float:
        """Seconds left, at most so many.

        Raises:
            TimeoutError: there are none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("it takes too long")
        return min(left, most)


class _Connection(HTTPConnection):
    """A connection whose socket is opened by us, and whose answers are bounded."""

    response_class = BoundedResponse
    used_at = 0.0


class Exchange:
    """Posts to one address over kept connections. Redirects are not followed, and proxies not asked.

    Args:
        url: where to.
        seconds: for one whole exchange: connecting, sending, and the answer's head. Asking the resolver for a host's
            address is bounded by the resolver; when it took too long, nothing is sent any more.
        connections: kept open at most.
    """

    def __init__(self, url: str, *, seconds: float, connections: int) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._seconds = seconds
        self._kept: deque[_Connection] = deque(maxlen=connections)
        self._tls = _trust() if self._secure else None

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post, and give what was answered.

        Raises:
            OSError: no answer came in time; whether it was received is unknown.
            HTTPException: what came is no answer.
        """
        deadline = _Deadline(self._seconds)
        kept = self._take()
        if kept is not None:
            try:
                return self._ask(kept, body, headers, deadline)
            except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                pass  # It was closed while it rested. If it was not, they hear the same event twice, and know it.
        return self._ask(self._open(deadline), body, headers, deadline)

    def close(self) -> None:
        """Close all connections that are kept."""
        while self._kept:
            self._kept.pop().close()

    def _take(self) -> _Connection | None:
        with contextlib.suppress(IndexError):
            while True:
                kept = self._kept.pop()
                if time.monotonic() - kept.used_at < _KEPT:
                    return kept
                kept.close()
        return None

    def _keep(self, connection: _Connection) -> None:
        connection.used_at = time.monotonic()
        if len(self._kept) == self._kept.maxlen:
            connection.close()
        else:
            self._kept.append(connection)

    def _open(self, deadline: _Deadline) -> _Connection:
        connection = _Connection(self._host, self._port)
        # So that the Host header of https has no port either.
        connection.default_port = 443 if self._secure else 80
        connection.sock = self._dial(deadline)
        return connection

    def _dial(self, deadline: _Deadline) -> socket.socket:
        failure: OSError = OSError("the host has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(deadline.left(_CONNECT))
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is None:
                    return sock
                sock.settimeout(deadline.left(_CONNECT))
                return self._tls.wrap_socket(sock, server_hostname=self._host)
            except OSError as error:
                sock.close()
                failure = error
        raise failure

    def _ask(self, connection: _Connection, body: bytes, headers: Mapping[str, str], deadline: _Deadline) -> Answer:
        done = False
        try:
            connection.sock.settimeout(deadline.left())
            connection.request("POST", self._target, body=body, headers=dict(headers))
            connection.sock.settimeout(deadline.left())
            response = connection.getresponse()
            answer = Answer(response.status, response.getheader("retry-after"))
            done = _read_to_end(response) and connection.sock is not None
        finally:
            if done:
                self._keep(connection)
            else:
                connection.close()
        return answer


def _read_to_end(response: HTTPResponse) -> bool:
    """Read what is left of an answer; answers whether the connection may be used again."""
    try:
        if isinstance(response, BoundedResponse):
            response.hurry(_REST_OF_ANSWER)
        response.read(_ANSWER)
    except (OSError, HTTPException, ValueError):
        return False
    finally:
        complete = response.isclosed()
        response.close()
    return complete and not response.will_close


def _trust() -> ssl.SSLContext:
    """The machine's authorities, those of a house of its own among them, and the public ones where it has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
