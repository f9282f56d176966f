"""Find the webhooks that were lost, by Stripe's own list of events: claim, call, record, a page at a time.

What is found goes into the inbox like a webhook, and is processed like one: what a later event has said stands. Safe to
run any number of times, on any number of workers, and to kill at any line: the inbox knows every event that it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

import structlog

from domain.backoff import backoff
from domain.clock import Clock
from domain.cursor import STRIPE_EVENTS, Cursor
from domain.errors import GatewayRefused, GatewayUnavailable
from domain.messaging import StoredEvent
from domain.polling import LOST_AFTER, OVERLAP, Memory, is_due, was_away
from domain.walks import Walk
from gateways.stripe.event_list import watched
from gateways.stripe.gateway import Page, PaymentGateway
from models.cursors import Cursors
from models.leases import Hold
from models.signs import beginning, intents_opened, read_signs
from models.unit_of_work import Begin
from models.work import CURSOR_WORK
from services.receive_events import NotAnEvent, ReadEvent, ReceiveEvents

log = structlog.get_logger()

SOURCE: Final = "reconciliation"


@dataclass(slots=True)
class Found:
    """What a list has shown."""

    pages: int = 0
    listed: int = 0
    #: Events that we did not have, and should have.
    lost: list[StoredEvent] = field(default_factory=list)
    #: Events that we did not have, so young that their webhooks may still be on their way.
    early: list[StoredEvent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReconcileEvents:
    """Read on in Stripe's list of events, if our own books say that it may tell us something."""

    begin: Begin
    stripe: PaymentGateway
    read: ReadEvent
    receive: ReceiveEvents
    hold: Hold
    #: The interval of the sweeps, from which all others follow.
    sweep: timedelta
    now: Clock
    rng: Random

    def __call__(self) -> int:
        """Read one page, if it is time to; returns 1, or 0 if it is not or another worker is at it."""
        claimed = self._claim()
        if claimed is None:
            return 0
        cursor, intents = claimed
        walk = Walk.read(cursor.value)
        parts = watched(intents=intents)
        with self.hold(CURSOR_WORK, cursor):
            try:
                page = self._list(walk, parts[min(walk.part, len(parts) - 1)])
            except GatewayRefused:
                # It goes on from an event that Stripe has forgotten: from the top again.
                self._record(cursor, walk.restarted(), 0, retry=True)
            except GatewayUnavailable as silence:
                self._postpone(cursor, silence)
            else:
                taken = self._take(page.items)
                walk = walk.told_at(page.told_at).stepped(page.after, len(parts))
                self._record(cursor, walk, len(taken.lost))
        return 1

    def everything(self, since: datetime) -> Found:
        """Read all since then, at once, beside whoever reads on by the clock.

        Raises:
            GatewayUnavailable: Stripe is not there; what was found until then is kept.
        """
        found = Found()
        with self.begin() as uow:
            parts = watched(intents=intents_opened(uow.connection, since))
        walk = Walk(since).begun(self.now())
        while walk.until is not None:
            page = self._list(walk, parts[walk.part], overlap=timedelta(0))
            found.pages += 1
            found.listed += len(page.items)
            taken = self._take(page.items)
            found.lost += taken.lost
            found.early += taken.early
            walk = walk.stepped(page.after, len(parts))
        return found

    def _claim(self) -> tuple[Cursor, bool] | None:
        """The cursor with a slice under way, and whether to ask for payment intents; None if there is nothing to do."""
        now = self.now()
        with self.begin() as uow:
            cursors = Cursors(uow.connection, uow.cipher)
            cursor = cursors.claim(
                STRIPE_EVENTS, now, lambda: Memory(Walk(beginning(uow.connection, now)), now).written()
            )
            if cursor is None:
                return None
            memory = Memory.read(cursor.value)
            signs = read_signs(uow.connection, memory.walk.through)
            wanted = memory.wanted or was_away(memory, signs, now, self.sweep)
            memory = Memory(memory.walk, now, signs.troubled, wanted, memory.lost)
            if not is_due(memory, signs, now, self.sweep):
                cursors.put_down(cursor, memory.written(), now, now + self.sweep)
                return None
            fresh = memory.walk.until is None
            begun = Memory(memory.walk.begun(now), now, signs.troubled, wanted, 0 if fresh else memory.lost)
            cursors.keep(cursor, begun.written(), now)
            return cursor, intents_opened(uow.connection, memory.walk.through)

    def _list(self, walk: Walk, types: Sequence[str], overlap: timedelta = OVERLAP) -> Page[bytes]:
        begins = walk.begins(overlap)
        return self.stripe.list_events(
            types, created_from=begins, created_to=walk.until or self.now(), after=walk.after
        )

    def _take(self, bodies: Sequence[bytes]) -> Found:
        """Store what is not there yet; tells which of that should have been."""
        events = [event for body in bodies if (event := self._read(body)) is not None]
        with self.begin() as uow:
            known = uow.inbox.known([event.stripe_event_id for event in events])
        new = [event for event in events if event.stripe_event_id not in known]
        if not new:
            return Found()
        self.receive(new)
        due = self.now() - LOST_AFTER
        taken = Found(
            lost=[event for event in new if event.created < due], early=[event for event in new if event.created >= due]
        )
        for event in taken.lost:
            log.warning("stripe_event.was_lost", type=event.type, event_id=event.stripe_event_id)
        return taken

    def _read(self, body: bytes) -> StoredEvent | None:
        try:
            return self.read(body, SOURCE)
        except NotAnEvent:
            log.exception("stripe_event.not_readable")
            return None

    def _record(self, cursor: Cursor, walk: Walk, lost: int, *, retry: bool = False) -> None:
        with self.begin() as uow:
            cursors = Cursors(uow.connection, uow.cipher)
            mine = cursors.locked(cursor)
            if mine is None:
                return  # Another worker has taken over, and reads the same page.
            now, memory = self.now(), Memory.read(mine.value)
            over = walk.until is None
            mine.tries = 0
            after = Memory(walk, now, memory.troubled, memory.wanted and not over, memory.lost + lost)
            cursors.put_down(mine, after.written(), now, now + self.sweep if over or retry else now)

    def _postpone(self, cursor: Cursor, silence: GatewayUnavailable) -> None:
        """Stripe is away. Once it is back, what it could not tell us meanwhile is asked for at once."""
        with self.begin() as uow:
            cursors = Cursors(uow.connection, uow.cipher)
            mine = cursors.locked(cursor)
            if mine is not None:
                now = self.now()
                wait = backoff(mine.tries, self.rng, longest=60.0, asked=silence.retry_after)
                cursors.put_down(mine, mine.value, now, now + wait)


def _first(begins: datetime, now: datetime) -> dict[str, object]:
    # Trust is earned: until a look has found none, webhooks may be getting lost.
    return Memory(Walk(begins), now, lost=1).written()
