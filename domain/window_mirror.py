"""Payment windows as Redis shows them, for whoever counts down. PostgreSQL decides, never the mirror."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from domain.lifecycle import FINAL
from domain.session import PaymentSession

#: What a key's remaining life may be off: the way to Redis and back, and how far two clocks drift within a window.
SLACK: Final = timedelta(seconds=5)


class Window(NamedTuple):
    """What there is to mirror of a session."""

    session_id: UUID
    expires_at: datetime
    version: int
    #: The session has reached its end: nothing of it belongs into the mirror.
    is_over: bool = False

    @property
    def value(self) -> bytes:
        """What its key holds."""
        shown = {"expiresAt": self.expires_at.astimezone(UTC).isoformat(), "version": self.version}
        return json.dumps(shown, separators=(",", ":")).encode()

    @property
    def score(self) -> int:
        """Its place among the pending expirations: its end in milliseconds since 1970."""
        return int(self.expires_at.timestamp() * 1000)

    def left(self, now: datetime) -> timedelta:
        """The life of its key; none once the end has passed."""
        return max(self.expires_at - now, timedelta(0))


@dataclass(frozen=True, slots=True)
class Entry:
    """What the mirror shows of a session."""

    #: What its key holds; None if there is no key, empty if the key holds anything but text.
    value: bytes | None = None
    #: The key's remaining life; None if it has no end.
    left: timedelta | None = None
    #: Its place among the pending expirations; None if it has none.
    score: float | None = None

    @property
    def is_missing(self) -> bool:
        """Whether the mirror shows nothing at all."""
        return self.value is None and self.score is None

    def is_right(self, window: Window, now: datetime) -> bool:
        """Whether it shows this window, which is not over."""
        if self.score != window.score:
            return False
        if self.value is None:
            return window.left(now) <= SLACK
        return self.value == window.value and self.left is not None and abs(self.left - window.left(now)) <= SLACK


def window_of(session: PaymentSession) -> Window:
    """The window of a session as it is now."""
    return Window(session.id, session.window_expires_at, session.window_version, session.status in FINAL)
