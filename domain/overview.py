"""Spans of time that an operator looks back over, and how payments went in one of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

#: An alert stands there (REQUIREMENTS 10.2): share of checkouts that ended paid, over a quarter of an hour.
SUCCESS_LIMIT: Final = 0.97
SUCCESS_WINDOW: Final = timedelta(minutes=15)
#: And there: from a webhook's receipt to its effect.
LAG_LIMIT: Final = timedelta(minutes=2)

#: Lengths of time are counted in classes, each a twentieth of a factor e wider than the one before: known to 2.5 %.
CLASSES_PER_E: Final = 20


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time to look back over."""

    name: str
    length: timedelta
    #: One bar of a chart.
    step: timedelta
    #: As pages say it.
    words: str
    #: What was counted over it stays true enough for so long.
    keep: timedelta

    def frame(self, now: datetime) -> "Frame":
        """Where it begins: at a full step, so that only the last one is unfinished."""
        begun = now - (now - datetime(1970, 1, 1, tzinfo=UTC)) % self.step
        return Frame(begun - self.length + self.step, now, self.step)


@dataclass(frozen=True, slots=True)
class Frame:
    """A span at one moment."""

    since: datetime
    until: datetime
    step: timedelta

    @property
    def before(self) -> datetime:
        """Where as long a time before it began."""
        return self.since - (self.until - self.since)

    @property
    def starts(self) -> list[datetime]:
        """When each step began; the last one is not over."""
        return [self.since + n * self.step for n in range(math.ceil((self.until - self.since) / self.step) or 1)]


_SPANS: Final = (
    Span("1h", timedelta(hours=1), timedelta(minutes=5), "hour", timedelta(seconds=3)),
    Span("24h", timedelta(hours=24), timedelta(hours=1), "24 hours", timedelta(seconds=5)),
    Span("7d", timedelta(days=7), timedelta(hours=6), "7 days", timedelta(seconds=20)),
    Span("30d", timedelta(days=30), timedelta(days=1), "30 days", timedelta(seconds=60)),
)
SPANS: Final[Mapping[str, Span]] = {one.name: one for one in _SPANS}
USUAL: Final = "24h"


@dataclass(slots=True)
class Lengths:
    """How long something took, many times."""

    #: How often, by class.
    counts: dict[int, int] = field(default_factory=dict)

    def add(self, one: int, count: int) -> None:
        """So many more of a class."""
        self.counts[one] = self.counts.get(one, 0) + count

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    def within(self, share: float) -> timedelta | None:
        """How long it took at most in this share of them; None where there are none."""
        wanted, seen = share * self.total, 0
        for one in sorted(self.counts):
            seen += self.counts[one]
            if seen >= wanted:
                return _middle(one)
        return None

    def split(self, edges: Sequence[timedelta]) -> list[int]:
        """How many took less than the first edge, less than the second, …, and as long as the last or longer."""
        found = [0] * (len(edges) + 1)
        for one, count in self.counts.items():
            found[sum(_middle(one) >= edge for edge in edges)] += count
        return found


def _middle(one: int) -> timedelta:
    return timedelta(seconds=math.exp((one + 0.5) / CLASSES_PER_E))


@dataclass(slots=True)
class Takings:
    """Money collected in one currency. Currencies are never added up."""

    currency: str
    #: Minor units of each step.
    steps: list[int]
    payments: list[int]
    before_minor: int = 0

    @property
    def minor(self) -> int:
        """All of it."""
        return sum(self.steps)


@dataclass(slots=True)
class Endings:
    """How checkouts ended, by steps; and how long it took to pay."""

    paid: list[int]
    expired: list[int]
    canceled: list[int]
    before_paid: int = 0
    before_expired: int = 0
    #: Within the last `SUCCESS_WINDOW`.
    lately_paid: int = 0
    lately_expired: int = 0
    to_pay: Lengths = field(default_factory=Lengths)
    to_pay_before: Lengths = field(default_factory=Lengths)

    @property
    def success(self) -> float | None:
        """Share that was paid, of those that were paid or ran out; None where none ended."""
        return share(sum(self.paid), sum(self.expired))

    @property
    def success_before(self) -> float | None:
        """The same, of the time before."""
        return share(self.before_paid, self.before_expired)

    @property
    def lately(self) -> float | None:
        """The same, of the last quarter of an hour."""
        return share(self.lately_paid, self.lately_expired)

    @property
    def by_step(self) -> list[float | None]:
        """The same, of each step."""
        return [share(paid, expired) for paid, expired in zip(self.paid, self.expired, strict=True)]


def share(good: int, bad: int) -> float | None:
    """What part is good; None of nothing."""
    return good / (good + bad) if good + bad else None


#: What gave up waits, too, though for no queue.
DEAD_LETTERS: Final = "dead_letters"


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that waits."""

    #: A queue, or `DEAD_LETTERS`.
    name: str
    #: Counted up to a bound.
    count: int
    #: Since when the oldest waits.
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Lag:
    """How late webhooks had their effect in one step, in seconds: half of them sooner, and 99 of 100."""

    median: float | None
    p99: float | None
    events: int


def lag_of(seconds: Sequence[float]) -> Lag:
    """Read off what was measured."""
    ordered = sorted(seconds)
    if not ordered:
        return Lag(None, None, 0)
    return Lag(ordered[(len(ordered) - 1) // 2], ordered[math.ceil(0.99 * len(ordered)) - 1], len(ordered))
