"""How much work waits for workers, by queue, asked of the database when Prometheus asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from domain.bells import queue_of
from domain.errors import TransientError
from domain.promptness import PROMISED
from domain.queues import QUEUES
from models.database import Database
from models.load import read_loads, read_pauses


@dataclass(frozen=True, slots=True)
class LoadCollector(Collector):
    """Due work, its age, and the age that it may have. While the database is away, only the last.

    Several schedulers show the same figures: take the largest of them, never their sum.
    """

    database: Database
    grace: timedelta

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask once for all queues."""
        promised = GaugeMetricFamily(
            "payments_work_promised_seconds", "How soon work is to be done once it is due", labels=["queue"]
        )
        for queue, seconds in PROMISED.items():
            promised.add_metric([queue], seconds.total_seconds())
        yield promised
        try:
            loads, paused = read_loads(self.database, self.grace), read_pauses(self.database)
        except TransientError:
            return
        due = GaugeMetricFamily(
            "payments_work_due", "Pieces of work that are due and not done, up to a hundred thousand", labels=["queue"]
        )
        oldest = GaugeMetricFamily(
            "payments_work_oldest_age_seconds", "Since when the oldest of them has been due", labels=["queue"]
        )
        for one in loads:
            due.add_metric([queue_of(one.bell)], one.due)
            oldest.add_metric([queue_of(one.bell)], max(0.0, one.oldest))
        pauses = GaugeMetricFamily("payments_queue_paused", "1 while a person has paused the queue", labels=["queue"])
        for queue in QUEUES:
            pauses.add_metric([queue], float(queue in paused))
        yield from (due, oldest, pauses)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is asked for when it is registered."""
        return iter(())
