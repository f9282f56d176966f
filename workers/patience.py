"""Waits for what heals by itself."""

import random
import threading
from collections.abc import Callable
from typing import Final

import structlog

from domain.errors import TransientError

log = structlog.get_logger()

FIRST_SECONDS: Final = 0.1
#: The longest pause between two tries: work goes on this soon after the database is back.
LONGEST_SECONDS: Final = 2.0


def persist(work: Callable[[], None], stopping: threading.Event) -> bool:
    """Do something until it is done, however long that takes.

    Returns:
        False if it was not done when the process was told to stop.

    Raises:
        Exception: what the work raised, other than TransientError.
    """
    pause = FIRST_SECONDS
    while True:
        try:
            work()
        except TransientError as error:
            log.warning("work.waits", error=str(error), code=error.code, seconds=round(pause, 1))
        else:
            return True
        if stopping.wait(pause * random.uniform(0.5, 1)):  # noqa: S311 - jitter
            return False
        pause = min(2 * pause, LONGEST_SECONDS)
