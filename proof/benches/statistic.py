"""Medians, percentiles and slopes: what a handful of noisy rounds is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some rounds, with the least and the greatest."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Of one value or more."""
        return cls(median(values), min(values), max(values))

    def document(self) -> dict[str, float]:
        """For JSON."""
        return {"median": short(self.median), "min": short(self.least), "max": short(self.greatest)}

    def __str__(self) -> str:
        return f"{short(self.median):g} ({short(self.least):g}..{short(self.greatest):g})"


@dataclass(frozen=True, slots=True)
class Latency:
    """How long single items took, in milliseconds."""

    p50: float
    p90: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Self:
        """Of one time or more, in any order."""
        ordered = sorted(seconds)
        p50, p90, p99 = (percentile(ordered, share) * 1000 for share in (0.5, 0.9, 0.99))
        return cls(p50, p90, p99, ordered[-1] * 1000)

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {"p50": short(self.p50), "p90": short(self.p90), "p99": short(self.p99), "max": short(self.longest)}


def percentile(ordered: Sequence[float], share: float) -> float:
    """The least value that so large a share of all does not exceed (nearest rank); `ordered` rises."""
    rank = -(-int(share * 1_000_000) * len(ordered) // 1_000_000)
    return ordered[max(rank, 1) - 1]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """How much y rises per x: the median of the slopes of all pairs (Theil and Sen), which outliers do not bend."""
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2) if x1 != x2]
    return median(slopes) if slopes else 0.0


def short(value: float) -> float:
    """Three digits that say something."""
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))  # noqa: PLR2004 - where digits are whole
