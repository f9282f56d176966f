"""Whether this process can do its work, asked at most once a second, however many probes ask."""

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

_log = structlog.get_logger(__name__)
_KEPT_SECONDS: Final = 1.0


class Readiness:
    """Asks `ready`, which may wait for a database that is away. An error means no."""

    def __init__(self, ready: Callable[[], bool], tick: Callable[[], float] = time.monotonic) -> None:
        self._ready = ready
        self._tick = tick
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._answer = False

    def __call__(self) -> bool:
        """The answer, at most a second old. While one asks, the others take the last answer."""
        if self._lock.acquire(blocking=self._asked_at is None):
            try:
                if self._asked_at is None or self._tick() - self._asked_at >= _KEPT_SECONDS:
                    self._answer, self._asked_at = self._ask(), self._tick()
            finally:
                self._lock.release()
        return self._answer

    def _ask(self) -> bool:
        try:
            return self._ready()
        except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
            _log.warning("readiness.unknown", error=type(error).__name__)
            return False
