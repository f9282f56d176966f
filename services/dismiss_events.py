"""Let go of Stripe's events that were set aside, and of which nothing can be made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.clock import Clock
from domain.errors import ActRefused
from domain.security import SecurityEventKind
from models.unit_of_work import Begin
from services.manage_deliveries import check_reason
from services.replay_events import BATCH

#: As it stands at the event, before the reason.
DISMISSED: Final = "dismissed"


@dataclass(frozen=True, slots=True)
class DismissEvents:
    """An event of a payment that a restored database has lost is an example. It stays stored, and can be replayed."""

    begin: Begin
    now: Clock

    def __call__(self, event_ids: Sequence[UUID], actor: str, reason: str) -> int:
        """Let them go; it is on record. What is not set aside stays as it is.

        Returns:
            How many there were.

        Raises:
            ActRefused: there is no reason, or there are too many at a time.
        """
        check_reason(reason)
        if len(event_ids) > BATCH:
            raise ActRefused("too_many", f"{BATCH} events at a time, and no more")
        now = self.now()
        with self.begin() as uow:
            done = [one for one in event_ids if uow.inbox.dismiss(one, f"{DISMISSED}: {reason}", now)]
            if done:
                kind = SecurityEventKind.WEBHOOKS_DISMISSED
                uow.security.note(kind, now, actor, events=len(done), first=str(done[0]), reason=reason)
        return len(done)
