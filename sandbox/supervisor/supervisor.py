"""Runs named children together: started in waves, stopped in the reverse order."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from sandbox.supervisor.child import Child
from sandbox.supervisor.errors import SupervisorError
from sandbox.supervisor.events import Event, EventKind
from sandbox.supervisor.guard import Guard
from sandbox.supervisor.keeper import Keeper

#: How long the children of one wave may take to become ready together, restarts included.
WAVE_SECONDS = 60.0
#: How often `wait` looks for a child that gave up.
POLL_SECONDS = 0.1


def _ignore(_event: Event) -> None:
    """Tell nobody."""


class Supervisor:
    """Keeps children running until it is stopped; everything ends with it, even when it is killed.

    `on_event` is told of every step, one at a time, on whatever thread it happened: a good place to write `pids()`
    to a file. It must not raise, and must not call back into `start` or `stop`.
    """

    def __init__(self, on_event: Callable[[Event], None] = _ignore) -> None:
        self._on_event = on_event
        self._telling = threading.RLock()
        self._guard = Guard()
        self._waves: list[list[Keeper]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self, *children: Child, seconds: float = WAVE_SECONDS) -> None:
        """Start these children at the same time, and wait until all of them are ready.

        Raises:
            ChildGaveUp: one of them died too often without becoming ready.
            NotReadyInTime: one was not ready within `seconds`.
            SupervisorError: a child of this name exists already.
        """
        self.launch(*children)
        deadline = time.monotonic() + seconds
        for child in children:
            self._keeper(child.name).wait_ready(max(0.0, deadline - time.monotonic()))

    def launch(self, *children: Child) -> None:
        """Start these children at the same time, as one wave, and return at once.

        Raises:
            SupervisorError: a child of this name exists already.
        """
        names = [*(keeper.child.name for keeper in self._keepers()), *(child.name for child in children)]
        if twice := {name for name in names if names.count(name) > 1}:
            raise SupervisorError(f"There is already a child named {', '.join(sorted(twice))}.")
        wave = [Keeper(child, self._tell) for child in children]
        self._waves.append(wave)
        for keeper in wave:
            keeper.start()

    def pids(self) -> dict[str, int | None]:
        """Return the pid of each child by name, None while it has no process."""
        return {keeper.child.name: keeper.pid for keeper in self._keepers()}

    def is_ready(self, name: str) -> bool:
        """Return whether the child runs and has passed its readiness check."""
        return self._keeper(name).is_ready

    def wait(self, seconds: float) -> None:
        """Let the children run for `seconds`.

        Raises:
            ChildGaveUp: one of them died too often without ever becoming ready.
        """
        deadline = time.monotonic() + seconds
        while True:
            self.raise_failure()
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(POLL_SECONDS, left))

    def raise_failure(self) -> None:
        """Raise the ChildGaveUp of the first child that gave up, if any did."""
        for keeper in self._keepers():
            if keeper.failure:
                raise keeper.failure

    def stop(self, *names: str) -> None:
        """Stop these children, or all: the last wave first, the children of a wave together. Safe to call twice."""
        for wave in reversed(self._waves):
            chosen = [keeper for keeper in wave if not names or keeper.child.name in names]
            for keeper in chosen:
                keeper.begin_stop()
            for keeper in chosen:
                keeper.wait_stopped()
                wave.remove(keeper)
        self._waves = [wave for wave in self._waves if wave]
        if not self._waves:
            self._guard.close()

    def _keepers(self) -> list[Keeper]:
        return [keeper for wave in list(self._waves) for keeper in list(wave)]

    def _keeper(self, name: str) -> Keeper:
        for keeper in self._keepers():
            if keeper.child.name == name:
                return keeper
        raise SupervisorError(f"There is no child named {name}.")

    def _tell(self, event: Event) -> None:
        with self._telling:
            if event.kind is EventKind.STARTED and event.pid:
                self._guard.add(event.pid, self._keeper(event.name).child.stop_seconds)
            elif event.kind in {EventKind.DIED, EventKind.STOPPED} and event.pid:
                self._guard.remove(event.pid)
            self._on_event(event)
