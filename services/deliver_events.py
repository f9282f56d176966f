"""Tell the services downstream what happened: each event until it is received, each auction's in order."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final, NamedTuple
from uuid import UUID

import orjson
import structlog
from structlog.contextvars import bound_contextvars

from domain.clock import Clock
from domain.delivering import GIVE_UP, GIVEN_UP, WAITING, give_up, rule
from domain.endpoint import BELL_OF, BUDGET, Endpoint
from domain.errors import GatewayUnavailable, GavelpayError
from domain.ids import NewId
from domain.messaging import DeadLetter, Delivery, OutgoingEvent
from domain.security import SecurityEventKind
from gateways.downstream import Downstream, body_of
from models.deliveries import Deliveries
from models.leases import Hold
from models.unit_of_work import Begin, UnitOfWork
from models.work import DELIVERY_WORK
from services.inline import Inline
from services.observing import Observer

log = structlog.get_logger()

#: Deliveries that one turn takes at most, and seconds after which it takes no more: a worker that is told to stop waits
#: for the turn, and for the exchanges that are under way by then.
_MOST: Final = 1024
_TURN_SECONDS: Final = 2.0
#: What has waited for three days for an endpoint that was away as long is given up, so many at a time.
_HELD_BACK: Final = 100
#: Where dead letters of deliveries come from: no broker's queue, but rows.
DELIVERIES_QUEUE: Final = "deliveries"

#: Gives the executor in which the exchanges with an endpoint run.
Senders = Callable[[str], Executor]


class _Claimed(NamedTuple):
    delivery: Delivery
    event: OutgoingEvent


class _Answer(NamedTuple):
    #: Why it was not received; None: it was.
    failure: GavelpayError | None
    #: How long the exchange took.
    seconds: float


class _Tried(NamedTuple):
    delivery: Delivery
    event: OutgoingEvent
    answer: _Answer


def one_by_one(_endpoint: str) -> Executor:
    """Exchanges one after the other, in the caller's thread."""
    return Inline()


