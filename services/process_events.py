"""Process Stripe's stored events in batches: many events, many payments, one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final
from uuid import UUID

import orjson

from domain import radar
from domain.backoff import backoff
from domain.clock import Clock
from domain.errors import EventTooEarly, GavelpayError, TransientError, UnmatchedEvent
from domain.facts import ChargeJudged, ChargeReported, Fact, Irrelevant, ReviewClosed, ReviewOpened
from domain.messaging import StoredEvent
from domain.payment import Payment
from domain.settlement import Terms, apply
from domain.unreadable import Unreadable
from gateways.stripe.events import read_event
from models.unit_of_work import Begin, UnitOfWork
from services.observing import Observer

_BATCH: Final = 200
#: What Stripe thinks of money is heard before the money itself, where both are told in the same second.
_FIRST: Final = (ReviewOpened, ReviewClosed, ChargeReported, ChargeJudged)
#: How long an event waits for its cause before it is set aside. A day: longer than any outage that nobody noticed.
PATIENCE: Final = timedelta(days=1)
#: An event that no key of this process opens waits as long: for a process that has it, or for the key to come back.
UNREADABLE: Final = "no_key_opens_it"


@dataclass(frozen=True, slots=True)
class ProcessEvents:
    """Take the events that wait, oldest first, and make of their payments what they are after them.

    Safe to run any number of times and on any number of workers: events are claimed and their payments locked in one
    transaction, which writes all of the batch or nothing. An event that fails is set aside alone.
    """

    begin: Begin
    terms: Terms
    #: Whether this deployment collects real money; events of the other mode are set aside.
    livemode: bool
    observer: Observer
    now: Clock
    rng: Random

    def __call__(self, limit: int = _BATCH) -> int:
        """Process one batch; returns how many events it had."""
        events: list[StoredEvent] = []
        try:
            with self.begin() as uow:
                events = uow.inbox.claim(self.now(), limit)
                self.process(uow, events)
        except TransientError:
            raise
        except Exception:  # noqa: BLE001 - whatever it is
            # One of them cannot be written, or nobody foresaw it. Do each alone, so that only that one is set aside.
            for event in events:
                self._process_alone(event.id)
        else:
            self._tell(events)
        return len(events)

    def _process_alone(self, event_id: UUID) -> None:
        events: list[StoredEvent] = []
        try:
            with self.begin() as uow:
                events = uow.inbox.find("r.id = %(id)s AND r.status = 'waiting' FOR UPDATE SKIP LOCKED", id=event_id)
                self.process(uow, events)
        except TransientError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other events must not suffer from it
            with self.begin() as uow:
                events = uow.inbox.find("r.id = %(id)s AND r.status = 'waiting' FOR UPDATE", id=event_id)
                for event in events:
                    self._finish(event, "set_aside", f"could_not_be_written: {type(error).__name__}")
                uow.inbox.save(events)
        self._tell(events)

    def process(self, uow: UnitOfWork, events: Sequence[StoredEvent]) -> None:
        """Make of the payments of these events, which are locked, what they are after them."""
        facts = self._read(events)
        owners = self._owners(uow, facts)
        payments = uow.payments.lock(owners.values())
        waiting = sorted(
            (event for event in events if event.id in facts),
            key=lambda event: (event.created, not isinstance(facts[event.id], _FIRST), event.id),
        )
        early: list[StoredEvent] = []
        while waiting:
            early = [
                one for one in waiting if not self._apply(one, facts[one.id], payments.get(owners.get(one.id, one.id)))
            ]
            if len(early) == len(waiting):
                break
            waiting = early  # Its cause may have come behind it.
        for event in early:
            self._wait(event, EventTooEarly.code, f"{UnmatchedEvent.code}: nothing that it belongs to has come")
        uow.inbox.save(events)

    def _read(self, events: Sequence[StoredEvent]) -> dict[UUID, Fact]:
        """What each event tells. One that cannot be read is set aside at once."""
        facts: dict[UUID, Fact] = {}
        for event in events:
            if event.account is not None or event.livemode is not self.livemode:
                self._finish(event, "set_aside", "other_account" if event.account else "other_mode")
                continue
            if isinstance(event.body, Unreadable):
                self._wait(event, UNREADABLE, f"{UNREADABLE}: {event.body.why}")
                continue
            try:
                fact = read_event(orjson.loads(event.body))
            except GavelpayError as error:
                self._finish(event, "set_aside", f"{error.code}: {error}")
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
                self._finish(event, "set_aside", f"unreadable: {error!r}"[:300])
            else:
                if isinstance(fact, Irrelevant):
                    self._finish(event, "ignored", None)
                else:
                    facts[event.id] = fact
        return facts

    def _owners(self, uow: UnitOfWork, facts: Mapping[UUID, Fact]) -> dict[UUID, UUID]:
        """Which payment each event belongs to: by its metadata, else by the money that it names."""
        owners: dict[UUID, UUID] = {
            key: fact.where.session_id for key, fact in facts.items() if fact.where.session_id is not None
        }
        named = {
            name: fact.where.session_id
            for fact in facts.values()
            for name in (fact.where.payment_intent_id, fact.where.charge_id)
            if name is not None and fact.where.session_id is not None
        }
        rest = {}
        for key, fact in facts.items():
            if key in owners:
                continue
            # Reviews and warnings name money alone; what names its payment too may come with them.
            owner = named.get(fact.where.payment_intent_id or "") or named.get(fact.where.charge_id or "")
            if owner is None:
                rest[key] = fact.where
            else:
                owners[key] = owner
        if rest:
            intents = [one.payment_intent_id for one in rest.values() if one.payment_intent_id]
            charges = [one.charge_id for one in rest.values() if one.charge_id]
            known = uow.inbox.sessions_of(intents, charges)
            for key, one in rest.items():
                found = known.get(one.payment_intent_id or "") or known.get(one.charge_id or "")
                if found is not None:
                    owners[key] = found
        return owners

    def _apply(self, event: StoredEvent, fact: Fact, payment: Payment | None) -> bool:
        """Apply one event; False if its cause has not come yet."""
        if payment is None and fact.where.session_id is None:
            return False
        if payment is None:
            # A session is committed before Stripe hears of it: this one was never ours.
            self._finish(event, "set_aside", f"{UnmatchedEvent.code}: no such payment session")
            return True
        now = self.now()
        undo = payment.checkpoint()
        try:
            apply(payment, fact, now, self.terms)
        except EventTooEarly:
            undo()
            radar.hear(payment, fact, now)
            return False
        except GavelpayError as error:
            undo()
            self._finish(event, "set_aside", f"{error.code}: {error}")
        else:
            payment.session.updated_at = now
            self._finish(event, "done", None)
        return True

    def _wait(self, event: StoredEvent, reason: str, in_vain: str) -> None:
        """Something that it needs has not come yet: try again later, and in the end set it aside."""
        now = self.now()
        if now - event.received_at > PATIENCE:
            self._finish(event, "set_aside", in_vain)
            return
        event.tries += 1
        event.reason = reason
        event.due_at = now + backoff(event.tries, self.rng, longest=600.0)

    def _finish(self, event: StoredEvent, status: str, reason: str | None) -> None:
        event.status, event.reason, event.due_at, event.processed_at = status, reason, None, self.now()

    def _tell(self, events: Sequence[StoredEvent]) -> None:
        for event in events:
            if event.processed_at is not None:
                lag = (event.processed_at - event.received_at).total_seconds()
                self.observer.event_processed(event, lag)
