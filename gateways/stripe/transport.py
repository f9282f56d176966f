"""The HTTP client under Stripe's library: pooled, bounded in time, and leaner than its default."""

import re
import ssl
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from stripe import APIConnectionError, APIError, HTTPClient

from gateways.stripe.connections import Connection, Reply

#: Seconds to reach Stripe.
_CONNECT: Final = 5.0
_GOOD: Final = range(200, 300)
_PORTS: Final = {"http": 80, "https": 443}
#: What would end a line of the head, and begin one of somebody else's.
_BREAKS: Final = re.compile(r"[\r\n\0]")

_Origin = tuple[str, str, int]


class NeverSent(APIConnectionError):
    """No connection could be made."""


class PooledClient(HTTPClient):
    """Sends a request over a pool of kept connections. It never repeats one by itself: that is decided above.

    Args:
        timeout: seconds to wait for an answer, from the request to its last byte.
        connections: kept open at most, one per worker thread.
    """

    name = "gavelpay"

    def __init__(self, *, timeout: float, connections: int) -> None:
        super().__init__()
        self._timeout = timeout
        self._kept: deque[tuple[_Origin, Connection]] = deque()
        self._most = connections

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send one request.

        Raises:
            NeverSent: Stripe cannot be reached.
            APIConnectionError: no answer came, or a part of one.
            APIError: what came is none of Stripe's answers.
        """
        parts = urlsplit(url)
        origin = (parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        reply = self._ask(origin, written(method, parts.netloc, target, headers or {}, post_data))
        return _readable(reply), reply.status, reply.headers

    def close(self) -> None:
        """Close all connections that are not in use."""
        with suppress(IndexError):
            while True:
                self._kept.pop()[1].close()

    def _ask(self, origin: _Origin, request: bytes) -> Reply:
        connection = self._fit(origin) or self._fresh(origin)
        try:
            reply = connection.ask(request, self._timeout)
        except OSError as error:
            connection.close()
            raise _lost(APIConnectionError, error) from error
        except BaseException:
            connection.close()
            raise
        if reply.leaves_open and len(self._kept) < self._most:
            self._kept.append((origin, connection))
        else:
            connection.close()
        return reply

    def _fit(self, origin: _Origin) -> Connection | None:
        """The connection that was used last; the others may rest until they are not trusted."""
        while True:
            try:
                known, connection = self._kept.pop()
            except IndexError:
                return None
            if known == origin and connection.is_fit:
                return connection
            connection.close()

    def _fresh(self, origin: _Origin) -> Connection:
        scheme, host, port = origin
        context = self._context if scheme == "https" else None
        try:
            return Connection.to(host, port, context, min(_CONNECT, self._timeout))
        except OSError as error:
            raise _lost(NeverSent, error) from error

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()


def written(method: str, host: str, target: str, headers: Mapping[str, str], body: str | bytes | None) -> bytes:
    """A request as it is sent.

    Raises:
        ValueError: a header would be more than one, or no text of HTTP's.
    """
    content = body.encode() if isinstance(body, str) else body or b""
    lines = [f"{method.upper()} {target} HTTP/1.1", f"Host: {host}", "Accept-Encoding: identity"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if content or method.lower() == "post":
        lines.append(f"Content-Length: {len(content)}")
    if any(map(_BREAKS.search, lines)):
        raise ValueError("a line of the request holds a line break")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


def _lost(kind: type[APIConnectionError], error: OSError) -> APIConnectionError:
    return kind(f"no answer ({type(error).__name__})")


def _readable(reply: Reply) -> str:
    """The body, if it is one that Stripe's library can read: an object, or an error with its details."""
    good = reply.status in _GOOD
    content = reply.body
    try:
        body = content.decode()
        document = orjson.loads(content)
        known = isinstance(document["object"], str) if good else isinstance(document["error"], dict)
        known = known and reply.headers.get("content-encoding", "identity") == "identity"  # nothing else was asked for
    except (ValueError, TypeError, LookupError):
        known = False
    if not known:
        raise APIError(
            f"an answer that is none of Stripe's (HTTP {reply.status}, {len(content)} bytes)",
            http_status=reply.status,
            headers=dict(reply.headers),
        )
    return body
