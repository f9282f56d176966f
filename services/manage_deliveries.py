"""What operators do with outgoing events: look at them, send them again, drop them. Every act is audited."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from domain.clock import Clock
from domain.endpoint import BELL_OF
from domain.errors import ActRefused, NotFound
from domain.messaging import Delivery, OutgoingEvent
from domain.security import SecurityEventKind
from models.deliveries import Deliveries, Wanted
from models.unit_of_work import Begin, UnitOfWork
from services.deliver_events import DELIVERIES_QUEUE

#: Events that are put back with one commit.
_BATCH: Final = 500
#: What an act is called where there is no payment that it could be noted on.
_KINDS: Final = {
    "event_resent": SecurityEventKind.EVENTS_RESENT,
    "event_dropped": SecurityEventKind.EVENTS_DROPPED,
}


@dataclass(frozen=True, slots=True)
class ManageDeliveries:
    """Acts on deliveries and endpoints."""

    begin: Begin
    now: Clock
    batch: int = _BATCH

    def listed(self, wanted: Wanted, limit: int) -> list[tuple[Delivery, OutgoingEvent]]:
        """The newest deliveries of that kind."""
        with self.begin() as uow:
            return _deliveries(uow).find(wanted, limit)

    def show(self, event_id: UUID) -> tuple[OutgoingEvent, list[Delivery]]:
        """One event, and how it fares with each endpoint; raises `NotFound`."""
        with self.begin() as uow:
            return _event(uow, event_id), _deliveries(uow).of(event_id)

    def resend(self, event_id: UUID, endpoint: str | None, actor: str, reason: str) -> int:
        """Send one event again, to one endpoint or to all that were told, marked as late.

        Returns:
            To how many endpoints.

        Raises:
            NotFound: there is no such event.
            ActRefused: it is on its way, or was never meant for that endpoint.
        """

        def again(uow: UnitOfWork) -> int:
            deliveries = _deliveries(uow)
            names = [one.endpoint for one in deliveries.of(event_id) if endpoint in (None, one.endpoint)]
            done = sum(len(self._again(uow, name, [event_id])) for name in names)
            if not done:
                raise ActRefused("not_over", "it is on its way, or was never meant for that endpoint")
            return done

        return self._act(event_id, again, actor, action="event_resent", endpoint=endpoint, reason=reason)

    def drop(self, event_id: UUID, endpoint: str, actor: str, reason: str) -> int:
        """Try no more to tell an endpoint of an event; what waits behind it goes on.

        Raises:
            NotFound: there is no such event.
            ActRefused: it does not wait there.
        """

        def drop(uow: UnitOfWork) -> int:
            deliveries = _deliveries(uow)
            if not deliveries.drop(endpoint, event_id, self.now()):
                raise ActRefused("not_waiting", f"it does not wait for {endpoint}")
            for name in (endpoint, *deliveries.next_beside(endpoint, [_event(uow, event_id).auction_id])):
                uow.ring(BELL_OF[name])
            return 1

        return self._act(event_id, drop, actor, action="event_dropped", endpoint=endpoint, reason=reason)

    def replay(self, wanted: Wanted, actor: str, reason: str) -> int:
        """Send all events of a time again to one endpoint, marked as late, each auction's in order.

        Returns:
            How many. Killed half-way, a part of them is sent again, and is on record; nothing is lost by doing it once
            more.
        """
        check_reason(reason)
        done, after = 0, UUID(int=0)
        while True:
            with self.begin() as uow:
                ids = _deliveries(uow).over(wanted, after, self.batch)
                if not ids:
                    return done
                again = len(self._again(uow, str(wanted.endpoint), ids))
                # With each part, so that none is sent that nobody answers for.
                uow.security.note(
                    SecurityEventKind.EVENTS_RESENT,
                    self.now(),
                    actor,
                    endpoint=wanted.endpoint,
                    since=wanted.since,
                    until=wanted.until,
                    count=again,
                    reason=reason,
                )
            done, after = done + again, ids[-1]

    def _act(
        self, event_id: UUID, do: Callable[[UnitOfWork], int], actor: str, *, action: str, **details: str | None
    ) -> int:
        """Act on an event of a payment: a link of its audit chain; on one that has no payment: a security event."""
        with self.begin() as uow:
            event = _event(uow, event_id)
            payment = None if event.session_id is None else uow.payments.lock_one(event.session_id)
            told: dict[str, Any] = {"event_id": str(event_id), "event_type": event.type} | details
            kind, refused, done = _KINDS[action], None, 0
            try:
                check_reason(details["reason"])
                done = do(uow)
            except ActRefused as refusal:
                kind, refused = SecurityEventKind.ACT_REFUSED, refusal
                action, told = f"{action}_refused", told | {"code": refusal.code}
            if payment is not None:
                payment.note(action, self.now(), actor, **told)
            else:
                uow.security.note(kind, self.now(), actor, act=action, **told)
        if refused is not None:
            raise refused
        return done

    def _again(self, uow: UnitOfWork, endpoint: str, event_ids: Sequence[UUID]) -> set[UUID]:
        done = _deliveries(uow).send_again(endpoint, event_ids, self.now())
        if done:
            uow.dead_letters.settle_rows(
                done, self.now(), queue=DELIVERIES_QUEUE, actor=f"{endpoint}:", why="its event is sent again"
            )
            uow.ring(BELL_OF[endpoint], len(done))
        return done


def _deliveries(uow: UnitOfWork) -> Deliveries:
    return Deliveries.within(uow)


def _event(uow: UnitOfWork, event_id: UUID) -> OutgoingEvent:
    events = _deliveries(uow).events([event_id])
    if not events:
        raise NotFound("there is no such event")
    return events[0]


def check_reason(reason: str | None) -> None:
    """Refuse an act that nobody gave a reason for."""
    if not (reason or "").strip():
        raise ActRefused("reason_missing", "a reason must be given")
