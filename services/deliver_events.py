"""Tell the services downstream what happened: each event until it is received, each auction's in order."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

import orjson
from structlog.contextvars import bound_contextvars

from domain.backoff import backoff
from domain.clock import Clock
from domain.errors import GatewayUnavailable
from domain.ids import NewId
from domain.messaging import DeadLetter, Delivery, OutgoingEvent
from gateways.downstream import Downstream, body_of
from models.leases import Hold
from models.records import OUTBOX
from models.unit_of_work import Begin, UnitOfWork
from models.work import DELIVERY_WORK
from services.observing import Observer

#: A weekend, and a Monday to mend what broke on it.
GIVE_UP: Final = timedelta(days=3)
_LONGEST_WAIT: Final = 900.0
_BATCH: Final = 16
#: Where dead letters of deliveries come from: no broker's queue, but rows.
DELIVERIES_QUEUE: Final = "deliveries"


@dataclass(frozen=True, slots=True)
class DeliverEvents:
    """Take outgoing events that are due, first in line of their auction, and send them."""

    begin: Begin
    downstream: Downstream
    hold: Hold
    observer: Observer
    now: Clock
    new_id: NewId
    rng: Random

    def __call__(self, limit: int = _BATCH) -> int:
        """Send one batch; returns how many were due."""
        with self.begin() as uow:
            claimed = DELIVERY_WORK.claim(uow.connection, uow.cipher, self.now(), limit)
            events = {event.id: event for event in _events(uow, claimed)}
        with ExitStack() as stack:
            # All are held from the start: one that was taken over while it waited here would be told again, after what
            # follows it.
            holds = [stack.enter_context(ExitStack()) for _ in claimed]
            for hold, delivery in zip(holds, claimed, strict=True):
                hold.enter_context(self.hold(DELIVERY_WORK, delivery))
            for number, (hold, delivery) in enumerate(zip(holds, claimed, strict=True), 1):
                with hold:
                    received = self._deliver(delivery, events[delivery.event_id])
                if not received and claimed[number:]:
                    # Whoever listens may be slow to fail. The rest need not wait for that, others take it up.
                    stack.close()
                    self._give_back(claimed[number:])
                    break
        return len(claimed)

    def _deliver(self, delivery: Delivery, event: OutgoingEvent) -> bool:
        """Send one; answers whether it was received."""
        ids = {"auction_id": event.auction_id, "event": event.type}
        if event.session_id is not None:
            ids["session_id"] = str(event.session_id)
        with bound_contextvars(**ids):
            try:
                self.downstream.send(delivery.endpoint, event)
            except GatewayUnavailable as failure:
                self._failed(delivery, event, failure)
                return False
            self._write(delivery, status="sent", last_error=None, finished_at=self.now())
            self.observer.delivered(delivery.endpoint, "sent")
            return True

    def _give_back(self, deliveries: Sequence[Delivery]) -> None:
        """Let others have what was not begun."""
        with self.begin() as uow, uow.connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE deliveries SET leased_until = NULL, tries = tries - 1"
                " WHERE event_id = %s AND endpoint = %s AND fence = %s",
                [(one.event_id, one.endpoint, one.fence) for one in deliveries],
            )

    def _failed(self, delivery: Delivery, event: OutgoingEvent, failure: GatewayUnavailable) -> None:
        now = self.now()
        if now - delivery.created_at < GIVE_UP:
            due = now + backoff(delivery.tries, self.rng, longest=_LONGEST_WAIT)
            self._write(delivery, last_error=str(failure)[:300], due_at=due)
            self.observer.delivered(delivery.endpoint, "refused")
            return
        letter = self._dead(delivery, event, failure)
        self._write(delivery, letter, status="given_up", last_error=str(failure)[:300], finished_at=now)
        self.observer.delivered(delivery.endpoint, "given_up")

    def _dead(self, delivery: Delivery, event: OutgoingEvent, failure: GatewayUnavailable) -> DeadLetter:
        return DeadLetter(
            id=self.new_id(),
            queue=DELIVERIES_QUEUE,
            actor=f"{delivery.endpoint}:{event.type}",
            message=orjson.dumps(
                {"event_id": str(event.id), "endpoint": delivery.endpoint, "body": orjson.Fragment(body_of(event))}
            ),
            reason="not_delivered",
            error=str(failure),
            created_at=self.now(),
            tries=delivery.tries,
        )

    def _write(self, delivery: Delivery, letter: DeadLetter | None = None, **values: object) -> None:
        """Write the outcome, unless another worker has taken the delivery over; keep it as a letter if it gave up."""
        assignments = ", ".join(f"{name} = %({name})s" for name in values)
        with self.begin() as uow:
            written = uow.connection.execute(
                f"UPDATE deliveries SET leased_until = NULL, {assignments} "  # noqa: S608 - our own words
                "WHERE event_id = %(event_id)s AND endpoint = %(endpoint)s AND fence = %(fence)s",
                values | {"event_id": delivery.event_id, "endpoint": delivery.endpoint, "fence": delivery.fence},
            )
            if letter is not None and written.rowcount:
                uow.dead_letters.keep([letter])


def _events(uow: UnitOfWork, deliveries: list[Delivery]) -> list[OutgoingEvent]:
    ids = list({delivery.event_id for delivery in deliveries})
    rows = uow.connection.execute(f"SELECT {OUTBOX.selection} FROM outbox r WHERE r.id = ANY(%s)", (ids,))  # noqa: S608
    return [OUTBOX.load(row, uow.cipher) for row in rows]
