"""The worker process: one in place, or several under a parent that starts the dead again."""

from collections.abc import Callable, Collection
from typing import Final

import structlog
from prometheus_client import REGISTRY

from actors.registry import QUEUES
from gateways.queue.broker import WorkBroker
from gateways.queue.health import HealthServer
from gateways.queue.signals import StopSignal
from models.unit_of_work import Ring
from runtime import memory
from workers import pool
from workers.life import WorkerApp
from workers.metrics import QueueCollector, WorkMetrics
from workers.single import SingleWorker, check_queues

log = structlog.get_logger()

#: With half of them a process opens checkouts. A call to Stripe takes 0.3 s at most, as a rule: so one process reaches
#: the 25 a second that Stripe permits.
DEFAULT_THREADS: Final = 16
DEFAULT_METRICS_PORT: Final = 9191

#: Seconds between two looks whether all threads are alive.
_CHECK_SECONDS: Final = 5.0

OpenApp = Callable[[], WorkerApp]
OpenBroker = Callable[[], WorkBroker]


def run(
    open_app: OpenApp,
    open_broker: OpenBroker,
    ring: Ring,
    *,
    queues: Collection[str] = (),
    processes: int = 1,
    threads: int = DEFAULT_THREADS,
    metrics_port: int | None = DEFAULT_METRICS_PORT,
    metrics_host: str = "127.0.0.1",
) -> int:
    """Work until told to stop by SIGTERM or SIGINT; must be called in the main thread.

    With several processes this one becomes their parent, and forks them. It must have no threads and no connections.

    Args:
        open_app: makes the application, in the process that works.
        open_broker: makes the broker of a process.
        ring: rings the bells of that broker.
        queues: those to serve; empty for all.
        processes: how many; a machine's cores, as a rule.
        threads: of each process.
        metrics_port: where `/healthz` and `/metrics` are, for all processes together; None for nowhere, 0 for anywhere.
        metrics_host: the interface they listen on.

    Returns:
        The exit code.

    Raises:
        UnknownQueue: a queue that no actor has.
        OSError: the port is in use.
    """
    check_queues(queues)
    stop = StopSignal()
    if processes > 1:
        code = pool.Pool(processes, open_broker, metrics_port, metrics_host).run(stop)
        if code is not None:
            return code
        metrics_port = None  # another child answers for all
    broker = open_broker()
    work = WorkMetrics(REGISTRY, queues or QUEUES)
    worker = SingleWorker(open_app(), broker, ring, queues, threads, measure=work.measure)
    if metrics_port is None:
        return _work(worker, stop)
    collector = QueueCollector(broker)
    REGISTRY.register(collector)
    health = HealthServer(REGISTRY, worker.problem, metrics_port, metrics_host).start()
    try:
        return _work(worker, stop)
    finally:
        health.stop()
        REGISTRY.unregister(collector)


def _work(worker: SingleWorker, stop: StopSignal) -> int:
    memory.settle()
    worker.start()
    problem = None
    while problem is None and not stop.wait(_CHECK_SECONDS):
        problem = worker.problem()
    if problem is not None:
        log.critical("worker.unwell", problem=problem)  # whoever started us starts us again
    worker.stop()
    return 0 if problem is None else 1
