"""How long is kept what nobody waits for, in months: which months must be ready, and which may go.

What proof rests on has no end: audit entries, ledger, receipts, payments with their attempts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

#: Months made ready beside the present one, so that a house in which nothing is made for weeks still has its place.
AHEAD: Final = 2
#: Stripe lists events, and sends them again, for 30 days: what it may still tell is not forgotten before. The days
#: above are for clocks, and for whoever looks at month's end.
STILL_TOLD: Final = timedelta(days=35)
SHORTEST_DAYS: Final = STILL_TOLD.days
DEFAULT_DAYS: Final = 180


def month_of(at: datetime, later: int = 0) -> datetime:
    """The beginning of a moment's month, by UTC, or of one so many months later."""
    year, month = divmod(at.astimezone(UTC).year * 12 + at.astimezone(UTC).month - 1 + later, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def months_to_come(now: datetime) -> Iterator[datetime]:
    """The beginnings of the months that must be ready: the present one and those ahead."""
    return (month_of(now, later) for later in range(AHEAD + 1))


@dataclass(frozen=True, slots=True)
class Retention:
    """How long is kept what is over; None: for good."""

    webhook_events: timedelta | None = timedelta(days=DEFAULT_DAYS)
    outgoing_events: timedelta | None = timedelta(days=DEFAULT_DAYS)


def kept_since(now: datetime, kept: timedelta | None) -> datetime | None:
    """The beginning of the first month of which anything is kept; None: all is kept.

    A month is whole: what is of its last day is kept for so long, so what is of its first for a month more.
    """
    return None if kept is None else month_of(now - kept)
