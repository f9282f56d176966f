"""A network that can be cut, slowed and silenced: a TCP proxy on loopback, in one thread."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

HOST: Final = "127.0.0.1"
#: Seconds that a command to the wire may take.
_PATIENCE: Final = 10.0
_PIECE: Final = 65_536
T = TypeVar("T")


class Wire:
    """Carries everything between its own port and another one on this machine, until it is told not to.

    Its methods may be called from any thread but its own. `close` ends it.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or HOST, parts.port or 0)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire", daemon=True)
        self._lines: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._delay = 0.0
        self._flows = asyncio.Event()
        self._flows.set()
        self._thread.start()
        self._port = 0
        self.mend()
        user = parts.netloc.rpartition("@")[0]
        #: The address of what is behind it, through it.
        self.url = parts._replace(netloc=f"{user}@{HOST}:{self._port}" if user else f"{HOST}:{self._port}").geturl()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        self._do(self._cut())

    def mend(self) -> None:
        """Carry everything again, at once."""
        self._do(self._mend())

    def slow(self, seconds: float) -> None:
        """Carry each piece only after so long, both ways."""
        self._do(self._set(seconds, flows=True))

    def silence(self) -> None:
        """Keep connections, take new ones, and carry nothing: what is sent meanwhile arrives after `mend`."""
        self._do(self._set(0.0, flows=False))

    def close(self) -> None:
        """Break every connection and end. Safe to call twice."""
        if not self._loop.is_closed():
            self._do(self._cut())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_PATIENCE)
            self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        lines = list(self._lines)
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    async def _mend(self) -> None:
        await self._set(0.0, flows=True)
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, HOST, self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def _set(self, delay: float, *, flows: bool) -> None:
        self._delay = delay
        if flows:
            self._flows.set()
        else:
            self._flows.clear()

    async def _carry(self, near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        if line is None or self._server is None:
            answer.close()
            return
        self._lines.add(line)
        try:
            with suppress(OSError, asyncio.CancelledError):
                far, onward = await asyncio.open_connection(*self._target)
                try:
                    await self._both(near, onward, far, answer)
                finally:
                    onward.transport.abort()
        finally:
            answer.transport.abort()
            self._lines.discard(line)

    async def _both(
        self,
        near: asyncio.StreamReader,
        onward: asyncio.StreamWriter,
        far: asyncio.StreamReader,
        answer: asyncio.StreamWriter,
    ) -> None:
        ways = [asyncio.ensure_future(self._pump(near, onward)), asyncio.ensure_future(self._pump(far, answer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await source.read(_PIECE):
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._flows.wait()
                sink.write(piece)
                await sink.drain()
