"""Look at Stripe's stored events a page at a time, see what replaying them would change, and replay them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn
from uuid import UUID

from domain.bells import PROCESS_EVENTS
from domain.clock import Clock
from domain.errors import ActRefused, TransientError
from domain.messaging import StoredEvent
from domain.security import SecurityEventKind
from models.paging import Ordering, Paged, Place, a_time
from models.unit_of_work import Begin, UnitOfWork
from services.list_events import pattern
from services.manage_deliveries import check_reason
from services.process_events import ProcessEvents

ORDER: Final = Ordering((("r.received_at", a_time), ("r.id", UUID)))
#: Events that are tried for one plan, and that are replayed with one commit.
TRIED: Final = 25
BATCH: Final = 500
#: Counted as far as anybody would read.
ENOUGH: Final = 20_000


@dataclass(frozen=True, slots=True)
class WantedEvents:
    """Which events somebody wants to see; None: any."""

    kind: str | None = None
    status: str | None = None
    since: datetime | None = None
    session_id: UUID | None = None
    #: Stripe's id.
    stripe_id: str | None = None

    @property
    def condition(self) -> str:
        """As a condition on `webhook_events r`."""
        parts = {
            "kind": "r.type LIKE %(kind)s",
            "status": "r.status = %(status)s",
            "since": "r.received_at >= %(since)s",
            "session_id": "r.session_id = %(session_id)s",
            "stripe_id": "r.stripe_event_id = %(stripe_id)s",
        }
        return " AND ".join(["true", *(part for name, part in parts.items() if getattr(self, name) is not None)])

    @property
    def params(self) -> dict[str, Any]:
        """What stands in the condition."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"kind": None if self.kind is None else pattern(self.kind)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What replaying one event would do."""

    event: StoredEvent
    #: What would become of it: done, ignored, set_aside, waiting; or busy, while a worker has it.
    status: str
    reason: str | None = None
    #: What would be noted of its payment: nothing, where it tells nothing new.
    notes: tuple[str, ...] = ()


class _Undo(Exception):
    """Nothing of this is kept but what would have come of it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class ReplayEvents:
    """Reads and acts on stored events. Replaying does no harm: what an event says is known, or is news."""

    begin: Begin
    process: ProcessEvents
    now: Clock

    def page(self, wanted: WantedEvents, place: Place, limit: int) -> Paged[StoredEvent]:
        """One page, those received last first."""
        with self.begin() as uow:
            return ORDER.page(
                lambda tail, keys: uow.inbox.find(tail, **(wanted.params | keys)), wanted.condition, place, limit
            )

    def count(self, wanted: WantedEvents) -> int:
        """How many there are, up to `ENOUGH`."""
        sql = f"SELECT count(*) FROM (SELECT 1 FROM webhook_events r WHERE {wanted.condition} LIMIT {ENOUGH}) c"  # noqa: S608
        with self.begin() as uow:
            ((count,),) = uow.connection.execute(sql, wanted.params).fetchall()
        return int(count)

    def oldest(self, wanted: WantedEvents, limit: int) -> list[StoredEvent]:
        """The first that match, in the order in which they came."""
        with self.begin() as uow:
            condition = f"{wanted.condition} ORDER BY r.received_at, r.id LIMIT %(most)s"
            return uow.inbox.find(condition, **(wanted.params | {"most": limit}))

    def plan(self, events: Sequence[StoredEvent]) -> list[Outcome]:
        """What replaying them would do, found by doing it and keeping nothing of it."""
        return [self._try(event) for event in events[:TRIED]]

    def __call__(self, event_ids: Sequence[UUID], actor: str, reason: str) -> int:
        """Have events processed again, by the workers; it is on record.

        Returns:
            How many there were.

        Raises:
            ActRefused: there is no reason.
        """
        check_reason(reason)
        if len(event_ids) > BATCH:
            raise ActRefused("too_many", f"{BATCH} events at a time, and no more")
        now = self.now()
        with self.begin() as uow:
            done = [one for one in event_ids if uow.inbox.replay(one, now)]
            uow.ring(PROCESS_EVENTS, len(done))
            kind, first = SecurityEventKind.WEBHOOKS_REPLAYED, str(done[0]) if done else None
            uow.security.note(kind, now, actor, events=len(done), first=first, reason=reason)
        return len(done)

    def _try(self, event: StoredEvent) -> Outcome:
        try:
            with self.begin() as uow:
                self._do(uow, event)
        except _Undo as undone:
            return undone.outcome
        except TransientError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, a worker would set the event aside for it
            return Outcome(event, "set_aside", f"could_not_be_written: {type(error).__name__}")

    def _do(self, uow: UnitOfWork, event: StoredEvent) -> NoReturn:
        tried = uow.inbox.find("r.id = %(id)s FOR UPDATE SKIP LOCKED", id=event.id)
        for one in tried:
            one.status, one.reason, one.tries = "waiting", None, 0
        self.process.process(uow, tried)
        uow.flush()
        notes = tuple(note.action for _, note in uow.payments.noted)
        raise _Undo(Outcome(event, tried[0].status, tried[0].reason, notes) if tried else Outcome(event, "busy"))