@dataclass(frozen=True, slots=True)
class DeliverEvents:
    """Take outgoing events that are due, first in line of their auction, and send them, several at the same time."""

    begin: Begin
    downstream: Downstream
    hold: Hold
    observer: Observer
    now: Clock
    new_id: NewId
    rng: Random
    #: The endpoints there are.
    names: Sequence[str]
    senders: Senders = one_by_one
    #: A clock that only measures, in seconds.
    ticks: Callable[[], float] = time.monotonic

    def __call__(self, limit: int = _MOST, *, endpoint: str | None = None) -> int:
        """Send what is due, to one endpoint or to each; returns how many were due, at most `limit` for each."""
        return sum(self._turn(name, limit) for name in self.names if endpoint in (None, name))

    def _turn(self, name: str, limit: int) -> int:
        """Send to one endpoint. As soon as an exchange has ended, the next begins: a slow one holds up no other."""
        senders = self.senders(name)
        under_way: dict[Future[_Answer], _Claimed] = {}
        #: Leases, kept until the outcome is recorded: a delivery that was taken over before would be told again, after
        #: what follows it.
        held: dict[UUID, ExitStack] = {}
        tried: list[_Tried] = []
        ends, taken = self.ticks() + _TURN_SECONDS, 0
        try:
            while True:
                goes_on = taken < limit and self.ticks() < ends
                wanted = min(BUDGET - len(under_way), limit - taken) if goes_on else 0
                claimed = self._record_and_claim(name, tried, wanted)
                taken += len(claimed)
                for recorded in tried:
                    held.pop(recorded.event.id).close()
                for delivery, event in claimed:
                    held[event.id] = ExitStack()
                    held[event.id].enter_context(self.hold(DELIVERY_WORK, delivery))
                for one in claimed:
                    under_way[senders.submit(self._send, one.delivery, one.event)] = one
                if not under_way:
                    return taken
                ended = wait(under_way, return_when=FIRST_COMPLETED).done
                # In the order in which they were sent: a set has whatever order its members' addresses give it.
                in_order = [future for future in under_way if future in ended]
                tried = [_Tried(*under_way.pop(future), future.result()) for future in in_order]
        finally:
            wait(under_way)  # after an error only: no exchange goes on without its lease
            for lease in held.values():
                lease.close()

    def _send(self, delivery: Delivery, event: OutgoingEvent) -> _Answer:
        """Send one; answers why it was not received, if it was not."""
        began = self.ticks()
        failure: GavelpayError | None = None
        ids = {"auction_id": event.auction_id, "event": event.type}
        if event.session_id is not None:
            ids["session_id"] = str(event.session_id)
        with bound_contextvars(**ids):
            try:
                self.downstream.send(delivery.endpoint, event, late=delivery.late)
            except GavelpayError as said:
                failure = said
            except Exception as torn:
                # Our own mistake. The others go on, and this one is tried again like any other.
                log.exception("event.torn", endpoint=delivery.endpoint)
                failure = GatewayUnavailable(f"it could not be sent: {type(torn).__name__}")
        return _Answer(failure, self.ticks() - began)

    def _record_and_claim(self, name: str, tried: Sequence[_Tried], wanted: int) -> list[_Claimed]:
        """Write what came of some, and take the next ones, with one commit."""
        now = self.now()
        with self.begin() as uow:
            deliveries = Deliveries.within(uow)
            endpoint = deliveries.endpoint(name)
            outcomes = self._record(uow, deliveries, endpoint, tried, now) if tried else []
            claimed = [_Claimed(*one) for one in deliveries.claim(endpoint, now, wanted)]
        for one, outcome in zip(tried, outcomes, strict=True):
            self.observer.delivered(name, one.event, outcome, one.answer.seconds)
        return claimed

    def _record(
        self, uow: UnitOfWork, deliveries: Deliveries, endpoint: Endpoint, tried: Sequence[_Tried], now: datetime
    ) -> list[str]:
        was_paused = endpoint.paused_at is not None
        rulings = [rule(one.delivery, one.answer.failure, endpoint, now, self.rng) for one in tried]
        if any(ruling.recovered for ruling in rulings):
            deliveries.wake(endpoint.name, now)
            deliveries.wake_beside(endpoint.name, now)
        over: list[_Claimed] = [_Claimed(one.delivery, one.event) for one in tried]
        if endpoint.has_failed_since(now - GIVE_UP):
            held_back = deliveries.held_back(endpoint.name, now - GIVE_UP, _HELD_BACK)
            for delivery, _ in held_back:
                give_up(delivery, endpoint.last_error, now)
            over += [_Claimed(*one) for one in held_back]
        written = deliveries.record([one.delivery for one in over])
        if put_off := [one.delivery for one in tried if one.delivery.status == WAITING]:
            deliveries.put_off_followers(endpoint.name, put_off)
        ended = [one for one in over if one.delivery.status != WAITING and one.event.id in written]
        over = [one for one in ended if one.delivery.status == GIVEN_UP]
        if over:
            deliveries.let_go_followers(endpoint.name, [one.event.auction_id for one in over])
        uow.dead_letters.keep([self._dead(*one, now) for one in over])
        deliveries.save(endpoint)
        beside = deliveries.next_beside(endpoint.name, [one.event.auction_id for one in ended])
        if endpoint.paused_at is not None and not was_paused:
            beside = deliveries.wake_beside(endpoint.name, now)
            kind, why = SecurityEventKind.ENDPOINT_PAUSED, endpoint.pause_reason
            uow.security.note(kind, now, "system", endpoint=endpoint.name, reason=why)
        for name in beside:
            uow.ring(BELL_OF[name])
        return [ruling.outcome for ruling in rulings]

    def _dead(self, delivery: Delivery, event: OutgoingEvent, now: datetime) -> DeadLetter:
        return DeadLetter(
            id=self.new_id(),
            queue=DELIVERIES_QUEUE,
            actor=f"{delivery.endpoint}:{event.type}",
            message=orjson.dumps(
                {"event_id": str(event.id), "endpoint": delivery.endpoint, "body": orjson.Fragment(body_of(event))}
            ),
            reason="not_delivered",
            error=delivery.last_error or "",
            created_at=now,
            tries=delivery.tries,
            row_id=event.id,
        )
