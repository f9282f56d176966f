"""Answers a bell: does what is due until nothing is left, in as many threads as may be spared for it."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Final

import structlog

from actors.actor import Actor
from actors.app import App
from domain.errors import TransientError
from models.unit_of_work import Ring

log = structlog.get_logger()

#: Turns of one thread before it lets other kinds of work have their turn.
MOST_TURNS: Final = 20


class Doorbell:
    """One bell in one process.

    Args:
        limit: how many threads may answer at the same time. A ring beyond that is not lost: those who are at it look
            once more before they leave.
        is_stopping: whether nothing new may be begun. What is in hand is finished; the rest stays due.
    """

    def __init__(self, actor: Actor, app: App, ring: Ring, limit: int, is_stopping: Callable[[], bool]) -> None:
        self.actor = actor
        self._app = app
        self._ring = ring
        self._limit = limit
        self._is_stopping = is_stopping
        self._lock = threading.Lock()
        self._busy = 0
        self._again = False
        self._done = 0

    @property
    def spare(self) -> int:
        """How many more threads may answer."""
        return self._limit - self._busy

    @property
    def busy(self) -> int:
        """How many threads answer now."""
        return self._busy

    @property
    def done(self) -> int:
        """How many pieces were done since the process began."""
        return self._done

    @property
    def rests(self) -> bool:
        """Whether nothing new may be begun: the process stops, or the queue is paused."""
        return self._is_stopping()

    def answer(self) -> None:
        """Do what is due. Returns when nothing is left, when others are at it, or when it is others' turn.

        Raises:
            Exception: what the use case raised, other than that it must wait. The work stays due.
        """
        if not self._enter():
            return
        try:
            while self._work():
                pass
        except TransientError as error:
            self._leave()
            log.warning("work.put_off", bell=self.actor.name, error=str(error), code=error.code)
        except BaseException:
            self._leave()
            raise

    def _work(self) -> bool:
        """Take turns. Answers whether to take more, for somebody rang meanwhile; if not, it has left."""
        for _ in range(MOST_TURNS):
            if self._is_stopping():
                break
            done = self.actor.work(self._app)
            if not done:
                return not self._leave_unless_again()
            with self._lock:
                self._done += done
        self._leave()
        if not self._is_stopping():
            self._ring(Counter({self.actor.name: 1}))
        return False

    def _enter(self) -> bool:
        with self._lock:
            if self._busy >= self._limit:
                self._again = True
                return False
            self._busy += 1
            return True

    def _leave(self) -> None:
        with self._lock:
            self._busy -= 1

    def _leave_unless_again(self) -> bool:
        with self._lock:
            if self._again:
                self._again = False
                return False
            self._busy -= 1
            return True
