"""Shows that a worker lives and what it does, and hears which queues are paused."""

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import structlog

from actors.app import App
from domain.errors import TransientError
from domain.processes import BEAT_SECONDS
from workers.doorbell import Doorbell

log = structlog.get_logger()

#: Seconds over which it is told how much was done.
_MINUTE: Final = 60.0
_BEATS: Final = int(_MINUTE / BEAT_SECONDS) + 1


class ShowLife(Protocol):
    """Tells others what this process does, and is told which queues are paused."""

    def __call__(self, report: Mapping[str, Any], /) -> frozenset[str]:
        """Show that we live; may raise TransientError."""
        ...

    def leave(self) -> None:
        """We end as we should."""
        ...


class WorkerApp(App, Protocol):
    """The use cases of a worker process, with its signs of life."""

    @property
    def show_life(self) -> ShowLife:
        """Shows that it lives."""
        ...


class Gate:
    """Which queues nothing may be taken from.

    It is shut for all until the first answer: a worker that starts while the database is away can do nothing, and must
    not take what is paused. What was heard last stands while nobody answers.
    """

    def __init__(self) -> None:
        self._paused: frozenset[str] | None = None

    def is_shut(self, queue: str) -> bool:
        """Whether nothing may be taken from this queue now."""
        return self._paused is None or queue in self._paused

    def heard(self, paused: frozenset[str]) -> None:
        """These are paused, and no others."""
        if self._paused is not None or paused:
            for queue in sorted(paused - (self._paused or frozenset())):
                log.warning("queue.paused", queue=queue)
            for queue in sorted((self._paused or frozenset()) - paused):
                log.info("queue.resumed", queue=queue)
        self._paused = paused

    def unheard(self) -> None:
        """Nobody can tell, and waiting does not help: work goes on rather than stand still for ever."""
        if self._paused is None:
            self._paused = frozenset()


class Taken:
    """Counts the messages that are more than bells."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.busy = 0
        self.done = 0

    def begin(self, messages: int) -> None:
        """So many are in hand."""
        with self._lock:
            self.busy += messages

    def end(self, messages: int) -> None:
        """They are done."""
        with self._lock:
            self.busy -= messages
            self.done += messages


class Life:
    """Shows life every two seconds, from a thread of its own, and keeps the gate."""

    def __init__(
        self,
        show: ShowLife,
        gate: Gate,
        doorbells: Mapping[str, Doorbell],
        taken: Mapping[str, Taken],
        *,
        queues: Sequence[str],
        threads: int,
        seconds: float = BEAT_SECONDS,
    ) -> None:
        self._show, self._gate, self._doorbells, self._taken = show, gate, doorbells, taken
        self._facts = {"queues": list(queues), "threads": threads}
        self._seconds = seconds
        self._done: deque[tuple[float, Counter[str]]] = deque(maxlen=_BEATS)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="life", daemon=True)
        self._is_failing = False

    def start(self) -> None:
        """Hear what is paused, before anything is taken, and go on showing life."""
        self.beat()
        self._thread.start()

    def stop(self) -> None:
        """Show life no more."""
        self._stopping.set()
        self._thread.join(self._seconds + 1)
        try:
            self._show.leave()
        except Exception as error:  # noqa: BLE001 - others see that we are gone some seconds later
            log.warning("life.left_without_goodbye", error=str(error))

    def beat(self) -> None:
        """Show life once."""
        try:
            self._gate.heard(self._show(self._report()))
        except TransientError as error:
            self._note(str(error))
        except Exception:
            if not self._is_failing:
                log.exception("life.torn")  # the first time is enough
            self._is_failing = True
            self._gate.unheard()
        else:
            self._is_failing = False

    def _beat(self) -> None:
        while not self._stopping.wait(self._seconds * random.uniform(0.9, 1.1)):  # noqa: S311 - jitter
            self.beat()

    def _note(self, error: str) -> None:
        if not self._is_failing:
            log.warning("life.not_shown", error=error)
        self._is_failing = True

    def _report(self) -> dict[str, Any]:
        done: Counter[str] = Counter()
        busy = {name: bell.busy for name, bell in self._doorbells.items() if bell.busy}
        for bell in self._doorbells.values():
            done[bell.actor.queue] += bell.done
        for queue, taken in self._taken.items():
            done[queue] += taken.done
            busy |= {queue: taken.busy} if taken.busy else {}
        now = time.monotonic()
        self._done.append((now, done))
        began, before = self._done[0]
        return self._facts | {
            "busy": busy,
            "seconds": round(now - began, 1),
            "done": {queue: count - before[queue] for queue, count in done.items() if count > before[queue]},
        }
