"""The services downstream, whichever way they are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import orjson

from domain.errors import GatewayUnavailable
from domain.messaging import OutgoingEvent


@dataclass(frozen=True, slots=True)
class Address:
    """Where one service listens, and the secret that it knows us by (`whsec_…`)."""

    name: str
    url: str
    secret: str


class Way(Protocol):
    """How one endpoint is told."""

    def send(self, event: OutgoingEvent, *, late: bool = False) -> None:
        """Tell it of one event; return when it has said that it has it."""

    def close(self) -> None:
        """Close all connections."""


class Downstream(Protocol):
    """Whoever is told of outgoing events."""

    def send(self, endpoint: str, event: OutgoingEvent, *, late: bool = False) -> None:
        """Tell one endpoint of one event; return when it has said that it has it.

        Args:
            endpoint: who.
            event: of what. Its id and content are the same at every try.
            late: whether it comes out of its turn; said beside the content, not in it.

        Raises:
            GatewayUnavailable: it has not; tell it again.
            GatewayBusy: it wants to be told later, maybe in so many seconds.
            GatewayRefused: it finds something wrong with this event.
            ReceiverGone: it wants to be told nothing any more.
        """


class Routes:
    """Tells each endpoint in its own way."""

    def __init__(self, ways: Mapping[str, Way]) -> None:
        self._ways: Final = ways

    def send(self, endpoint: str, event: OutgoingEvent, *, late: bool = False) -> None:
        """Tell one endpoint of one event."""
        way = self._ways.get(endpoint)
        if way is None:
            raise GatewayUnavailable(f"endpoint {endpoint} is not configured in this process")
        way.send(event, late=late)

    def close(self) -> None:
        """Close all connections."""
        for way in self._ways.values():
            way.close()


def message_id(event: OutgoingEvent) -> str:
    """What receivers know an event by."""
    return f"evt_{event.id.hex}"


def body_of(event: OutgoingEvent) -> bytes:
    """What is sent: the same bytes at every try."""
    return orjson.dumps({"type": event.type, "timestamp": event.occurred_at.isoformat(), "data": event.body})
