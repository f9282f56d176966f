"""Which months tables have that are kept by the month, asked of the database when Prometheus asks."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from domain.clock import Clock
from domain.errors import TransientError
from domain.retention import AHEAD
from models.database import Database
from models.partitions import DIVIDED, missing, parts


@dataclass(frozen=True, slots=True)
class MonthsCollector(Collector):
    """Months ahead, the oldest one, and what lies in none. While the database is away, nothing.

    Several schedulers show the same figures: take one of them, never their sum.
    """

    database: Database
    now: Clock

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask once for all tables."""
        now = self.now()
        ahead = GaugeMetricFamily("payments_months_ahead", "Months to come that have their place", labels=["table"])
        oldest = GaugeMetricFamily(
            "payments_months_oldest_end_timestamp_seconds", "When the oldest month ended or ends", labels=["table"]
        )
        strays = GaugeMetricFamily("payments_months_stray_rows", "Rows of no month, as estimated", labels=["table"])
        try:
            with self.database.transaction() as connection:
                for divided in DIVIDED:
                    there = parts(connection, divided)
                    lacking = [month for month in missing(connection, divided, now) if month > now]
                    ahead.add_metric([divided.table], AHEAD - len(lacking))
                    strays.add_metric([divided.table], sum(part.rows for part in there if part.ends is None))
                    if ends := [part.ends.timestamp() for part in there if part.ends]:
                        oldest.add_metric([divided.table], min(ends))
        except TransientError:
            return
        yield from (ahead, oldest, strays)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is asked for when it is registered."""
        return iter(())
