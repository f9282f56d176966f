"""How the queues stand, for Prometheus."""

import time
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gateways.queue.broker import WorkBroker


class QueueCollector(Collector):
    """Asks the broker when it is scraped."""

    def __init__(self, broker: WorkBroker) -> None:
        self._broker = broker

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Depth and age of each queue."""
        depth = GaugeMetricFamily("payments_queue_depth", "Messages that wait.", labels=["queue"])
        age = GaugeMetricFamily("payments_queue_oldest_age_seconds", "Age of the oldest that waits.", labels=["queue"])
        for queue, stands in self._broker.depths().items():
            depth.add_metric([queue], stands.waiting)
            made = stands.oldest_ms / 1000
            age.add_metric([queue], max(0.0, time.time() - made) if made else 0.0)
        yield depth
        yield age

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is asked for when it is registered."""
        return iter(())
