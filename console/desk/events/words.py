"""Stripe's events in words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from console.desk.standing import Badge
from domain.messaging import StoredEvent
from services.replay_events import Outcome

STATES: Final[Mapping[str, Badge]] = {
    "waiting": Badge("wait", "i-pending", "Waiting"),
    "done": Badge("good", "i-completed", "Done"),
    "ignored": Badge("end", "i-canceled", "Nothing to do"),
    "set_aside": Badge("bad", "i-hold", "Set aside"),
}
#: The stable word before the colon of a reason, as a sentence.
_REASONS: Final[Mapping[str, str]] = {
    "other_account": "It belongs to another account of Stripe’s.",
    "other_mode": "It is of the other mode: test, or live.",
    "unmatched_event": "Nothing that it belongs to has come.",
    "event_too_early": "It waits for what it belongs to.",
    "no_key_opens_it": "No key of ours opens its stored body.",
    "unreadable": "It is not as Stripe’s events are.",
    "could_not_be_written": "What it says could not be written.",
}
_BECOMES: Final[Mapping[str, str]] = {
    "done": "{count} would be done and change nothing: what they say is known.",
    "ignored": "{count} would need nothing done.",
    "set_aside": "{count} would be set aside again: {why}.",
    "waiting": "{count} would wait again: {why}.",
    "busy": "{count} are in a worker’s hands now.",
}


def why(event: StoredEvent) -> str | None:
    """Why it waits, or was set aside, in a sentence."""
    if not event.reason:
        return None
    word, _, rest = event.reason.partition(":")
    return _REASONS.get(word, event.reason) if word in _REASONS else (rest.strip() or event.reason)


def lag(event: StoredEvent) -> str:
    """From received to processed."""
    if event.processed_at is None:
        return "–"
    seconds = (event.processed_at - event.received_at).total_seconds()
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:,.0f} s"  # noqa: PLR2004 - as precise as it matters


def late_by(event: StoredEvent) -> float:
    """Seconds from Stripe's making it to our having it."""
    return max(0.0, (event.received_at - event.created).total_seconds())


def outlook(outcomes: Sequence[Outcome]) -> list[tuple[str, bool]]:
    """What replaying would do, by outcome; whether each is a warning."""
    if len(outcomes) == 1:
        return [_alone(outcomes[0])]
    changed = Counter(note for one in outcomes for note in set(one.notes))
    changing = sum(bool(one.notes) for one in outcomes)
    said = []
    if changing:
        listed = ", ".join(f"{name.replace('_', ' ')} × {count}" for name, count in changed.most_common(6))
        said.append((f"{changing} would change a payment: {listed}.", False))
    counts = Counter(one.status for one in outcomes if not one.notes)
    for status, count in counts.most_common():
        why = next((one.reason for one in outcomes if one.status == status and one.reason), "no reason is given")
        said.append((_BECOMES[status].format(count=count, why=why.rstrip(".")), status in ("set_aside", "waiting")))
    return said


def _alone(one: Outcome) -> tuple[str, bool]:
    if one.notes:
        return f"It would change its payment: {', '.join(note.replace('_', ' ') for note in one.notes)}.", False
    said = {
        "done": "It would change nothing: what it says is known.",
        "ignored": "Nothing would have to be done.",
        "busy": "A worker has it in hand now.",
    }
    why = (one.reason or "no reason is given").rstrip(".")
    word = "be set aside again" if one.status == "set_aside" else "wait again"
    return said.get(one.status, f"It would {word}: {why}."), one.status in ("set_aside", "waiting")


def headline(waiting: int, set_aside: int, last: datetime | None) -> str:
    """Whether Stripe is heard."""
    if last is None:
        return "No event yet."
    if set_aside == 1:
        return "One event was set aside and waits for a person."
    if set_aside:
        return f"{set_aside:,} events were set aside and wait for a person."
    return f"Stripe is heard. {waiting:,} wait." if waiting else "Stripe is heard. Nothing waits."
