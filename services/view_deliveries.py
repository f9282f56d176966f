"""Look at what services and people are told: endpoints, outgoing events, notices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.clock import Clock
from domain.messaging import Delivery, OutgoingEvent
from domain.notice import Notice
from models.deliveries import Wanted
from models.delivery_lists import DeliveryLists, Line
from models.paging import Paged, Place
from models.unit_of_work import Begin


@dataclass(frozen=True, slots=True)
class Told:
    """One outgoing event on its way to one endpoint, and what it holds up or waits for."""

    delivery: Delivery
    event: OutgoingEvent
    #: None where nothing waits in order.
    line: Line | None

    @property
    def holds_up(self) -> int:
        """How many events of its auction wait behind it."""
        return self.line.waiting - 1 if self.line and self.line.first == self.delivery.order_no else 0

    @property
    def waits_for(self) -> int | None:
        """The number of the event that goes first; None if it is first itself."""
        return self.line.first if self.line and self.line.first != self.delivery.order_no else None


@dataclass(frozen=True, slots=True)
class WantedNotices:
    """Which notices somebody wants to see; None: any."""

    session_id: UUID | None = None
    status: str | None = None
    kind: str | None = None
    channel: str | None = None
    recipient: str | None = None


@dataclass(frozen=True, slots=True)
class ViewDeliveries:
    """Reads for the console."""

    begin: Begin
    now: Clock

    def page(self, wanted: Wanted, event_id: UUID | None, place: Place, limit: int) -> Paged[Told]:
        """One page of deliveries, the newest events first."""
        with self.begin() as uow:
            lists = DeliveryLists(uow.connection, uow.cipher)
            found = lists.page(wanted, event_id, place, limit)
            lines = lists.lines([delivery for delivery, _ in found.rows])
        return Paged([_told(*one, lines) for one in found.rows], found.has_newer, found.has_older)

    def one(self, event_id: UUID) -> list[Told]:
        """How one event fares with each endpoint; empty where there is none."""
        return list(self.page(Wanted(), event_id, Place(), 10).rows)

    def over(self, wanted: Wanted) -> int:
        """How many could be sent again, counted as far as anybody would."""
        with self.begin() as uow:
            return DeliveryLists(uow.connection, uow.cipher).over(wanted)

    def notices(self, wanted: WantedNotices, place: Place, limit: int) -> Paged[tuple[Notice, str | None]]:
        """One page of notices, each with its lot, newest first."""
        params: dict[str, Any] = {
            name: value for name in wanted.__slots__ if (value := getattr(wanted, name)) is not None
        }
        condition = " AND ".join(f"r.{name} = %({name})s" for name in params) or "true"
        with self.begin() as uow:
            return DeliveryLists(uow.connection, uow.cipher).notices(condition, params, place, limit)

    def notices_not_sent(self) -> tuple[int, int]:
        """How many are being tried again, and how many never arrived."""
        with self.begin() as uow:
            return DeliveryLists(uow.connection, uow.cipher).queued(self.now())


def _told(delivery: Delivery, event: OutgoingEvent, lines: Mapping[tuple[str, str], Line]) -> Told:
    waits_in_order = delivery.status == "waiting" and not delivery.late
    return Told(delivery, event, lines.get((delivery.endpoint, delivery.auction_id)) if waits_in_order else None)
