"""HTTP that nobody can hold up: uvicorn bounds neither how large a head is, nor how long heads and bodies may take.

Whoever keeps us waiting is on the clock: one who says nothing, and one whose head or body came in part. (The silence
between two requests is on uvicorn's own clock, until a byte comes; what is not read of an answer on the kernel's, see
`runtime.serving`.) Whom *we* keep waiting is on none: an answer, or a stream of events, takes as long as it takes. And
where all connections are taken, those that kept us waiting longest go, so that probes are answered, whatever else has
been opened.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
#: A sixteenth of all is let go at once: to look through them for each new one would cost more than a flood costs.
_SHARE: Final = 16


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What every HTTP server of ours bounds."""

    #: Request line and headers; other servers stop at 8 to 64 KB. What comes beside a body counts as well: the sizes of
    #: chunks, and headers after the last one.
    head_bytes: int = 64 * 1024
    #: From the connection, or from a head's first byte, to its last. Stripe itself gives a webhook some seconds.
    head_seconds: float = 10.0
    #: From the head to the body's end. A client that needs longer gets 408.
    read_seconds: float = 10.0
    #: When these are taken, the ones that keep us waiting are let go; where none does, more are answered 503.
    connections: int = 500
    #: Load balancers reuse connections for a minute, and take a close in that time for a failure.
    keep_alive_seconds: int = 75
    #: On SIGTERM, for requests under way.
    stop_seconds: int = 25


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP within limits.

    A request that comes in one piece, as nearly all do, costs nothing: no clock is started for it.
    """

    limits: ClassVar[HttpLimits] = HttpLimits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock: asyncio.TimerHandle | None = None
        self._since = 0.0
        self._in_head = False
        self._in_body = False
        #: Of the request that is being read, all but its body.
        self._head_size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the client its time to say what it wants."""
        super().connection_made(transport)
        self._start_clock()
        if len(self.connections) >= self.limits.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a request that is still not complete is on the clock."""
        super().data_received(data)
        if self._in_head or self._in_body:
            self._head_size += len(data)
            if self._head_size > self.limits.head_bytes and not self.transport.is_closing():
                self._refuse(_TOO_LARGE)
        self._watch()

    def on_message_begin(self) -> None:
        """Parser: a head begins."""
        self._begin_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Parser: the head is complete."""
        self._in_head, self._in_body = False, True
        self._stop_clock()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Parser: a piece of the body. Whoever reads it bounds its size."""
        self._head_size -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Parser: the request is complete."""
        self._in_body = False
        self._stop_clock()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Transport: the client does not read as fast as it is answered."""
        self._since = self.loop.time()
        super().pause_writing()

    @property
    def waiting_since(self) -> float | None:
        """Since when, by the loop's time, the client has kept us waiting; None if it waits for us."""
        if self._clock is not None or self.flow.write_paused:
            return self._since
        if self.timeout_keep_alive_task is not None:
            return self.timeout_keep_alive_task.when() - self.timeout_keep_alive
        return None

    def too_slow(self) -> bytes:
        """The answer to a body that did not come in time."""
        return _TOO_SLOW

    def _begin_head(self) -> None:
        self._in_head = True
        self._head_size = 0

    def _watch(self) -> None:
        """Start the clock, if it is the client that has to go on."""
        if self._clock is not None or self.transport.is_closing():
            return
        # Any byte has stopped the keep-alive's clock, also one that begins no request.
        idle = (self.cycle is None or self.cycle.response_complete) and self.timeout_keep_alive_task is None
        if self._in_head or self._in_body or idle:
            self._start_clock()

    def _start_clock(self) -> None:
        self._since = self.loop.time()
        seconds = self.limits.read_seconds if self._in_body else self.limits.head_seconds
        self._clock = self.loop.call_later(seconds, self._overdue)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _overdue(self) -> None:
        self._clock = None
        if self.flow.read_paused:
            self._start_clock()  # it is we who do not read on
        else:
            counted = self._in_body and self._may_answer()
            self._refuse(self.too_slow() if counted else _TOO_SLOW)

    def _may_answer(self) -> bool:
        """Whether an answer now would be taken for that to the request that is being read."""
        if self._in_body:
            return not self.pipeline and not self.cycle.response_started
        # With a response under way, this head is behind it on the same connection: nobody could tell the two apart.
        return self._in_head and (self.cycle is None or self.cycle.response_complete)

    def _refuse(self, answer: bytes) -> None:
        if self._may_answer():
            self.transport.write(answer)
            if self._in_body:
                self.cycle.disconnected = True  # whatever is still made of it is no answer any more
        self.transport.close()

    def _make_room(self) -> None:
        since = {one: one.waiting_since for one in self.connections if one is not self and isinstance(one, BoundedHttp)}
        waiting = sorted((at, id(one), one) for one, at in since.items() if at is not None)
        few = len(self.connections) - self.limits.connections + 1 + self.limits.connections // _SHARE
        for _, _, one in waiting[:few]:
            self.connections.discard(one)  # now: the request that it makes room for may be here already
            one.transport.abort()


def bounded_by(limits: HttpLimits) -> type[BoundedHttp]:
    """The protocol with these limits."""
    return type("BoundedHttp", (BoundedHttp,), {"limits": limits})
