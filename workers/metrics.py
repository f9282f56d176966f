"""How the queues stand, what is done of them, and how the processes do that do it."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.errors import TransientError
from gateways.queue.broker import WorkBroker
from workers.measuring import Measuring

#: From a look that finds nothing to a call that Stripe takes its time for.
_TURN: Final = (0.002, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
#: What adds up over processes; of the rest, such as when it was started, the smallest is shown.
_SUMS: Final = frozenset(
    {"process_cpu_seconds", "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds"}
)


class QueueCollector(Collector):
    """Asks the broker when it is scraped. All workers show the same: take the largest, never the sum."""

    def __init__(self, broker: WorkBroker) -> None:
        self._broker = broker

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Depth and age of each queue."""
        depth = GaugeMetricFamily("payments_queue_depth", "Messages that wait in the broker", labels=["queue"])
        age = GaugeMetricFamily(
            "payments_queue_oldest_age_seconds", "Age of the oldest message that waits in the broker", labels=["queue"]
        )
        for queue, stands in self._broker.depths().items():
            depth.add_metric([queue], stands.waiting)
            made = stands.oldest_ms / 1000
            age.add_metric([queue], max(0.0, time.time() - made) if made else 0.0)
        yield depth
        yield age

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is asked for when it is registered."""
        return iter(())


class WorkMetrics:
    """What a process does of each of its queues."""

    def __init__(self, registry: CollectorRegistry, queues: Collection[str]) -> None:
        self._done = Counter("payments_work_done_total", "Pieces of work done", ["queue"], registry=registry)
        self._failures = Counter(
            "payments_work_failures_total",
            "Turns of work that ended in an error: put_off heals by itself, failed needs a person",
            ["queue", "kind"],
            registry=registry,
        )
        self._seconds = Histogram(
            "payments_work_turn_seconds",
            "One turn of work: a batch of what is due, or a look that found nothing",
            ["queue"],
            buckets=_TURN,
            registry=registry,
        )
        for queue in queues:  # what has not happened yet is 0, so that its first time is a rise
            self._done.labels(queue)
            self._seconds.labels(queue)
            for kind in ("put_off", "failed"):
                self._failures.labels(queue, kind)

    @contextmanager
    def measure(self, queue: str) -> Iterator[Measuring]:
        """Measure one turn of the work of a queue."""
        measuring, begun = Measuring(), time.perf_counter()
        try:
            yield measuring
        except Exception as error:
            self._failures.labels(queue, "put_off" if isinstance(error, TransientError) else "failed").inc()
            raise
        finally:
            self._done.labels(queue).inc(measuring.done)
            self._seconds.labels(queue).observe(time.perf_counter() - begun)


@dataclass(frozen=True, slots=True)
class PoolStands:
    """How a pool of processes stands."""

    wanted: int
    alive: tuple[int, ...]
    restarts: int


class PoolCollector(Collector):
    """The processes of a pool together, by the names under which one process shows itself."""

    def __init__(self, stands: Callable[[], PoolStands]) -> None:
        self._stands = stands

    def collect(self) -> Iterator[Metric]:
        """Look at every process."""
        pool = self._stands()
        processes = GaugeMetricFamily("payments_worker_processes", "Processes of this pool", labels=["state"])
        processes.add_metric(["wanted"], pool.wanted)
        processes.add_metric(["alive"], len(pool.alive))
        yield processes
        yield CounterMetricFamily(
            "payments_worker_restarts", "Processes of this pool that died and were started again", value=pool.restarts
        )
        yield from _together(pool.alive)

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked for when it is registered."""
        return iter(())


def _together(pids: Collection[int]) -> Iterator[Metric]:
    families: dict[str, Metric] = {}
    values: dict[str, list[float]] = defaultdict(list)
    for pid in pids:
        collector = ProcessCollector(pid=lambda pid=pid: pid, registry=CollectorRegistry())  # type: ignore[misc]
        for family in collector.collect():
            families[family.name] = family
            values[family.name].extend(sample.value for sample in family.samples)
    for name, family in families.items():
        found = values[name]
        total = sum(found) if name in _SUMS else min(found)
        family.samples = [family.samples[0]._replace(value=total)]
        yield family
