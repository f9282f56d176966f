"""A bell that nobody waits for."""

import threading
from collections import Counter
from typing import Final, Self

import structlog

from models.unit_of_work import Ring

_log = structlog.get_logger(__name__)
#: Between two rings, for company: whoever was rung goes on until nothing is left. The first bell after a rest is rung
#: at once. Under load a ring for each commit took four per cent of this process.
_REST_SECONDS: Final = 0.01
#: For the last bells when the process ends. They may be lost: sweeps find the work.
_CLOSE_SECONDS: Final = 2.0


class BackgroundBell:
    """Rings another `Ring` from a thread of its own: it neither fails nor delays whoever has just committed.

    Bells that come while one is being rung, and in the hundredth of a second after it, are rung together. One that
    fails is dropped, for the work itself is in the database. Any number of threads may share it. It is a context, whose
    end rings what is still due.
    """

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._changed = threading.Condition()
        self._due: Counter[str] = Counter()
        #: Waited for by who rests: a bell that comes meanwhile wakes nobody.
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self, bells: Counter[str]) -> None:
        """Have these bells rung soon."""
        with self._changed:
            self._due.update(bells)
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Ring what is due, within two seconds, and end."""
        with self._changed:
            self._closing.set()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while due := self._wait():
            try:
                self._ring(due)
            except Exception as error:  # noqa: BLE001 - the row is safe, whatever became of its bell
                _log.warning("bell.lost", bells=dict(due), error=type(error).__name__)
            self._closing.wait(_REST_SECONDS)

    def _wait(self) -> Counter[str]:
        """The bells that are due; none once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._due or self._closing.is_set())
            due, self._due = self._due, Counter()
            return due
