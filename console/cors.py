"""Which websites' scripts may call the API from a browser."""

from collections.abc import Collection
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_API: Final = "/payments"


class Cors:
    """Lets scripts of listed origins call the API. Pages and the console are nobody else's business.

    Cookies are never sent along: a script needs a token of its user, as everybody does.

    Args:
        app: what is called.
        origins: as browsers write them.
    """

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        self._app = app
        self._api = CORSMiddleware(
            app,
            allow_origins=sorted(origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
            expose_headers=["Location", "Retry-After", "Idempotent-Replayed"],
            allow_credentials=False,
            max_age=600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or answer what a browser asks before it."""
        of_api = scope["type"] == "http" and (scope["path"] == _API or scope["path"].startswith(f"{_API}/"))
        await (self._api if of_api else self._app)(scope, receive, send)
