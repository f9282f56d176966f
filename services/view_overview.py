"""How payments go, for the console's first page: counted over a span, kept for seconds, each part failing alone."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from psycopg import Connection

from domain.clock import Clock
from domain.errors import TransientError
from domain.needs import GATHERED, Need, NeedKind, in_order, of_machinery
from domain.overview import SPANS, SUCCESS_WINDOW, Backlog, Endings, Frame, Lag, Span, Takings, lag_of
from domain.processes import LiveProcess
from models import needs
from models.operating import Operating
from models.overview import Overview as Reads

#: What is open is sorted by the time it has left: less than each of these, or more.
LEFT: Final = tuple(timedelta(minutes=minutes) for minutes in (10, 60, 6 * 60, 12 * 60, 24 * 60))
#: How things stand is read so often, at most.
KEEP: Final = timedelta(seconds=3)
#: No figure is worth more of the database's time.
_PATIENCE: Final = "SET LOCAL statement_timeout = '8s'"

_MOST_PROCESSES: Final = 200

T = TypeVar("T")
Begin = Callable[[], AbstractContextManager[Connection[Any]]]


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand now."""

    #: Open windows that are over, and by `LEFT`.
    windows: Sequence[int]
    backlogs: Sequence[Backlog]
    #: Minor units that nobody can explain, by currency, and when the books were last compared.
    unexplained: Mapping[str, int]
    compared_at: datetime | None
    processes: Sequence[LiveProcess]
    needs: Sequence[Need]
    #: How many there are of each kind, counted up to a bound.
    counts: Mapping[NeedKind, int]
    any_payment: bool

    @property
    def needed(self) -> int:
        """How many things there are to do."""
        return sum(1 if kind in GATHERED else count for kind, count in self.counts.items())


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted over a span. None: could not be read now."""

    frame: Frame
    takings: Sequence[Takings] | None
    endings: Endings | None
    lags: Sequence[Lag] | None
    lag: Lag | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole page."""

    span: Span
    counted: Counted
    #: None: could not be read now.
    standing: Standing | None
    at: datetime

    @property
    def frame(self) -> Frame:
        """What the figures are of."""
        return self.counted.frame


@dataclass(slots=True)
class _Kept(Generic[T]):
    """Something that is read at most so often, by one thread for all that want it meanwhile."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    at: datetime | None = None
    value: T | None = None

    def get(self, now: datetime, keep: timedelta, read: Callable[[], T | None]) -> T | None:
        with self.lock:
            if self.at is None or not timedelta(0) <= now - self.at < keep:
                self.value, self.at = read(), now
            return self.value


@dataclass(frozen=True, slots=True)
class ViewOverview:
    """Reads only, with a bounded number of queries, none of which walks a table that only grows."""

    begin: Begin
    #: Where the figures of a span are counted, seconds behind maybe; how things stand is read at the source.
    report: Begin
    #: How long a window that is over may wait to be closed.
    grace: timedelta
    now: Clock
    _counted: Mapping[str, _Kept[Counted]] = field(default_factory=lambda: {name: _Kept() for name in SPANS})
    _standing: _Kept[Standing] = field(default_factory=_Kept)

    def __call__(self, span: Span) -> Overview:
        """The page for a span, whose figures are as old as `span.keep` at most."""
        now = self.now()
        counted = self._counted[span.name].get(now, span.keep, lambda: self._count(span.frame(now)))
        assert counted is not None  # noqa: S101 - its parts may be missing, and it is there
        return Overview(span, counted, self.standing(), now)

    def standing(self) -> Standing | None:
        """How things stand, as old as `KEEP` at most; None if that cannot be read now."""
        now = self.now()
        return self._standing.get(now, KEEP, lambda: _part(self.begin, lambda reads: _standing(reads, self.grace, now)))

    def forget(self) -> None:
        """Somebody acts: whoever looks next sees what came of it."""
        self._standing.at = None

    def _count(self, frame: Frame) -> Counted:
        lags = _part(self.report, lambda reads: reads.lags(frame))
        return Counted(
            frame=frame,
            takings=_part(self.report, lambda reads: _takings(reads, frame)),
            endings=_part(self.report, lambda reads: _endings(reads, frame)),
            lags=None if lags is None else _lags(lags, frame),
            lag=None if lags is None else lag_of([seconds for _, seconds in lags]),
        )


def _part(begin: Begin, read: Callable[[Reads], T]) -> T | None:
    try:
        with begin() as connection:
            connection.execute(_PATIENCE)
            return read(Reads(connection))
    except TransientError:
        return None


def _takings(reads: Reads, frame: Frame) -> list[Takings]:
    """The currency with most payments first."""
    steps, found = len(frame.starts), dict[str, Takings]()
    for step, currency, payments, minor in reads.collected(frame):
        one = found.setdefault(currency, Takings(currency, [0] * steps, [0] * steps))
        if step < 0:
            one.before_minor += minor
        else:
            one.steps[step] += minor
            one.payments[step] += payments
    return sorted(found.values(), key=lambda one: (-sum(one.payments), one.currency))


def _endings(reads: Reads, frame: Frame) -> Endings:
    steps = len(frame.starts)
    found = Endings([0] * steps, [0] * steps, [0] * steps)
    for step, class_, count in reads.paid(frame):
        if step < 0:
            found.before_paid += count
            found.to_pay_before.add(class_, count)
        else:
            found.paid[step] += count
            found.to_pay.add(class_, count)
    for step, status, count in reads.closed(frame):
        if step < 0:
            found.before_expired += count if status == "expired" else 0
        elif status in ("expired", "canceled"):
            (found.expired if status == "expired" else found.canceled)[step] += count
    found.lately_paid, found.lately_expired = reads.ended_since(frame.until - SUCCESS_WINDOW, frame.until)
    return found


def _lags(measured: Sequence[tuple[int, float]], frame: Frame) -> list[Lag]:
    seconds: list[list[float]] = [[] for _ in frame.starts]
    for step, one in measured:
        seconds[min(step, len(seconds) - 1)].append(one)
    return [lag_of(one) for one in seconds]


def _standing(reads: Reads, grace: timedelta, now: datetime) -> Standing:
    operating, backlogs = Operating(reads.connection), reads.backlogs(now, grace)
    processes = operating.processes(_MOST_PROCESSES)
    workers = sum(one.role == "worker" and not one.is_gone(now) for one in processes)
    unexplained, compared_at = reads.unexplained()
    of_people, counts = needs.waiting(reads.connection)
    of_ours = of_machinery(backlogs, operating.pauses(now), unexplained, workers, now)
    return Standing(
        windows=reads.windows(now, LEFT),
        backlogs=backlogs,
        unexplained=unexplained,
        compared_at=compared_at,
        processes=processes,
        needs=in_order([*of_people, *of_ours]),
        counts=Counter(counts) + Counter(need.kind for need in of_ours),
        any_payment=reads.any_payment(),
    )
