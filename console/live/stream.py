"""Server-sent events: the status of one payment, now and whenever it changes, for one who listens.

Each event is the whole status, so whoever comes back after a while needs the newest one and nothing between.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import structlog
from fastapi import Response
from starlette.types import Receive, Scope, Send

from console.limits import Limits
from console.live.hub import Hub, Watch
from console.live.snapshot import Snapshot
from console.live.statuses import Statuses
from domain.errors import GavelpayError

log = structlog.get_logger()

_HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    # Proxies are to pass each event on at once.
    "X-Accel-Buffering": "no",
}
_BEAT: Final = b": beat\n\n"


class TooSlow(Exception):
    """Whoever listens does not read."""


class EventStream(Response):
    """A stream of one payment's status.

    Args:
        hub: wakes it.
        statuses: where statuses are read.
        session_id: the payment.
        caller: who listens; each may listen so often at the same time.
        show: writes a status.
        last_seen: the version that the listener has seen already.
        limits: heartbeat, patience and length.
    """

    def __init__(
        self,
        *,
        hub: Hub,
        statuses: Statuses,
        session_id: UUID,
        caller: str,
        show: Callable[[Snapshot], bytes],
        last_seen: int,
        limits: Limits,
    ) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._hub = hub
        self._statuses = statuses
        self._session_id = session_id
        self._caller = caller
        self._show = show
        self._seen = last_seen
        self._limits = limits

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one listener, until they leave, the time is over, or the process stops."""
        with self._hub.watching(self._session_id, self._caller) as watch:
            first = await self._statuses.read(self._session_id)
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            leaving = asyncio.create_task(_until_gone(receive, watch))
            try:
                await self._tell(watch, first, send)
                await self._write(send, b"", more=False)
            except TooSlow:
                log.info("listener.dropped", session_id=str(self._session_id))
                _hang_up(receive)
            finally:
                leaving.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await leaving

    async def _tell(self, watch: Watch, first: Snapshot, send: Send) -> None:
        ends = time.monotonic() + self._limits.listening_seconds
        watch.version = max(watch.version, first.version)
        await self._write(send, f"retry: {self._limits.listen_again_ms}\n\n".encode())
        await self._tell_of(first, send)
        while not watch.is_over and time.monotonic() < ends:
            if watch.version <= self._seen:
                await watch.wait(self._limits.beat_seconds)
            if watch.version > self._seen:
                await self._tell_news(watch, send)
            elif not watch.is_over:
                await self._write(send, _BEAT)

    async def _tell_news(self, watch: Watch, send: Send) -> None:
        heard = watch.version
        try:
            snapshot = await self._statuses.read(self._session_id, at_least=heard)
        except GavelpayError:  # the database is away
            await self._write(send, _BEAT)
            await watch.wait(self._limits.look_seconds_unheard)
        else:
            watch.looked(heard, snapshot.version)
            await self._tell_of(snapshot, send)

    async def _tell_of(self, snapshot: Snapshot, send: Send) -> None:
        if snapshot.version == self._seen:
            return
        self._seen = snapshot.version
        await self._write(send, b"event: status\nid: %d\ndata: %b\n\n" % (snapshot.version, self._show(snapshot)))

    async def _write(self, send: Send, text: bytes, *, more: bool = True) -> None:
        try:
            async with asyncio.timeout(self._limits.slow_reader_seconds):
                await send({"type": "http.response.body", "body": text, "more_body": more})
        except TimeoutError:
            raise TooSlow from None


async def _until_gone(receive: Receive, watch: Watch) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    watch.end()


def _hang_up(receive: Any) -> None:
    """Close the connection with all that waits to be sent. ASGI has no message for it: this is uvicorn's transport."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
