"""Waits for the signal to stop."""

import signal
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Final

STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class StopSignal:
    """Set by SIGTERM and SIGINT, however often they come. Made in the main thread, which then waits for it.

    A threading.Event will not do: its `set` in a signal handler can wait for a lock that its `wait` holds. A
    SimpleQueue is made for handlers.
    """

    def __init__(self) -> None:
        self._came: SimpleQueue[int] = SimpleQueue()
        self.is_set = False
        for one in STOP_SIGNALS:
            signal.signal(one, self._on_signal)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is set, or for so long. Answers whether it is set."""
        if not self.is_set:
            try:
                self._came.get(timeout=seconds)
            except Empty:
                return False
            self.is_set = True
        return True

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._came.put(number)
