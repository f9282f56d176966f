"""Payment windows in Redis: a key for each, which dies with its window, and one sorted set of pending expirations.

`payment:window:{sessionId}` holds `{"expiresAt": …, "version": …}`; `payment:windows` holds session ids by their end in
milliseconds. Both names are ours alone: what else is found under them is removed.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

import structlog
from redis import ConnectionError as RedisConnectionError
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from domain.clock import Clock
from domain.errors import GatewayUnavailable
from domain.window_mirror import Entry, Window
from gateways.window_mirror_scripts import ABSENT, PRESENT, REPAIR, WRITE

log = structlog.get_logger()

KEY: Final = b"payment:window:"
PENDING: Final = b"payment:windows"
#: Seconds that somebody who writes waits for Redis. He has committed; a mirror is worth no more.
_ANSWER: Final = 0.5
#: Seconds of silence after a write that failed, so that a Redis that is away slows nobody down.
_QUIET: Final = 5.0
#: How many entries one request to Redis looks through.
_PAGE: Final = 500
#: PTTL's answers where there is no time to tell.
_NO_END: Final = -1


class WindowMirror(Protocol):
    """Where windows are mirrored. Everything but `write` raises `GatewayUnavailable` while it is away."""

    def write(self, windows: Sequence[Window]) -> None:
        """Show these windows, and hide those that are over. An older version never replaces a newer one.

        It never raises: what is not written is mended by the next comparison.
        """

    def read(self, session_ids: Sequence[UUID]) -> list[Entry]:
        """What is shown of each of these sessions, in their order."""

    def repair(self, found: Sequence[tuple[Window, Entry]]) -> list[bool]:
        """Show each window, unless its entry has changed since it was read; tells which were written."""

    def pages(self) -> Iterator[list[bytes]]:
        """The names of all that is shown, whatever it is, in pages. A name may come more than once."""

    def remove(self, names: Sequence[bytes]) -> int:
        """Show these no more; returns how many were there."""


class RedisWindowMirror:
    """The mirror in Redis. Safe for threads.

    Args:
        client: with short timeouts; see `connect`.
        now: the clock that windows end by.
        quiet: seconds after a failed write in which nothing is written.
    """

    def __init__(self, client: "Redis", now: Clock, *, quiet: float = _QUIET) -> None:
        self._client = client
        self._now = now
        self._quiet = quiet
        self._away_until: float | None = None
        self._write = client.register_script(WRITE)
        self._repair = client.register_script(REPAIR)

    def write(self, windows: Sequence[Window]) -> None:
        """Show these windows in one round trip, and hide those that are over in another."""
        away_until = self._away_until
        if away_until is not None and time.monotonic() < away_until:
            return
        try:
            self._show([window for window in windows if not window.is_over])
            self._hide([str(window.session_id).encode() for window in windows if window.is_over])
        except Exception as error:  # noqa: BLE001 - the window is committed, whatever becomes of its mirror
            self._away_until = time.monotonic() + self._quiet
            if away_until is None:
                log.warning("window_mirror.away", error=str(error) or type(error).__name__)
        else:
            self._away_until = None

    def _show(self, windows: Sequence[Window]) -> None:
        if windows:
            now = self._now()
            arguments = [part for window in windows for part in (*_shown(window, now), window.version)]
            self._write([PENDING, *(_key(window) for window in windows)], arguments)

    def _hide(self, names: Sequence[bytes]) -> None:
        # Nothing is newer than the end, so nothing needs to be looked at: a third of what the script costs.
        if names:
            pipeline = self._client.pipeline()
            pipeline.delete(*(KEY + name for name in names))
            pipeline.zrem(PENDING, *names)
            pipeline.execute()

    def read(self, session_ids: Sequence[UUID]) -> list[Entry]:
        """What is shown of each, in one round trip."""
        names = [str(one).encode() for one in session_ids]
        pipeline = self._client.pipeline(transaction=False)
        pipeline.mget([KEY + name for name in names])
        pipeline.zmscore(PENDING, names)  # type: ignore[arg-type]
        for name in names:
            pipeline.pttl(KEY + name)
        values, scores, *lives = self._ask(lambda: pipeline.execute(raise_on_error=False))
        if isinstance(scores, RedisError):  # the set is no set
            scores = [None] * len(names)
        return [_entry(value, score, life) for value, score, life in zip(values, scores, lives, strict=True)]

    def repair(self, found: Sequence[tuple[Window, Entry]]) -> list[bool]:
        """Show each window, unless its key holds something else by now."""
        now = self._now()
        arguments = [part for window, entry in found for part in (*_shown(window, now), _seen(entry))]
        keys = [PENDING, *(_key(window) for window, _ in found)]
        return [bool(done) for done in self._ask(lambda: self._repair(keys, arguments))]

    def pages(self) -> Iterator[list[bytes]]:
        """All names in the set, then those of all keys."""
        if self._ask(lambda: self._client.type(PENDING)) not in (b"zset", b"none"):
            self._ask(lambda: self._client.delete(PENDING))
        cursor = None
        while cursor != 0:
            cursor, members = self._ask(lambda: self._client.zscan(PENDING, cursor or 0, count=_PAGE))  # noqa: B023
            yield [name for name, _ in members]
        cursor = None
        while cursor != 0:
            cursor, keys = self._ask(lambda: self._client.scan(cursor or 0, KEY + b"*", _PAGE))  # noqa: B023
            yield [key.removeprefix(KEY) for key in keys]

    def remove(self, names: Sequence[bytes]) -> int:
        """Remove keys and members, in one round trip."""
        pipeline = self._client.pipeline(transaction=False)
        for name in names:
            pipeline.delete(KEY + name)
            pipeline.zrem(PENDING, name)
        removed = self._ask(pipeline.execute)
        return sum(bool(key or member) for key, member in zip(removed[::2], removed[1::2], strict=True))

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _ask(self, question: Any) -> Any:
        try:
            return question()
        except RedisError as error:
            raise GatewayUnavailable(f"the mirror of windows: {error}") from error


def connect(url: str, *, ca_file: Path | None = None) -> "Redis":
    """A connection that gives up quickly."""
    options: dict[str, Any] = {"ssl_ca_certs": str(ca_file)} if ca_file and url.startswith("rediss:") else {}
    return Redis.from_url(
        url,
        socket_timeout=_ANSWER,
        socket_connect_timeout=_ANSWER,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        **options,
    )


def _key(window: Window) -> bytes:
    return KEY + str(window.session_id).encode()


def _shown(window: Window, now: Any) -> tuple[str, bytes, str | int, int]:
    """What the scripts are told of a window: name, value, place, milliseconds to live."""
    life = int(window.left(now).total_seconds() * 1000)
    return str(window.session_id), window.value, "" if window.is_over else window.score, life


def _seen(entry: Entry) -> bytes:
    return ABSENT if entry.value is None else PRESENT + entry.value


def _entry(value: bytes | None, score: float | None, life: int) -> Entry:
    if value is None and life >= _NO_END:
        value = b""  # a key that holds no text
    return Entry(value, None if life < 0 else timedelta(milliseconds=life), score)
