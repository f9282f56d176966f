"""The status endpoint without the framework: pages and services poll it, and FastAPI costs ten times the answer.

What is plain is answered here: a token that proves somebody, a payment that the caller may see, no website's script.
Everything else, and every refusal, is left to the endpoint itself in `console/api/checkout.py`, which decides how they
are told. A test holds both against each other.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Final
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from console.callers import Verify, audience_of, known, may_see
from console.house import House
from console.shield import headers
from console.throttle import ALLOWANCES
from runtime.tokens import Caller, TokenRefused

_BEFORE, _AFTER = "/payments/checkout/", "/status"
_LENGTH: Final = len(_BEFORE) + 36 + len(_AFTER)
_BEARER: Final = b"bearer "
_OTHERS: Final = frozenset({b"origin", b"content-length", b"transfer-encoding"})


class QuickStatus:
    """Answers what is plain, and passes on the rest.

    Args:
        app: the whole application.
        house: what statuses are read through.
        verify: knows tokens.
        throttled: whether callers may ask only so often.
        encrypted: whether buyers reach us by https.
    """

    def __init__(self, app: ASGIApp, *, house: House, verify: Verify, throttled: bool, encrypted: bool) -> None:
        self._app = app
        self._house = house
        self._verify = verify
        self._throttled = throttled
        shield = [(name.lower().encode(), value.encode()) for name, value in headers(encrypted=encrypted).items()]
        # Websites' scripts get other answers, with headers that let them read these.
        self._headers = [(b"content-type", b"application/json"), (b"vary", b"Origin"), *shield]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        status = await self._status(scope) if _is_asked(scope) else None
        if status is None:
            await self._app(scope, receive, send)
            return
        length = (b"content-length", b"%d" % len(status))
        await send({"type": "http.response.start", "status": 200, "headers": [length, *self._headers]})
        await send({"type": "http.response.body", "body": status})

    async def _status(self, scope: Scope) -> bytes | None:
        token = _token(scope["headers"])
        caller = await self._caller(token) if token else None
        if caller is None:
            return None
        live = self._house.live.here()
        try:
            snapshot = await live.statuses.read(UUID(scope["path"][len(_BEFORE) : -len(_AFTER)]))
        except Exception:  # noqa: BLE001 - whatever it is, the endpoint tells of it, with all that an answer needs
            return None
        if not may_see(caller, snapshot) or not await self._may_ask(caller):
            return None
        return snapshot.for_api(self._house.app.now(), audience_of(caller))

    async def _caller(self, token: str) -> Caller | None:
        """Who is asking; None if the token proves nobody."""
        caller = known(self._verify, token)
        if caller is None:
            with suppress(TokenRefused):
                caller = await run_in_threadpool(self._verify, token)  # it may wait for the issuer's keys
        return caller

    async def _may_ask(self, caller: Caller) -> bool:
        allowance = ALLOWANCES.get(caller.role) if self._throttled else None
        if allowance is None:
            return True
        # Nothing is taken where this says no: whoever is passed on is told so by the same bucket.
        return await self._house.live.here().allowances.take(f"{caller.role}:{caller.subject}", allowance) == 0


def _is_asked(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path: str = scope["path"]
    return len(path) == _LENGTH and path.endswith(_AFTER) and path.startswith(_BEFORE)


def _token(given: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The one bearer token; None if there is none, or if somebody asks for whom other rules hold.

    These are scripts of websites, and requests that bring a body, which may be too large.
    """
    token = None
    for name, value in given:
        if name in _OTHERS:
            return None
        if name == b"authorization":
            if token is not None or value[: len(_BEARER)].lower() != _BEARER:
                return None
            token = value[len(_BEARER) :].decode("latin-1")
    return token
