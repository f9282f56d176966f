"""Store Stripe's verified events: each once, before anybody is told that we have it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from domain.bells import PROCESS_EVENTS
from domain.clock import Clock
from domain.errors import PermanentError
from domain.ids import NewId
from domain.messaging import StoredEvent
from gateways.stripe.events import moment, session_id_in
from models.unit_of_work import Begin

#: Stripe's ids and types are shorter; what is longer would not fit into an index.
_LONGEST: Final = 255


class NotAnEvent(PermanentError):
    """A signed body that is no Stripe event."""

    code = "not_an_event"


@dataclass(frozen=True, slots=True)
class ReceiveEvents:
    """Store a batch of events in one transaction; the ones that are there already stay as they are."""

    begin: Begin

    def __call__(self, events: Sequence[StoredEvent]) -> int:
        """Store them, durably, and ring for whoever processes them.

        Returns:
            How many were new.

        Raises:
            DatabaseUnavailable: nothing is stored, or it is unknown; Stripe must send them again.
        """
        with self.begin() as uow:
            new = uow.inbox.store(events)
            if new:
                uow.ring(PROCESS_EVENTS)
        return new


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """Make a storable event of a verified body."""

    now: Clock
    new_id: NewId

    def __call__(self, body: bytes, source: str = "webhook") -> StoredEvent:
        """Read as much of the event as its storage needs.

        Raises:
            NotAnEvent: it is no JSON, or lacks what every event has.
        """
        try:
            event = orjson.loads(body)
            return self._stored(event, body, source, self.now())
        except (
            orjson.JSONDecodeError,
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            OSError,
        ) as error:
            raise NotAnEvent("the body is no Stripe event") from error

    def _stored(self, event: Mapping[str, Any], body: bytes, source: str, now: datetime) -> StoredEvent:
        if event["object"] != "event":
            raise ValueError("an event says so")
        document = event["data"]["object"]
        return StoredEvent(
            id=self.new_id(),
            stripe_event_id=_text(event["id"]),
            type=_text(event["type"]),
            created=moment(event["created"]),
            livemode=event["livemode"] is True,
            account=None if event.get("account") is None else _text(event["account"]),
            session_id=session_id_in(document),
            object_id=None if document.get("id") is None else _text(document["id"]),
            body=body,
            source=source,
            received_at=now,
            due_at=now,
        )


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or "\x00" in value:
        raise TypeError("an id or a type is a short string")
    return value
