"""What is due when, and why: one line each. The scheduler only rings; the work is found in the database."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain import bells
from domain.endpoint import BELL_OF


class Kind(StrEnum):
    """What a job is for."""

    #: Finishes what was left, or has come due.
    SWEEP = "sweep"
    #: Compares us with somebody else.
    RECONCILE = "reconcile"
    #: Deletes what is old.
    PRUNE = "prune"
    #: Looks whether what must hold, holds.
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Job:
    """A bell that rings every so many seconds."""

    name: str
    kind: Kind
    bell: str
    seconds: float
    why: str


#: Workers look for forgotten work themselves, each for its own queues; these are for when none of them does.
_NET_SECONDS: Final = 5.0
DEFAULT_SWEEP_SECONDS: Final = 15.0


def schedule(sweep_seconds: float = DEFAULT_SWEEP_SECONDS) -> tuple[Job, ...]:
    """All jobs. `sweep_seconds` is PAYMENT_WINDOW_SWEEP_SECONDS."""
    sweep, reconcile = Kind.SWEEP, Kind.RECONCILE
    return (
        Job(
            "expire_windows",
            sweep,
            bells.EXPIRE_WINDOWS,
            sweep_seconds,
            "windows end by the clock; nothing else says so",
        ),
        Job(
            "open_retries",
            sweep,
            bells.OPEN_RETRIES,
            sweep_seconds,
            "retries are due by the clock; nothing else says so",
        ),
        Job(
            "open_checkouts",
            sweep,
            bells.OPEN_CHECKOUTS,
            _NET_SECONDS,
            "a worker died while it asked; Stripe was away",
        ),
        Job(
            "process_events",
            sweep,
            bells.PROCESS_EVENTS,
            _NET_SECONDS,
            "a bell was lost; an event waited for its cause",
        ),
        *(
            Job(f"deliver_to_{endpoint}", sweep, bell, _NET_SECONDS, "a receiver was away and is asked again")
            for endpoint, bell in BELL_OF.items()
        ),
        Job("send_refunds", sweep, bells.SEND_REFUNDS, _NET_SECONDS, "Stripe was away and is asked again"),
        Job(
            "send_notices",
            sweep,
            bells.SEND_NOTICES,
            _NET_SECONDS,
            "reminders are due by the clock; a mail server was away and is asked again",
        ),
        Job(
            "reconcile_events",
            reconcile,
            bells.RECONCILE_EVENTS,
            sweep_seconds,
            "webhooks get lost; Stripe lists what they would have told",
        ),
        Job(
            "reconcile_attempts",
            reconcile,
            bells.RECONCILE_ATTEMPTS,
            sweep_seconds,
            "what was due to happen and was not heard of is looked up",
        ),
        Job(
            "explain_money",
            Kind.CHECK,
            bells.EXPLAIN_MONEY,
            30.0,
            "every cent in Stripe's books must be in ours; its fees come with them",
        ),
        Job(
            "mirror_windows",
            reconcile,
            bells.MIRROR_WINDOWS,
            60.0,
            "Redis may be emptied, or miss what was written while it was away",
        ),
        Job(
            "prune_old",
            Kind.PRUNE,
            bells.PRUNE_OLD,
            600.0,
            "once a day what is old and over goes, and the next months get their place; a table was in use",
        ),
        Job(
            "issue_receipts",
            sweep,
            bells.ISSUE_RECEIPTS,
            _NET_SECONDS,
            "a worker died while it printed; the storage was away; how money came was waited for",
        ),
    )
