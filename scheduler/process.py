"""The scheduler process: rings what is due, if it is the leader."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector
from prometheus_client.registry import Collector

from domain.processes import BEAT_SECONDS
from gateways.queue.health import HealthServer
from gateways.queue.signals import StopSignal
from models.unit_of_work import Ring
from scheduler.leader import Leader
from scheduler.schedule import Job

log = structlog.get_logger()

DEFAULT_METRICS_PORT: Final = 9192


class ShowLife(Protocol):
    """Shows others that this process lives. It may raise what a database raises."""

    def __call__(self, report: Mapping[str, Any], /) -> object:
        """Show it, and what we do."""
        ...

    def leave(self) -> None:
        """We end as we should."""
        ...


@dataclass(frozen=True, slots=True)
class Ticking:
    """Rings for the jobs of a schedule while we lead, and shows when it did."""

    ring: Ring
    is_leader: Callable[[], bool]
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    last: Gauge = field(init=False)
    rang: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        last = Gauge(
            "payments_scheduler_last_tick_timestamp_seconds",
            "When a job last rang, in Unix seconds.",
            ["job", "kind"],
            registry=self.registry,
        )
        object.__setattr__(self, "last", last)
        leads = Gauge("payments_scheduler_leader", "1 where this process leads.", registry=self.registry)
        leads.set_function(lambda: float(self.is_leader()))
        ProcessCollector(registry=self.registry)

    def tick(self, job: Job) -> None:
        """Ring for one job, if we lead."""
        if self.is_leader():
            self.ring(Counter({job.bell: 1}))
            self.rang[job.name] = time.time()
            self.last.labels(job.name, job.kind).set(self.rang[job.name])


def run(
    ring: Ring,
    database_url: str,
    jobs: Sequence[Job],
    *,
    metrics_port: int | None = DEFAULT_METRICS_PORT,
    metrics_host: str = "127.0.0.1",
    collectors: Sequence[Collector] = (),
    life: ShowLife | None = None,
) -> int:
    """Ring by the clock until told to stop by SIGTERM or SIGINT; must be called in the main thread.

    Args:
        ring: rings the bells of the broker.
        database_url: where the leader is agreed on.
        jobs: what is due when; see `scheduler.schedule.schedule`.
        metrics_port: where `/healthz` and `/metrics` are; None for nowhere, 0 for anywhere.
        metrics_host: the interface they listen on.
        collectors: what else `/metrics` tells: how the whole system stands.
        life: shows operators that we live, whether we lead, and what rang when.

    Returns:
        The exit code.

    Raises:
        OSError: the port is in use.
    """
    stop = StopSignal()
    leader = Leader(database_url)
    ticking = Ticking(ring, lambda: leader.is_leader)
    for collector in collectors:
        ticking.registry.register(collector)
    clockwork = _clockwork(ticking, jobs)
    if life is not None:
        clockwork.add_job(
            _show, "interval", seconds=BEAT_SECONDS, args=[life, ticking, jobs], coalesce=True, max_instances=1
        )
    health = None
    if metrics_port is not None:
        health = HealthServer(ticking.registry, lambda: None, metrics_port, metrics_host).start()
    leader.start()
    clockwork.start()
    log.info("scheduler.started", jobs=[job.name for job in jobs])
    stop.wait()
    clockwork.shutdown(wait=True)
    if life is not None:
        _leave(life)
    leader.stop()
    if health:
        health.stop()
    log.info("scheduler.stopped")
    return 0


def _clockwork(ticking: Ticking, jobs: Sequence[Job]) -> BackgroundScheduler:
    clockwork = BackgroundScheduler(timezone="UTC")
    for job in jobs:
        clockwork.add_job(
            ticking.tick,
            "interval",
            seconds=job.seconds,
            args=[job],
            id=job.name,
            # Ticks that were missed while the machine slept are one tick, however late.
            coalesce=True,
            misfire_grace_time=None,
            max_instances=1,
        )
    return clockwork


def _show(show_life: ShowLife, ticking: Ticking, jobs: Sequence[Job]) -> None:
    told = {job.name: {"every": job.seconds, "last": ticking.rang.get(job.name)} for job in jobs}
    try:
        show_life({"leads": ticking.is_leader(), "jobs": told})
    except Exception as error:  # noqa: BLE001 - that nobody sees us must not keep us from ringing
        log.debug("life.not_shown", error=str(error))


def _leave(life: ShowLife) -> None:
    try:
        life.leave()
    except Exception as error:  # noqa: BLE001 - others see that we are gone some seconds later
        log.debug("life.left_without_goodbye", error=str(error))
