"""The net below the bells: looks for work that is due and that nobody rang for, or whose worker died."""

import random
import threading
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from actors.app import App
from domain.errors import TransientError
from workers.doorbell import Doorbell

log = structlog.get_logger()

#: Seconds between two looks, on average. A lost bell costs as much; an empty look costs a query for each bell.
LOOK_SECONDS: Final = 1.0
#: The first look comes soon: a process that starts may follow one that died.
_FIRST: Final = 0.2


class Net:
    """Looks once a second for due work of this process's queues, and rings for it within the process."""

    def __init__(
        self,
        app: App,
        doorbells: Mapping[str, Doorbell],
        ring_here: Callable[[str], None],
        stopping: threading.Event,
        seconds: float = LOOK_SECONDS,
    ) -> None:
        self._app = app
        self._doorbells = doorbells
        self._ring_here = ring_here
        self._stopping = stopping
        self._seconds = seconds
        self._thread = threading.Thread(target=self._watch, name="net", daemon=True)
        self._failing: set[str] = set()

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for the last look to end."""
        self._thread.join(seconds)

    def look(self) -> None:
        """Look once."""
        for name, bell in self._doorbells.items():
            if self._stopping.is_set():
                return
            spare = bell.spare
            if spare <= 0 or bell.rests:
                continue
            for _ in range(min(spare, self._due(name))):
                self._ring_here(name)

    def _watch(self) -> None:
        # Processes that start together look at different times.
        pause = self._seconds * random.uniform(0, _FIRST)  # noqa: S311 - jitter
        while not self._stopping.wait(pause):
            self.look()
            pause = self._seconds * random.uniform(0.75, 1.25)  # noqa: S311 - jitter

    def _due(self, name: str) -> int:
        try:
            due = self._app.due[name]()
        except TransientError as error:
            if name not in self._failing:
                log.warning("net.cannot_see", bell=name, error=str(error))
            self._failing.add(name)
            return 0
        except Exception:
            # It would come every second: the first time is enough.
            if name not in self._failing:
                log.exception("net.torn", bell=name)
            self._failing.add(name)
            return 0
        self._failing.discard(name)
        return due
