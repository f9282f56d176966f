"""Requests that were denied, as security events: the first of each caller at once, and a flood as few."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

import structlog

from console.problems import Problem
from domain.errors import GavelpayError
from domain.security import SecurityEventKind
from runtime.tokens import Caller, Refusal

_log = structlog.get_logger(__name__)

#: One caller makes one event in this time, however often it asks, and of however many processes.
QUIET: Final = timedelta(minutes=5)
#: Callers that are remembered. Tokens are signed, so there are not many whom we do not know.
_REMEMBERED: Final = 10_000
#: Nobody proves who they are by a bad token. Those that have only ended are no attack.
_FORGED: Final = frozenset(set(Refusal) - {Refusal.EXPIRED, Refusal.NOT_YET_VALID, Refusal.KEYS_UNAVAILABLE})


class Record(Protocol):
    """Records a security event."""

    def __call__(
        self,
        kind: SecurityEventKind,
        *,
        actor: str,
        session_id: UUID | None,
        quiet: timedelta | None,
        **data: object,
    ) -> bool:
        """Record it, unless it is one of many."""


def is_denial(problem: Problem) -> bool:
    """Whether an answer means that somebody asked for what is not theirs."""
    return problem.status == 403 or problem.of_others is not None or problem.code in _FORGED  # noqa: PLR2004


class Denials:
    """Records denied requests. It may be used from any thread; what cannot be recorded now is only logged."""

    def __init__(self, record: Record, tick: Callable[[], float] = time.monotonic) -> None:
        self._record = record
        self._tick = tick
        self._lock = threading.Lock()
        #: Of each caller: when it was last recorded, and how often it was denied since.
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def note(self, caller: Caller | None, problem: Problem, asked: str) -> None:
        """Record a denial, unless this caller's last one is young.

        Args:
            caller: who asked, as far as that is proven.
            problem: what was answered.
            asked: method and path.
        """
        actor = f"{caller.role}:{caller.subject}" if caller else "anonymous"
        unsaid = self._unsaid(actor)
        if unsaid is None:
            return
        try:
            self._record(
                SecurityEventKind.ACCESS_DENIED,
                actor=actor,
                session_id=problem.of_others,
                quiet=QUIET,
                asked=asked,
                code="not_theirs" if problem.of_others else problem.code,
                more_before=unsaid or None,
            )
        except GavelpayError as error:
            _log.warning("denial.not_recorded", actor=actor, asked=asked, error=error.code)

    def _unsaid(self, actor: str) -> int | None:
        """How many were passed over since the last event; None: pass this one over too."""
        now = self._tick()
        with self._lock:
            last, unsaid = self._seen.pop(actor, (None, 0))
            speak = last is None or now - last >= QUIET.total_seconds()
            self._seen[actor] = (now, 0) if speak or last is None else (last, unsaid + 1)
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return unsaid if speak else None
