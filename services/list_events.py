"""Look at the Stripe events that were stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import NotFound
from domain.messaging import StoredEvent
from models.unit_of_work import Begin


@dataclass(frozen=True, slots=True)
class ListEvents:
    """What operators do with stored events."""

    begin: Begin

    def listed(
        self,
        *,
        kind: str | None = None,
        status: str | None = None,
        since: datetime | None = None,
        session_id: UUID | None = None,
        limit: int = 100,
    ) -> Sequence[StoredEvent]:
        """Events that match, newest first.

        Args:
            kind: Stripe's type; `charge.*` is every type that begins so.
            status: what became of it: waiting, done, ignored or set_aside.
            since: received then or later.
            session_id: the payment that it names.
            limit: how many at most.
        """
        wanted: dict[str, tuple[str, Any]] = {
            "kind": ("r.type LIKE %(kind)s", None if kind is None else pattern(kind)),
            "status": ("r.status = %(status)s", status),
            "since": ("r.received_at >= %(since)s", since),
            "session_id": ("r.session_id = %(session_id)s", session_id),
        }
        given = {name: (condition, value) for name, (condition, value) in wanted.items() if value is not None}
        where = " AND ".join(condition for condition, _ in given.values()) or "true"
        params = {name: value for name, (_, value) in given.items()}
        with self.begin() as uow:
            page = f"{where} ORDER BY r.received_at DESC, r.id DESC LIMIT %(limit)s"
            return uow.inbox.find(page, limit=limit, **params)

    def one(self, event_id: str) -> StoredEvent:
        """One event, by Stripe's id or ours; raises `NotFound`."""
        with self.begin() as uow:
            found = uow.inbox.find("r.stripe_event_id = %(id)s OR r.id::text = %(id)s", id=event_id.lower()) or (
                uow.inbox.find("r.stripe_event_id = %(id)s", id=event_id)
            )
        if not found:
            raise NotFound(f"there is no event {event_id}")
        return found[0]


def pattern(kind: str) -> str:
    """A LIKE pattern in which only `*` means anything."""
    plain = kind.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return plain.replace("*", "%")
