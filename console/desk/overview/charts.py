"""Charts as numbers that a template draws: SVG stretched over its place, with words beside it in HTML."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.overview import Frame

_LABELS: Final = 5
_GAP: Final = 0.12


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in hundredths of the plot."""

    x: float
    y: float
    width: float
    height: float
    title: str
    #: Not over yet.
    unfinished: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the `d` of a path. Where nothing is known it has a gap."""

    path: str
    style: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, and the same for those who do not see it."""

    name: str
    #: From the top down.
    ticks: Sequence[str]
    labels: Sequence[str]
    sentence: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    bars: Sequence[Bar] = ()
    lines: Sequence[Line] = ()
    #: How far from the top a limit is drawn, of 100.
    limit: float | None = None

    @property
    def grid(self) -> list[float]:
        """How far from the top each tick is, of 100."""
        return [100 * n / (len(self.ticks) - 1) for n in range(len(self.ticks))]


@dataclass(frozen=True, slots=True)
class Level:
    """One bar of a list of bars."""

    label: str
    value: str
    #: Of 100.
    width: float
    address: str | None = None
    warns: bool = False


def ticks_to(highest: float) -> list[float]:
    """Three or four round numbers from 0 to one that is at least as high, from the top down."""
    if highest <= 0:
        return [1.0, 0.0]
    power = 10.0 ** math.floor(math.log10(highest))
    step = next(
        one * power / 10
        for one in (1, 2, 2.5, 5, 10, 20, 25, 50)
        if math.ceil(highest / (one * power / 10)) <= 4  # noqa: PLR2004
    )
    return [step * n for n in range(math.ceil(highest / step), -1, -1)]


def bars(values: Sequence[float], top: float, title: Callable[[int], str]) -> list[Bar]:
    """Bars side by side; the last one is not over."""
    width = 100 / len(values)
    return [
        Bar(
            round(n * width + width * _GAP, 3),
            round(100 - 100 * value / top, 2),
            round(width * (1 - 2 * _GAP), 3),
            round(100 * value / top, 2),
            title(n),
            unfinished=n == len(values) - 1,
        )
        for n, value in enumerate(values)
    ]


def line(values: Sequence[float | None], low: float, high: float, style: str) -> Line:
    """A line through the middles of the steps. A point that stands alone is drawn as a short dash."""
    width, path, drawing = 100 / len(values), [], False
    for n, value in enumerate(values):
        if value is None:
            drawing = False
            continue
        x, y = (n + 0.5) * width, 100 - 100 * (min(max(value, low), high) - low) / (high - low)
        alone = not drawing and (n + 1 == len(values) or values[n + 1] is None)
        path.append(f"M{x - 1:.2f} {y:.2f}h2" if alone else f"{'L' if drawing else 'M'}{x:.2f} {y:.2f}")
        drawing = True
    return Line("".join(path), style)


def levels(
    named: Sequence[tuple[str, int]],
    addresses: Sequence[str | None] = (),
    warns: Sequence[bool] = (),
    value: Callable[[int], str] = "{:,}".format,
    whole: int = 1,
) -> list[Level]:
    """A list of bars, the longest one whole; `whole` is the least that a whole one stands for."""
    longest = max([whole, *(count for _, count in named)])
    return [
        Level(
            label,
            value(count),
            round(100 * count / longest, 2),
            addresses[n] if n < len(addresses) else None,
            warns=n < len(warns) and warns[n] and count > 0,
        )
        for n, (label, count) in enumerate(named)
    ]


def clock(at: datetime, step: timedelta) -> str:
    """When a step began, as short as it may be."""
    at = at.astimezone(UTC)
    if step < timedelta(hours=6):
        return f"{at:%H:%M}"
    return f"{at.day} {at:%b}" if step >= timedelta(days=1) else f"{at:%a} {at.day}, {at:%H:%M}"


def labels(frame: Frame) -> list[str]:
    """Below a chart: some of its times, and now."""
    starts = frame.starts
    chosen = [starts[len(starts) * n // (_LABELS - 1)] for n in range(_LABELS - 1)]
    short = timedelta(days=1) if frame.step >= timedelta(hours=6) else frame.step
    return [*(clock(at, short) for at in chosen), "now"]


def every(step: timedelta) -> str:
    """How long a step is: hour, 5 minutes."""
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if step >= unit:
            count = step // unit
            return name if count == 1 else f"{count} {name}s"
    return "second"
