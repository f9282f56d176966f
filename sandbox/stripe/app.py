"""The sandbox over HTTP: Stripe's API, the pages that buyers see, and the control API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.utils import formatdate
from typing import Any, Final

from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope, Send

from sandbox.stripe.api import Ticket
from sandbox.stripe.control import control_routes
from sandbox.stripe.courier import Courier
from sandbox.stripe.elements import element_routes
from sandbox.stripe.host import Host
from sandbox.stripe.pages import page_routes
from sandbox.stripe.wire import Request, Response

LARGEST_BODY: Final = 1_000_000
MANY_TURNS: Final = 1000
#: Stripe.js calls the API from pages of other origins.
CROSS_ORIGIN: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "Request-Id, Stripe-Should-Retry",
}


class App:
    """The ASGI application of one sandbox."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.rest = Starlette(
            routes=[*page_routes(host), *control_routes(host), *element_routes()], lifespan=self._lifespan
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The API goes the short way; everything else through Starlette."""
        if scope["type"] == "http" and (scope["path"] == "/v1" or scope["path"].startswith("/v1/")):
            await self._api(scope, receive, send)
        else:
            await self.rest(scope, receive, self._dated(send))

    def _dated(self, send: Send) -> Send:
        """Answers bear the sandbox's own time, as the API's do."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                with self.host.quietly() as core:
                    date = formatdate(core.world.now, usegmt=True)
                message["headers"] = [*message["headers"], (b"date", date.encode())]
            await send(message)

        return dated

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        courier = Courier(self.host)
        courier.listen()
        running = asyncio.create_task(courier.run())
        yield
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        if body is None:
            await _answer(send, Response(413, b"{}"))
            return
        if scope["method"] == "OPTIONS":
            await _answer(send, Response(204, b""))
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        address = f"{scope['path']}?{scope['query_string'].decode()}"
        response = await self._ask(Request.of(scope["method"], address, body.decode(errors="replace"), headers))
        if response.lost:
            await _hang_up(send)
        else:
            await _answer(send, response)

    async def _ask(self, request: Request) -> Response:
        with self.host.quietly() as core:
            begun = core.begin(request)
        if isinstance(begun, Ticket):
            # Others get their turn meanwhile, as they would while Stripe works.
            await asyncio.sleep(begun.delay)
            with self.host.using() as core:
                return core.finish(begun)
        return begun


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None: too large."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: Send, response: Response) -> None:
    headers = {**CROSS_ORIGIN, **response.headers, "Content-Length": str(len(response.body))}
    pairs = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": pairs})
    await send({"type": "http.response.body", "body": response.body})


async def _hang_up(send: Any) -> None:
    """Close the connection without a word. ASGI has no message for it, so this reaches for uvicorn's transport."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError("a reply is lost on purpose, and this server cannot hang up")
    transport.abort()
    # The server learns of it in the next turns of the loop; until then it would miss an answer.
    for _ in range(MANY_TURNS):
        if send.__self__.disconnected:
            return
        await asyncio.sleep(0)
