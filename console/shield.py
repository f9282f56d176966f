"""What every request passes before, and every response carries after."""

from collections.abc import MutableMapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.house import too_large

#: For what is no page. Pages name their own style sheet.
_NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The buyer's page has its key in its address.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": _NOTHING,
    "Cache-Control": "no-store",
}


def headers(*, encrypted: bool) -> dict[str, str]:
    """What every response carries. Where buyers reach us by https, browsers must go on doing so."""
    return _HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if encrypted else {})


class Shield:
    """Turns bodies away that are too large, and sets the headers that browsers are to obey.

    Args:
        app: what is shielded.
        body_bytes: of a request, at most.
        encrypted: whether buyers reach us by https; then browsers must go on doing so.
    """

    def __init__(self, app: ASGIApp, *, body_bytes: int, encrypted: bool) -> None:
        self._app = app
        self._body_bytes = body_bytes
        self._headers = headers(encrypted=encrypted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(message)
            await send(message)

        if _declared(scope) > self._body_bytes:
            await too_large(self._body_bytes).response()(scope, receive, shielded)
        else:
            await self._app(scope, receive, shielded)

    def _complete(self, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._headers.items():
            headers.setdefault(name, value)


def _declared(scope: Scope) -> int:
    """The length that the request says its body has."""
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdigit() else 0
