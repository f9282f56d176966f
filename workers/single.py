"""One worker process: Dramatiq's threads, the bells and the net, from start to the last message."""

import threading
from collections.abc import Collection
from typing import Final

import structlog
from dramatiq import Worker

from actors.registry import QUEUES
from gateways.queue.broker import WorkBroker
from models.unit_of_work import Ring
from workers.binding import Binder
from workers.life import Gate, Life, WorkerApp
from workers.measuring import Measure, unmeasured
from workers.net import Net

log = structlog.get_logger()

#: Seconds that work in hand may take after the process was told to stop. What takes longer is given back: its lease
#: runs out, and another worker asks again under the same key.
DRAIN_SECONDS: Final = 20.0
#: Milliseconds after which Dramatiq's idle threads look whether they are to stop.
_IDLE_MS: Final = 500


class UnknownQueue(ValueError):
    """A queue that no actor has."""


class SingleWorker:
    """The work of one process. `start` it, and `stop` it once."""

    def __init__(
        self,
        app: WorkerApp,
        broker: WorkBroker,
        ring: Ring,
        queues: Collection[str],
        threads: int,
        *,
        measure: Measure = unmeasured,
    ) -> None:
        check_queues(queues)
        self._broker = broker
        self._queues = frozenset(queues)
        self._stopping = threading.Event()
        gate = Gate()
        binder = Binder(broker, app, ring, threads, self._queues, self._stopping, measure, gate)
        doorbells = binder.bind()
        broker.hold_back(gate.is_shut)
        served = sorted(self._queues)
        self._life = Life(app.show_life, gate, doorbells, binder.taken, queues=served, threads=threads)
        self._net = Net(app, doorbells, broker.ring_here, self._stopping)
        self._worker = Worker(broker, queues=set(queues) or None, worker_threads=threads, worker_timeout=_IDLE_MS)

    def start(self) -> None:
        """Begin to work."""
        self._life.start()
        self._broker.start_upkeep(self._queues or frozenset(QUEUES))
        self._worker.start()
        self._net.start()
        log.info("worker.started", queues=sorted(self._queues or QUEUES))

    def problem(self) -> str | None:
        """What is wrong with this process that a new one would not have; None if nothing is."""
        threads = [*self._worker.workers, *self._worker.consumers.values()]
        dead = sum(not thread.is_alive() for thread in threads)
        return f"{dead} of {len(threads)} threads have died" if dead and not self._stopping.is_set() else None

    def stop(self) -> None:
        """Take nothing new, finish what is in hand, give back the rest. Takes `DRAIN_SECONDS` at most, and a little."""
        log.info("worker.stopping")
        self._broker.stop_fetching()
        self._stopping.set()
        self._worker.stop(timeout=int(DRAIN_SECONDS * 1000))
        self._net.join(1)
        self._life.stop()
        self._broker.close()
        log.info("worker.stopped")


def check_queues(queues: Collection[str]) -> None:
    """Refuse names of queues that nobody serves.

    Raises:
        UnknownQueue: it names those that there are.
    """
    unknown = sorted(set(queues) - set(QUEUES))
    if unknown:
        raise UnknownQueue(f"no such queue: {', '.join(unknown)}. There are: {', '.join(sorted(QUEUES))}")
