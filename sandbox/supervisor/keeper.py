"""Keeps one child running, in a thread of its own, so that no child waits for another's restart."""

import subprocess
import threading
import time
from collections.abc import Callable

from sandbox.supervisor import groups
from sandbox.supervisor.child import Child
from sandbox.supervisor.errors import ChildGaveUp, NotReadyInTime, log_tail
from sandbox.supervisor.events import Event, EventKind
from sandbox.supervisor.spawn import spawn

#: How often a child that starts is looked at, and one that is ready: seven of them should cost nothing to speak of.
POLL_SECONDS = 0.02
READY_POLL_SECONDS = 0.1
#: The pause before the first restart, doubled with each death soon after a start, up to the longest.
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0
#: A child that lived this long after becoming ready died of something new: count its deaths afresh.
SETTLED_SECONDS = 10.0
#: A log that has grown past this is put aside (one generation) when the child starts.
LONGEST_LOG_BYTES = 20_000_000


def pause_before(restart: int) -> float:
    """Return the seconds to wait before the n-th restart (from 1) in a row."""
    return float(min(FIRST_PAUSE_SECONDS * 2 ** min(restart - 1, 16), LONGEST_PAUSE_SECONDS))


class Keeper:
    """One child, started again whenever it dies, until `stop`."""

    def __init__(self, child: Child, tell: Callable[[Event], None]) -> None:
        self.child = child
        self.failure: ChildGaveUp | None = None
        self._tell = tell
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"keeper-{child.name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The pid of the running process, or None while there is none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    @property
    def is_ready(self) -> bool:
        """Whether the process that runs now has passed its readiness check."""
        return self._ready.is_set() and self.pid is not None

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def wait_ready(self, seconds: float) -> None:
        """Wait until the child is ready.

        Raises:
            ChildGaveUp: it will not become ready any more.
            NotReadyInTime: it may still, but not within `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not self._ready.wait(POLL_SECONDS):
            if self.failure:
                raise self.failure
            if self._finished.is_set() or time.monotonic() >= deadline:
                raise NotReadyInTime(self._sentence(f"was not ready within {seconds:g} seconds"))

    def begin_stop(self) -> None:
        """Ask the child to stop; returns at once. `wait_stopped` waits for it."""
        self._stopping.set()

    def wait_stopped(self) -> None:
        """Wait for the end of a child that was asked to stop: bounded by its `stop_seconds`."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        failed_starts = quick_deaths = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            reason, was_ready = self._live_once()
            if self._stopping.is_set():
                break
            failed_starts = 0 if was_ready else failed_starts + 1
            if failed_starts >= self.child.attempts:
                self._give_up(failed_starts, reason)
                break
            quick_deaths = 1 if time.monotonic() - began > SETTLED_SECONDS and was_ready else quick_deaths + 1
            self._stopping.wait(pause_before(quick_deaths))
        self._finished.set()

    def _live_once(self) -> tuple[str, bool]:
        """Run the child from start to end; return why it ended, and whether it had become ready."""
        try:
            self.child.before_start()
            self._set_big_log_aside()
            process = spawn(
                self.child.argv,
                env=self.child.env,
                cwd=self.child.cwd,
                log=self.child.log,
                identity=self.child.identity,
                death_signal=self.child.death_signal,
            )
        except Exception as error:  # noqa: BLE001 - a start that failed is told like a death, whatever the cause
            return str(error), False
        self._process = process
        self._tell(Event(self.child.name, EventKind.STARTED, process.pid))
        try:
            reason, was_ready = self._watch(process)
        finally:
            self._ready.clear()
            groups.end(process, self.child.stop_signal, self.child.stop_seconds)
        kind = EventKind.STOPPED if self._stopping.is_set() else EventKind.DIED
        self._tell(Event(self.child.name, kind, process.pid, reason))
        return reason, was_ready

    def _watch(self, process: subprocess.Popen[bytes]) -> tuple[str, bool]:
        deadline = time.monotonic() + self.child.ready_seconds
        while process.poll() is None:
            if self._stopping.wait(READY_POLL_SECONDS if self._ready.is_set() else POLL_SECONDS):
                return "was asked to stop", self._ready.is_set()
            if self._ready.is_set():
                continue
            if self.child.ready(process.pid):
                self._ready.set()
                self._tell(Event(self.child.name, EventKind.READY, process.pid))
            elif time.monotonic() >= deadline:
                return f"was not ready within {self.child.ready_seconds:g} seconds", False
        code = process.returncode
        ending = f"was ended by signal {-code}" if code and code < 0 else f"exited with code {code}"
        return ending, self._ready.is_set()

    def _set_big_log_aside(self) -> None:
        log = self.child.log
        if log and log.exists() and log.stat().st_size > LONGEST_LOG_BYTES:
            log.replace(log.with_name(log.name + ".1"))

    def _give_up(self, attempts: int, reason: str) -> None:
        times = "once" if attempts == 1 else f"{attempts} times"
        sentence = self._sentence(f"was started {times} and never became ready: the last time it {reason}")
        self.failure = ChildGaveUp(sentence)
        self._tell(Event(self.child.name, EventKind.GAVE_UP, None, sentence))

    def _sentence(self, what: str) -> str:
        return f"{self.child.name} {what}." + (log_tail(self.child.log) if self.child.log else "")
