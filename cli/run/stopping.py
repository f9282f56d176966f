"""Ctrl-C and SIGTERM: the first one asks everything to stop, further ones change nothing."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from cli.run.errors import StopAsked

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: How often something that is waited for is looked at, in seconds.
LOOK: Final = 0.05


class Stopping:
    """Whether somebody asked to stop."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def ask(self) -> None:
        """Ask to stop; safe to repeat."""
        self._asked.set()

    @property
    def asked(self) -> bool:
        """Whether to stop."""
        return self._asked.is_set()

    def nap(self, seconds: float) -> None:
        """Sleep.

        Raises:
            StopAsked: at once, when somebody asks to stop.
        """
        if self._asked.wait(seconds):
            raise StopAsked

    def until(self, true: Callable[[], bool], tries: int) -> bool:
        """Wait until it is true, looking so many times; returns whether it is.

        Raises:
            StopAsked: as soon as somebody asks to stop.
        """
        for _ in range(tries):
            if true():
                return True
            self.nap(LOOK)
        return true()


@contextmanager
def on_signals(stopping: Stopping) -> Iterator[None]:
    """While the block lasts, signals ask to stop instead of ending the process."""

    def heard(_number: int, _frame: FrameType | None) -> None:
        stopping.ask()

    before = {number: signal.signal(number, heard) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
