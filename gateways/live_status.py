"""Payments' changes and kept statuses, for a process that has an event loop and many who watch."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar
from uuid import UUID

import structlog
from redis import RedisError
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from gateways import changes
from gateways.live_status_scripts import KEEP
from gateways.together import Together

log = structlog.get_logger()
T = TypeVar("T")

#: Seconds that a reader waits for Redis before it asks PostgreSQL instead.
_ANSWER: Final = 0.25
#: Seconds in which nobody asks again after that.
_QUIET: Final = 2.0
_CONNECT: Final = 1.0
#: Seconds between two pings on the channel: a connection that died in silence is noticed.
_PING: Final = 10
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0


class LiveStatus:
    """Hears of changes, and keeps statuses for a moment. Belongs to one event loop.

    Args:
        url: `redis://` or `rediss://`.
        ca_file: the authority that signed the server's certificate, where the system does not know it.
    """

    def __init__(self, url: str, *, ca_file: Path | None = None) -> None:
        options: dict[str, Any] = {"ssl_ca_certs": str(ca_file)} if ca_file and url.startswith("rediss:") else {}
        options |= {"retry": Retry(NoBackoff(), 0), "socket_connect_timeout": _CONNECT}
        pool = ConnectionPool.from_url(url, socket_timeout=_ANSWER, **options)
        #: For short questions about anything.
        self.together = Together(pool.make_connection())  # type: ignore[no-untyped-call]
        self._channel: Redis = Redis.from_url(url, health_check_interval=_PING, socket_keepalive=True, **options)
        self._away_until: float | None = None

    async def read(self, session_id: UUID) -> tuple[int, bytes] | None:
        """What is kept of a payment: its version, and the status (empty: none of that version). None: nothing."""
        kept: Any = await self._ask(lambda: self.together.ask("GET", f"{changes.KEY}{session_id}"))
        if kept is None:
            return None
        version, _, status = kept.partition(b" ")
        return (int(version), status) if version.isdigit() else None

    async def keep(self, session_id: UUID, version: int, status: bytes, milliseconds: int) -> None:
        """Keep a status, unless a newer version is known."""
        key = f"{changes.KEY}{session_id}"
        await self._ask(lambda: self.together.run(KEEP, 1, key, version, status, milliseconds))

    async def follow(self, heard: Callable[[Mapping[UUID, int]], None], connected: Callable[[bool], None]) -> NoReturn:
        """Call `heard` with every change, for ever; `connected` tells when hearing begins and ends."""
        wait, told = _FIRST_WAIT, False
        while True:
            try:
                async with self._channel.pubsub() as channel:
                    await channel.subscribe(changes.CHANNEL)
                    connected(True)
                    wait, told = _FIRST_WAIT, False
                    await self._listen(channel, heard)
            except (RedisError, OSError) as error:
                connected(False)
                if not told:
                    log.warning("changes.not_heard", error=str(error) or type(error).__name__)
                    told = True
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _listen(self, channel: Any, heard: Callable[[Mapping[UUID, int]], None]) -> NoReturn:
        while True:
            message = await channel.get_message(ignore_subscribe_messages=True, timeout=_PING)
            if message is None:
                continue
            try:
                heard(changes.read(message["data"]))
            except ValueError:
                log.warning("changes.not_understood", length=len(message["data"]))

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T | None:
        """Ask Redis; None while it is away."""
        if self._away_until is not None and time.monotonic() < self._away_until:
            return None
        try:
            answer = await question()
        except (RedisError, OSError) as error:
            if self._away_until is None:
                log.warning("status_cache.away", error=str(error) or type(error).__name__)
            self._away_until = time.monotonic() + _QUIET
            return None
        self._away_until = None
        return answer

    async def close(self) -> None:
        """Close all connections."""
        await self.together.close()
        await self._channel.aclose()
