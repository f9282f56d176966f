"""Notices a flood of webhooks with bad signatures, and has one security event recorded for all of it."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from domain.clock import Clock
from domain.security import FLOOD_INTERVAL, FORGED_PER_MINUTE, SecurityEventKind

_log = structlog.get_logger(__name__)
_RATED: Final = timedelta(minutes=1)
_RETRY: Final = timedelta(seconds=5)
#: For an event that is being recorded when the process ends.
_CLOSE_SECONDS: Final = 2.0


def nobody_hears(_reason: str) -> None:
    """Bad signatures are counted, and that is all."""


class ForgeryAlarm:
    """Raises one security event when more bad signatures come in a minute than is usual, then none for five minutes.

    Counting costs about a microsecond on the event loop; recording is done by a thread that nobody waits for. What was
    sent is neither kept nor looked at. An event that could not be recorded is tried again some seconds later, if the
    flood goes on.

    Args:
        record: writes the event down: `RecordSecurityEvent`.
        now: the clock.
        above: bad signatures in a minute that are still borne.
        interval: how long one flood is one event.
    """

    def __init__(
        self,
        record: Callable[..., object],
        now: Clock,
        *,
        above: int = FORGED_PER_MINUTE,
        interval: timedelta = FLOOD_INTERVAL,
    ) -> None:
        self._record = record
        self._now = now
        self._above = above
        self._interval = interval
        self._recent: deque[datetime] = deque(maxlen=above + 1)
        self._reasons: Counter[str] = Counter()
        self._untold: Counter[str] = Counter()
        self._quiet_until: datetime | None = None
        self._thread: threading.Thread | None = None

    def __call__(self, reason: str) -> None:
        """Count a bad signature; `reason` says what was wrong with it."""
        now = self._now()
        self._recent.append(now)
        self._reasons[reason] += 1
        if self._is_flood(now) and not self._is_quiet(now):
            reasons, self._reasons = self._reasons + self._untold, Counter()
            self._untold = Counter()
            self._quiet_until = now + self._interval
            self._thread = threading.Thread(target=self._raise, args=(now, reasons), name="forgeries", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Wait, within two seconds, for an event that is being recorded."""
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)

    def _is_flood(self, now: datetime) -> bool:
        return len(self._recent) > self._above and now - self._recent[0] <= _RATED

    def _is_quiet(self, now: datetime) -> bool:
        """Whether this flood has been told of, or is just being told of."""
        recording = self._thread is not None and self._thread.is_alive()
        return recording or (self._quiet_until is not None and now < self._quiet_until)

    def _raise(self, now: datetime, reasons: Counter[str]) -> None:
        kind, refused = SecurityEventKind.FORGED_WEBHOOKS, reasons.total()
        try:
            self._record(kind, quiet=self._interval, refused=refused, reasons=reasons, above_per_minute=self._above)
        except Exception as error:  # noqa: BLE001 - the flood goes on, and so does the next try
            _log.warning("security_event.lost", kind=kind.value, error=type(error).__name__)
            self._untold, self._quiet_until = reasons, now + _RETRY
