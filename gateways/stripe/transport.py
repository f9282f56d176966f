"""The HTTP client under Stripe's library: pooled, bounded in time, and leaner than its default."""

from collections.abc import Mapping
from typing import Any, Final

import urllib3
from stripe import APIConnectionError, HTTPClient

#: Seconds to reach Stripe.
_CONNECT: Final = 5.0


class PooledClient(HTTPClient):
    """Sends a request over a pool of kept connections. It never repeats one by itself: that is decided above.

    Args:
        timeout: seconds to wait for an answer.
        connections: kept open at most, one per worker thread.
    """

    name = "urllib3"

    def __init__(self, *, timeout: float, connections: int) -> None:
        super().__init__()
        self._pool = urllib3.PoolManager(
            maxsize=connections,
            retries=False,
            timeout=urllib3.Timeout(connect=_CONNECT, read=timeout),
            block=False,
        )

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send one request; any failure on the way is an `APIConnectionError`."""
        try:
            response = self._pool.request(method.upper(), url, headers=headers, body=post_data, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise APIConnectionError(f"Stripe did not answer: {type(error).__name__}") from error  # type: ignore[no-untyped-call]
        return response.data.decode(), response.status, response.headers

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()
