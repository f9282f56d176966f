"""Three ways of taking webhooks, each a process with a database and a Redis of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from redis import Redis

from proof.benches.ground import Ground, Running
from proof.benches.ingest.events import SignedEvents
from proof.benches.load import Plan, Result, generator
from proof.benches.rounds import Sample

CONNECTIONS: Final = 64
#: Requests made beforehand for a second; what goes beyond is made meanwhile.
_PREPARED: Final = 12_000
_MOST_PREPARED: Final = 60_000


@dataclass
class Way:
    """One way, running."""

    ground: Ground
    running: Running
    table: str
    database: str
    redis: str
    #: Whether each event is a message of its own, rather than a bell for many.
    enqueues: bool
    events: SignedEvents
    #: Events that were answered 200, from the beginning.
    stored: int = 0
    _first: Iterator[int] = field(default_factory=lambda: count(0, 10_000_000))

    def next_first(self) -> int:
        """The number of an event after all that were sent so far."""
        return next(self._first)

    def round(self, seconds: float, *, requests: int = 0, others: Callable[[], Result] | None = None) -> Sample:
        """Take webhooks for so long, and count what is there afterwards.

        Args:
            seconds: for which they are sent.
            requests: at most so many.
            others: gives what came back to others who send meanwhile; their events are counted as well.
        """
        prepared = min(requests or int(min(seconds, _MOST_PREPARED) * _PREPARED), _MOST_PREPARED)
        plan = Plan(self.running.port, self.events, seconds, CONNECTIONS, self.next_first(), requests, prepared)
        with generator(plan) as load, self.ground.cpu(process=self.running.pid) as cpu:
            result = load()
        also = others() if others else Result()
        wrong = [*result.complaints(), *also.complaints(), *self.missing(result.answers[200] + also.answers[200])]
        return Sample(result.answers[200], result.seconds, cpu, result.latencies, wrong)

    def missing(self, answered: int) -> list[str]:
        """What was lost or doubled, `answered` events after the last look."""
        self.stored += answered
        query = f"SELECT count(*), count(DISTINCT {self._id}) FROM {self.table}"  # noqa: S608 - our own words
        rows, distinct = self.ground.rows(self.database, query)[0]
        wrong = []
        if rows != self.stored:
            wrong.append(f"{self.stored} events were answered 200, and {rows} are stored")
        if rows != distinct:
            wrong.append(f"{rows - distinct} events are stored twice")
        with Redis.from_url(self.redis) as redis:
            messages = redis.hlen("dramatiq:webhooks.msgs") if self.enqueues else redis.dbsize()
            if self.enqueues and messages != answered:
                wrong.append(f"{answered} events were stored, and {messages} are enqueued")
            if answered and not messages:
                wrong.append("nobody was rung")
            redis.flushdb()
        return wrong

    @property
    def _id(self) -> str:
        return "id" if self.enqueues else "stripe_event_id"


@contextmanager
def gavelpay(ground: Ground) -> Iterator[Way]:
    """`gavelpay ingest`, as it is run."""
    database, redis = ground.database(), ground.redis()
    with ground.house("ingest", env=ground.environment(database, redis)) as running:
        yield Way(ground, running, "webhook_events", database, redis, False, _events(ground))


@contextmanager
def usual(ground: Ground) -> Iterator[Way]:
    """`construct_event`, one INSERT, `send`."""
    with _baseline(ground, "usual_ingest", "usual_events") as way:
        yield way


@contextmanager
def bare(ground: Ground) -> Iterator[Way]:
    """Raw ASGI, group commit, pipelined enqueue."""
    with _baseline(ground, "bare_ingest", "bare_events") as way:
        yield way


@contextmanager
def _baseline(ground: Ground, name: str, table: str) -> Iterator[Way]:
    database, redis = ground.database(), ground.redis()
    module = ("-m", f"proof.benches.baselines.{name}")
    with ground.process(name, module, env=ground.environment(database, redis)) as running:
        yield Way(ground, running, table, database, redis, True, _events(ground))


def _events(ground: Ground) -> SignedEvents:
    return SignedEvents(ground.keys["STRIPE_WEBHOOK_SECRET"])
