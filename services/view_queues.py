"""How the queues stand, who serves them, and whether what waits will be done in time."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.clock import Clock
from domain.processes import LiveProcess
from domain.queues import INTAKE, QUEUES, Pause, QueueFacts
from gateways.queue.broker import Depth
from models.lines import MOST, SOON, Line, Lines, Windows
from models.operating import Operating
from models.unit_of_work import Begin

#: Asks the broker; None while it is away.
AskBroker = Callable[[Sequence[str]], Mapping[str, Depth] | None]

#: Processes that are shown.
_MOST_PROCESSES: Final = 200
#: What waits for longer, although its queue is not paused, is late.
LATE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class QueueStanding:
    """One queue. Rates are pieces a minute."""

    facts: QueueFacts
    #: Messages in the broker; None while it is away.
    messages: int | None
    #: Rows that wait in the database.
    waiting: int
    oldest: datetime | None
    came: float | None
    done: float | None
    pause: Pause | None
    #: Live workers that serve it.
    served_by: int

    @property
    def is_counted_whole(self) -> bool:
        """Whether there is no more than what was counted."""
        return self.waiting < MOST

    @property
    def drained_in(self) -> timedelta | None:
        """When nothing will be left, as it goes now; None if nobody can say."""
        if not self.waiting or self.pause is not None or not self.done:
            return None
        net = self.done - (self.came or 0)
        return timedelta(minutes=self.waiting / net) if net > 0 else None

    def is_late(self, now: datetime) -> bool:
        """Whether something waits for too long, although nobody has paused it."""
        return self.pause is None and self.oldest is not None and now - self.oldest > LATE


@dataclass(frozen=True, slots=True)
class Standing:
    """All of it, at one moment."""

    queues: Sequence[QueueStanding]
    processes: Sequence[LiveProcess]
    windows: Windows
    broker_answers: bool

    def of(self, queue: str) -> QueueStanding:
        """One queue."""
        return next(one for one in self.queues if one.facts.name == queue)


@dataclass(frozen=True, slots=True)
class ViewQueues:
    """Reads for the page of queues and workers."""

    begin: Begin
    ask_broker: AskBroker
    grace: timedelta
    now: Clock

    def __call__(self, until: datetime | None = None) -> Standing:
        """How all stand now.

        Args:
            until: windows that end by then count as ending soon; by default within the hour.
        """
        now = self.now()
        depths = self.ask_broker(list(QUEUES))
        with self.begin() as uow:
            operating, lines = Operating(uow.connection), Lines(uow.connection)
            pauses = {one.queue: one for one in operating.pauses(now)}
            waiting, windows = lines.of(now, self.grace), lines.windows(now, until or now + SOON)
            processes = operating.processes(_MOST_PROCESSES)
        alive = [one for one in processes if one.role == "worker" and not one.is_gone(now)]
        done = _done(alive)
        queues = []
        for name, facts in QUEUES.items():
            line, depth = waiting.get(name, Line()), None if depths is None else depths.get(name, Depth(0))
            served = sum(not one.report.get("queues") or name in one.report["queues"] for one in alive)
            if name == INTAKE and depth is not None:
                line = _in_broker(line, depth)  # elsewhere messages are bells: their number says nothing
            queues.append(
                QueueStanding(
                    facts,
                    messages=None if depth is None else depth.waiting,
                    waiting=line.waiting,
                    oldest=line.oldest,
                    came=line.came,
                    done=done.get(name, 0.0),
                    pause=pauses.get(name),
                    served_by=served,
                )
            )
        return Standing(queues, processes, windows, depths is not None)


def _in_broker(line: Line, depth: Depth) -> Line:
    oldest = datetime.fromtimestamp(depth.oldest_ms / 1000, UTC) if depth.oldest_ms else None
    return line._replace(waiting=depth.waiting, oldest=oldest)


def _done(workers: Sequence[LiveProcess]) -> dict[str, float]:
    """Pieces a minute, all workers together."""
    rates: Counter[str] = Counter()
    for one in workers:
        seconds = float(one.report.get("seconds") or 0)
        if seconds > 0:
            for queue, count in one.report.get("done", {}).items():
                rates[queue] += count * 60 / seconds
    return dict(rates)
