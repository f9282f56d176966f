"""What operators do with the endpoints of outgoing events: look how they stand, pause and resume them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from domain.clock import Clock
from domain.endpoint import BELL_OF, Endpoint
from domain.errors import ActRefused
from domain.security import SecurityEventKind
from models.deliveries import Deliveries
from models.unit_of_work import Begin
from services.manage_deliveries import check_reason


class Standing(NamedTuple):
    """How an endpoint stands, how much waits for it, and since when."""

    endpoint: Endpoint
    waiting: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class ManageEndpoints:
    """Acts on endpoints. Each is a security event, also a refused one."""

    begin: Begin
    now: Clock

    def __call__(self) -> list[Standing]:
        """How all endpoints stand."""
        with self.begin() as uow:
            deliveries = Deliveries.within(uow)
            waiting = deliveries.waiting()
            return [Standing(one, *waiting.get(one.name, (0, None))) for one in deliveries.endpoints()]

    def pause(self, name: str, actor: str, reason: str) -> Endpoint:
        """Send an endpoint nothing until it is resumed; what is announced meanwhile waits.

        Raises:
            ActRefused: it is paused already; that is on record.
        """

        def pause(endpoint: Endpoint) -> None:
            endpoint.pause(actor, reason, self.now())

        return self._act(name, SecurityEventKind.ENDPOINT_PAUSED, pause, actor, reason)

    def resume(self, name: str, actor: str, reason: str) -> Endpoint:
        """Send again what waits, each for three days from now.

        Raises:
            ActRefused: it is not paused; that is on record.
        """
        return self._act(name, SecurityEventKind.ENDPOINT_RESUMED, Endpoint.resume, actor, reason)

    def _act(
        self, name: str, kind: SecurityEventKind, change: Callable[[Endpoint], None], actor: str, reason: str
    ) -> Endpoint:
        with self.begin() as uow:
            deliveries = Deliveries.within(uow)
            endpoint = deliveries.endpoint(name)
            try:
                check_reason(reason)
                change(endpoint)
            except ActRefused as refusal:
                refused, denied = refusal, SecurityEventKind.ACT_REFUSED
                uow.security.note(denied, self.now(), actor, act=kind, code=refusal.code, endpoint=name, reason=reason)
            else:
                deliveries.save(endpoint)
                if endpoint.paused_at is None:
                    deliveries.begin_anew(name, self.now())
                    uow.ring(BELL_OF[name])
                else:
                    for other in deliveries.wake_beside(name, self.now()):
                        uow.ring(BELL_OF[other])
                uow.security.note(kind, self.now(), actor, endpoint=name, reason=reason)
                return endpoint
        raise refused
