"""All metrics as a page for people, made from what the processes register.

`python -m tests.deploy.metrics_page > docs/reference/metrics.md` writes it anew; a test compares.
"""

import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

from models import backlog
from models.database import Database
from models.differences import UNEXPLAINED
from proof.synthetic import SyntheticMetrics
from runtime import gauges, server_gauges
from runtime.backlogs import BacklogCollector
from runtime.gauges import StandingCollector
from runtime.metrics import declare_metrics
from runtime.server_gauges import ServerCollector
from scheduler.process import Ticking
from workers.metrics import PoolCollector, PoolStands, QueueCollector, WorkMetrics

HEAD = """# Metrics

What `/metrics` of each process tells, beside what Prometheus' client tells of every process. What the scheduler asks of
the database, and workers of the broker, is the same figure at each of them: take `max`, never `sum`.

This page is made from the code: `python -m tests.deploy.metrics_page > docs/reference/metrics.md`."""
#: One row of the right width for each question of the collectors.
ROWS: dict[str, tuple[Any, ...]] = {
    gauges._STANDING: (0,) * 10,
    gauges._ACTIVE: ("pending", "standard", 0),
    gauges._ENDPOINTS: ("auction", 0, 0),
    gauges._NOT_HEALTHY: ("auction", "paused"),
    UNEXPLAINED: ("USD", 0),
    backlog.BACKLOG: ("checkouts.open", 0, 0.0),
    backlog._PAUSED: ("windows",),
    server_gauges._DATABASE: (0,) * 7,
    server_gauges._SESSIONS: ("idle", 0, 0.0),
    server_gauges._TABLES: ("outbox", 0, 0, 0),
}


class Canned:
    """A database that has one row of everything."""

    def rows(self, sql: str, _params: object = ()) -> list[tuple[Any, ...]]:
        return [ROWS[sql]]


class CannedBroker:
    """A broker with one queue."""

    def depths(self) -> dict[str, Any]:
        return {}


def families() -> Iterator[tuple[str, Metric]]:
    """Every family of ours, with the process that tells it."""
    registry = CollectorRegistry()
    declare_metrics(registry, of_process=False)
    yield from (("worker, api, ingest", family) for family in registry.collect())
    database = cast("Database", Canned())
    ticking = Ticking(lambda _: None, lambda: True)
    asked: list[Collector] = [
        StandingCollector(database), BacklogCollector(database, timedelta()), ServerCollector(database),
    ]  # fmt: skip
    for collector in [*asked, ticking.registry]:
        yield from (("scheduler", family) for family in collector.collect())
    done = CollectorRegistry()
    WorkMetrics(done, ["events"])
    own: list[Any] = [done, QueueCollector(cast("Any", CannedBroker())), PoolCollector(lambda: PoolStands(1, (), 0))]
    yield from (("worker", family) for collector in own for family in collector.collect())
    checks = CollectorRegistry()
    SyntheticMetrics(checks)
    yield from (("synthetic", family) for family in checks.collect())


def page() -> str:
    """The page."""
    rows = {}
    for process, family in families():
        if family.name.startswith("payments_"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            assert name not in rows, f"{name} is told twice"
            rows[name] = f"| `{name}` | {family.type} | {process} | {family.documentation} |"
    table = ["| name | type | process | what it tells |", "|---|---|---|---|", *(rows[name] for name in sorted(rows))]
    return f"{HEAD}\n\n" + "\n".join(table) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
