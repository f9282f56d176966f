"""Pause a queue, and resume it: workers take nothing new from it, and finish what they have in hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from domain.bells import BELLS
from domain.clock import Clock
from domain.errors import ActRefused
from domain.queues import Pause, begin_pause
from domain.security import SecurityEventKind
from gateways.queue.bells import queue_of
from models.operating import Operating
from models.unit_of_work import Begin, UnitOfWork
from services.manage_deliveries import check_reason

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PauseQueue:
    """Acts on queues. Each is a security event, also a refused one.

    PostgreSQL holds what is paused; workers ask it every two seconds, so a pause outlives every process and the broker.
    While PostgreSQL is away nothing is taken anyway, and what they heard last stands.
    """

    begin: Begin
    now: Clock

    def listed(self) -> list[Pause]:
        """The pauses in force."""
        with self.begin() as uow:
            return Operating(uow.connection).pauses(self.now())

    def pause(self, queue: str, actor: str, reason: str, until: datetime | None = None) -> Pause:
        """Have nothing taken from a queue, until a person resumes it or that time has come.

        Raises:
            ActRefused: it is paused already, there is no such queue, or the end makes no sense; that is on record.
        """

        def pause(uow: UnitOfWork) -> Pause:
            begun = begin_pause(queue, actor, reason, until, self.now())
            if not Operating(uow.connection).pause(begun):
                raise ActRefused("already_paused", f"{queue} is paused already")
            return begun

        return self._act(SecurityEventKind.QUEUE_PAUSED, pause, queue, actor, reason=reason, until=until)

    def resume(self, queue: str, actor: str, reason: str) -> bool:
        """Go on.

        Raises:
            ActRefused: it is not paused; that is on record.
        """

        def resume(uow: UnitOfWork) -> bool:
            if not Operating(uow.connection).resume(queue, self.now()):
                raise ActRefused("not_paused", f"{queue} is not paused")
            for bell in BELLS:
                if queue_of(bell) == queue:
                    uow.ring(bell)
            return True

        return self._act(SecurityEventKind.QUEUE_RESUMED, resume, queue, actor, reason=reason)

    def _act(
        self,
        kind: SecurityEventKind,
        change: Callable[[UnitOfWork], T],
        queue: str,
        actor: str,
        *,
        reason: str,
        until: datetime | None = None,
    ) -> T:
        with self.begin() as uow:
            try:
                check_reason(reason)
                done = change(uow)
            except ActRefused as refusal:
                refused, denied = refusal, SecurityEventKind.ACT_REFUSED
                uow.security.note(denied, self.now(), actor, act=kind, code=refusal.code, queue=queue, reason=reason)
            else:
                uow.security.note(kind, self.now(), actor, queue=queue, reason=reason, until=until)
                return done
        raise refused
