"""The HTTP client under Stripe's library: pooled, bounded in time, and leaner than its default."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
import urllib3
from stripe import APIConnectionError, APIError, HTTPClient
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from gateways.stripe.connections import BoundedHTTPPool, BoundedHTTPSPool

#: Seconds to reach Stripe.
_CONNECT: Final = 5.0
_GOOD: Final = range(200, 300)
#: With these nothing has been sent.
_NEVER_SENT: Final = (ConnectTimeoutError, NewConnectionError)


class NeverSent(APIConnectionError):
    """No connection could be made."""


class PooledClient(HTTPClient):
    """Sends a request over a pool of kept connections. It never repeats one by itself: that is decided above.

    Args:
        timeout: seconds to wait for an answer, from the request to its last byte.
        connections: kept open at most, one per worker thread.
    """

    name = "urllib3"

    def __init__(self, *, timeout: float, connections: int) -> None:
        super().__init__()
        self._pool = urllib3.PoolManager(
            maxsize=connections,
            retries=False,
            timeout=urllib3.Timeout(connect=min(_CONNECT, timeout), read=timeout),
            block=False,
        )
        self._pool.pool_classes_by_scheme = {"http": BoundedHTTPPool, "https": BoundedHTTPSPool}

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
        try:
            response = self._pool.request(method.upper(), url, headers=headers, body=post_data, redirect=False)
        except HTTPError as error:
            kind = NeverSent if isinstance(error, _NEVER_SENT) else APIConnectionError
            raise kind(f"no answer ({type(error).__name__})") from error  # type: ignore[no-untyped-call]
        return _readable(response), response.status, response.headers

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()


def _readable(response: urllib3.BaseHTTPResponse) -> str:
    """The body, if it is one that Stripe's library can read: an object, or an error with its details."""
    good = response.status in _GOOD
    try:
        body = response.data.decode()
        document = orjson.loads(body)
        known = isinstance(document["object"], str) if good else isinstance(document["error"], dict)
    except (ValueError, TypeError, LookupError):
        known = False
    if not known:
        raise APIError(
            f"an answer that is none of Stripe's (HTTP {response.status}, {len(response.data)} bytes)",
            http_status=response.status,
            headers=dict(response.headers),
        )
    return body
