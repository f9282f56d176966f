"""Times, amounts and ids as people read them (UTC)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from domain.money import Money

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_SECONDS_BELOW: Final = 10 * _MINUTE


def span(length: timedelta) -> str:
    """A length of time: seconds below ten minutes, minutes below a day."""
    length = abs(length)
    seconds = int(length.total_seconds())
    if length < _MINUTE:
        return f"{seconds} s"
    if length < _SECONDS_BELOW:
        return f"{seconds // 60} min {seconds % 60} s"
    if length < _HOUR:
        return f"{seconds // 60} min"
    if length < _DAY:
        return f"{seconds // 3600} h {seconds // 60 % 60} min"
    if length % _DAY < _HOUR:
        return "24 h" if length.days == 1 else f"{length.days} d"
    return f"{length.days} d {seconds % 86400 // 3600} h"


def relative(at: datetime, now: datetime) -> str:
    """How long ago, or in how long."""
    return f"in {span(at - now)}" if at > now else f"{span(now - at)} ago"


def clock(at: datetime, now: datetime) -> str:
    """The time of day, with its date where that is another one."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    day = "" if at.date() == now.date() else f"{at.day} {at:%b} " if at.year == now.year else f"{at.day} {at:%b %Y} "
    return f"{day}{at:%H:%M:%S}"


def day(at: datetime, now: datetime) -> str:
    """A day, as the timeline heads it."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    named = f"{at:%A} {at.day} {at:%B}" + ("" if at.year == now.year else f" {at.year}")
    return f"Today, {named}" if at.date() == now.date() else named


def digits(minor: int, currency: str) -> str:
    """An amount without its currency, with a true minus."""
    return f"{Money(currency, minor).major:,}".replace("-", "\N{MINUS SIGN}")


def last8(name: Any) -> str:
    """The end of an id: the beginning of ours is the time, and looks alike."""
    text = str(name)
    return text[-8:] if len(text) > len("12345678-1234") else text


def date(at: datetime) -> str:
    """A day in short."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b}"


def iso(at: datetime) -> str:
    """For programs."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def masked(address: str | None) -> str | None:
    """Enough of an e-mail address to recognise it, and not more."""
    if not address:
        return None
    name, _, host = address.rpartition("@")
    return f"{name[:1]}•••@{host}"


FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    "span": span,
    "relative": relative,
    "clock": clock,
    "day": day,
    "digits": digits,
    "last8": last8,
    "date": date,
    "iso": iso,
}
