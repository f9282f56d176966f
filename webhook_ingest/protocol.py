"""HTTP with a bounded head. uvicorn bounds neither how long nor how large request line and headers may be."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from webhook_ingest.limits import Limits

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedHead(HttpToolsProtocol):
    """uvicorn's HTTP, with a deadline and a size for heads.

    A head that comes in one piece, as nearly all do, costs nothing: the clock runs only for connections that are silent
    at first, and for heads that came in part.
    """

    limits: ClassVar[Limits] = Limits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._in_head = False
        self._head_size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the client its time to say what it wants."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that is still not complete is on the clock."""
        super().data_received(data)
        if not self._in_head or self.transport.is_closing():
            return
        self._head_size += len(data)
        if self._head_size > self.limits.head_bytes:
            self._refuse(_TOO_LARGE)
        elif self._deadline is None:
            self._start_clock()

    def on_message_begin(self) -> None:
        """Parser: a head begins."""
        self._in_head = True
        self._head_size = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Parser: the head is complete."""
        self._in_head = False
        self._stop_clock()
        super().on_headers_complete()

    def _start_clock(self) -> None:
        self._deadline = self.loop.call_later(self.limits.head_seconds, self._refuse, _TOO_SLOW)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, answer: bytes) -> None:
        # With a response under way, this head is behind it on the same connection: nobody could tell the two apart.
        if self._in_head and (self.cycle is None or self.cycle.response_complete):
            self.transport.write(answer)
        self.transport.close()
