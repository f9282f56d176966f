"""What happened to a payment, and what will: one line per cause, newest first, its consequences beneath it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from console.desk import phrases
from console.desk.figures import span
from domain.messaging import AuditEntry, Delivery, OutgoingEvent, StoredEvent
from domain.notice import Notice, NoticeStatus
from domain.standing.explanation import Explanation
from services.view_timeline import Happened

#: What follows a cause within this time is its consequence.
_FOLLOWS: Final = timedelta(seconds=30)
#: A longer silence is folded into one line.
_SILENCE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened."""

    at: datetime
    #: Which filter shows it: state, stripe, sent or people.
    kind: str
    icon: str
    text: str
    #: Ring colour: warn, bad, good, op, or none.
    tint: str = ""
    #: A technical name, faint.
    name: str | None = None
    #: What somebody wrote.
    quote: str | None = None
    #: Where the raw record is: kind and id.
    raw: tuple[str, str] | None = None
    raw_word: str = "audit entry"
    #: Begins something new, whatever came before.
    causes: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause with its consequences, each with its delay."""

    item: Item
    effects: list[tuple[Item, str]] = field(default_factory=list)
    #: How long nothing had happened before it, where that was long.
    silence: timedelta | None = None


def items(happened: Happened) -> list[Item]:
    """Everything, oldest first."""
    found = [_audit(one) for one in happened.audit]
    found += [_event(one) for one in happened.events]
    found += [_notice(one) for one in happened.notices if one.status is not NoticeStatus.QUEUED]
    found += [_delivery(one, event) for one, event in happened.deliveries if one.finished_at or one.tries]
    return sorted(found, key=lambda item: (item.at, not item.causes))


def causes(found: Sequence[Item]) -> list[Cause]:
    """The same by cause, newest cause first."""
    made: list[Cause] = []
    last: datetime | None = None
    for item in found:
        if made and not item.causes and item.at - made[-1].item.at <= _FOLLOWS:
            made[-1].effects.append((item, _delay(item.at - made[-1].item.at)))
        else:
            silent = item.at - last if last is not None and item.at - last >= _SILENCE else None
            made.append(Cause(item, silence=silent))
        last = item.at
    return made[::-1]


def shown(found: Sequence[Item], kind: str) -> list[Item]:
    """Those of one kind; `all`: all of them."""
    return [item for item in found if kind in ("all", item.kind)]


def planned(told: Explanation, now: datetime) -> list[Item]:
    """What will happen, the latest first."""
    return list(_planned(told, now))[::-1]


def _planned(told: Explanation, now: datetime) -> Iterator[Item]:
    steps = [(step.at, step.text) for step in told.next if step.at is not None and step.at > now]
    for at, text in sorted(steps):
        yield Item(at, "state", "i-timer", str(text), causes=True)


def _delay(delay: timedelta) -> str:
    seconds = delay.total_seconds()
    return f"+{seconds:.2f} s" if seconds < 10 else f"+{span(delay)}"  # noqa: PLR2004 - two figures are enough from there


def _audit(entry: AuditEntry) -> Item:
    phrase = phrases.of_entry(entry)
    person = entry.actor.partition(":")[0] in ("admin", "support", "auditor", "operator", "cli")
    return Item(
        at=entry.at,
        kind="people" if person else "state",
        icon="i-operator" if person else phrase.icon,
        text=f"{entry.actor.partition(':')[2] or entry.actor}: {phrase.text}" if person else phrase.text,
        tint="op" if person else phrase.tint,
        name=entry.action,
        quote=words_of(entry) if person else None,
        raw=("entry", str(entry.seq)),
        causes=person or entry.action == "payment_required",
    )


def words_of(entry: AuditEntry) -> str | None:
    """The reason that a person gave. What was asked of a retry or a termination stands under another name."""
    name = "why" if entry.action in ("retry_requested", "retry_refused", "payment_canceled") else "reason"
    said = entry.data.get(name)
    return str(said) if said else None


def _event(event: StoredEvent) -> Item:
    took = (
        f" Processed in {(event.processed_at - event.received_at).total_seconds():.2f} s." if event.processed_at else ""
    )
    outcome = {
        "waiting": " It waits to be processed.",
        "set_aside": f" Set aside: {event.reason}. Nothing was guessed.",
        "ignored": " It changed nothing.",
    }
    return Item(
        at=event.received_at,
        kind="stripe",
        icon="i-webhook",
        text=f"Stripe told {event.type}.{outcome.get(event.status, '')}{took}",
        tint="bad" if event.status == "set_aside" else "",
        raw=("event", event.stripe_event_id),
        raw_word="raw event",
        causes=True,
    )


def _notice(notice: Notice) -> Item:
    what = f"{notice.channel} “{notice.kind.replace('_', ' ')}” to the {notice.recipient}"
    said = {
        NoticeStatus.SENT: (f"{what} sent", ""),
        NoticeStatus.REFUSED: (f"{what} refused: {notice.last_error}", "warn"),
        NoticeStatus.GIVEN_UP: (f"{what} gave up after {notice.tries} tries: {notice.last_error}", "bad"),
        NoticeStatus.DROPPED: (f"{what} not sent: it was not true any more", ""),
    }
    text, tint = said[notice.status]
    at = notice.finished_at or notice.created_at
    return Item(at, "sent", "i-mail", _capital(text), tint=tint, raw=("notice", str(notice.id)), raw_word="record")


def _delivery(delivery: Delivery, event: OutgoingEvent) -> Item:
    words = {
        "sent": (f"{delivery.endpoint} service told {event.type}", ""),
        "waiting": (f"{delivery.endpoint} service has not received {event.type}: {delivery.last_error}", "warn"),
        "given_up": (f"{delivery.endpoint} service never received {event.type}: {delivery.last_error}", "bad"),
        "dropped": (f"{event.type} for the {delivery.endpoint} service was dropped", ""),
    }
    text, tint = words[delivery.status]
    at = delivery.finished_at or delivery.created_at
    ref = (f"delivery-{delivery.endpoint}", str(event.id))
    return Item(at, "sent", "i-delivery", _capital(text), tint=tint, name=event.type, raw=ref, raw_word="delivery")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
