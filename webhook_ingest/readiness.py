"""Whether this process can do its work, asked at most once a second."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

import structlog

T = TypeVar("T")
_log = structlog.get_logger(__name__)
#: Several probes share one answer.
_KEPT_SECONDS: Final = 1.0
#: Less than a probe's own patience, so that it hears "no" rather than nothing.
_PATIENCE_SECONDS: Final = 3.0


class Readiness:
    """Asks `ready` in a thread, for it waits for a database that may be away. An error means no."""

    def __init__(
        self, ready: Callable[[], bool], *, kept: float = _KEPT_SECONDS, patience: float = _PATIENCE_SECONDS
    ) -> None:
        self._ready = ready
        self._kept = kept
        self._patience = patience
        self._asked: asyncio.Future[bool] | None = None
        self._asked_at = 0.0

    async def __call__(self) -> bool:
        """The answer, at most a second old; no if it does not come soon."""
        now = asyncio.get_running_loop().time()
        # One that is still being asked is not asked again: threads must not pile up while the database is away.
        if self._asked is None or (self._asked.done() and now - self._asked_at >= self._kept):
            self._asked, self._asked_at = in_thread(self._ask), now
        try:
            return await asyncio.wait_for(asyncio.shield(self._asked), self._patience)
        except TimeoutError:
            return False

    def _ask(self) -> bool:
        try:
            return self._ready()
        except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
            _log.warning("readiness.unknown", error=type(error).__name__)
            return False


def in_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """Run work that may wait in a thread that the end of the process does not wait for."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: Exception | None) -> None:
        if result.done():
            return
        if error is None:
            result.set_result(value)  # type: ignore[arg-type]
        else:
            result.set_exception(error)

    def run() -> None:
        value, error = None, None
        try:
            value = work()
        except Exception as caught:  # noqa: BLE001 - handed on to whoever awaits it
            error = caught
        with suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=run, name="probe", daemon=True).start()
    return result
