"""Causes that may stand beside any status: what was not understood, what gave up, what waits."""

from collections.abc import Mapping, Sequence
from typing import Final

from domain.endpoint import AUCTION, ORDER, QUEUE
from domain.lifecycle import COMPLETED
from domain.refund_requests import person_of
from domain.standing.case import Case, Cause
from domain.standing.explanation import Said, Step, must, say

#: Who is told of payments, as people call them.
SERVICES: Final[Mapping[str, str]] = {
    AUCTION: "The auction service",
    ORDER: "The order service",
    QUEUE: "The queue for other services",
}


def _set_aside(case: Case) -> Said | None:
    if not case.beside.set_aside:
        return None
    one = case.beside.set_aside[0]
    more = f" So were {len(case.beside.set_aside) - 1} more." if len(case.beside.set_aside) > 1 else ""
    why = say(
        "Stripe sent something {t} that we do not know: {type} ({reason}). Nothing was guessed.{more}",
        t=one.received_at,
        type=one.type,
        reason=one.reason.rstrip("."),
        more=more,
    )
    return Said(why, (Step(say("Nothing until someone decides.")),), must("Replay it after an update."))


def _gave_up(case: Case) -> Said | None:
    if not case.beside.gave_up:
        return None
    one = case.beside.gave_up[0]
    tries = "1 try" if one.tries == 1 else f"{one.tries} tries"
    why = say(
        "{What} gave up after {tries}: {error}. It waits in dead letters.",
        What=one.what[0].upper() + one.what[1:],
        tries=tries,
        error=(one.error or "no reason was given").rstrip("."),
    )
    return Said(why, (Step(say("Nothing by itself.")),), must("Mend the cause, then put it back."))


def _work_waits(case: Case) -> Said | None:
    waits = [one for one in case.beside.waiting if one.paused_at is not None or one.error is not None]
    if case.session.status is COMPLETED or not waits:
        return None  # where it is completed, that is what is still to come
    one = next((one for one in waits if one.paused_at is not None), waits[0])
    who = SERVICES.get(one.endpoint, one.endpoint)
    if one.paused_at is not None:
        template = "{type} waits for {who} since {t}: paused by {by}."
        why = say(template, type=one.type, who=_small(who), t=one.since, by=person_of(one.paused_by or "somebody"))
        return Said(why, (Step(say("Nothing until it is resumed.")),), must("Resume it."))
    why = say("{who} has not taken {type} since {t}: {error}.", who=who, type=one.type, t=one.since, error=one.error)
    return Said(why, (Step(say("{who} is told again.", who=who), one.due_at),))


def _small(words: str) -> str:
    return words[0].lower() + words[1:]


#: In this order.
ANYWHERE_CAUSES: Final[Sequence[Cause]] = (
    Cause("any.set_aside", _set_aside),
    Cause("any.gave_up", _gave_up),
    Cause("any.work_waits", _work_waits),
)
