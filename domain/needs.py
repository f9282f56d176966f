"""What waits for a person, most urgent first; and whether money is flowing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.overview import DEAD_LETTERS, Backlog
from domain.queues import Pause

#: Work that is younger than this may wait its turn.
STUCK_AFTER: Final = timedelta(minutes=2)


class NeedKind(StrEnum):
    """What kind of thing waits for a person, in the order of its urgency."""

    #: Due work has waited for longer than `STUCK_AFTER`.
    STUCK = "stuck"
    NO_WORKER = "no_worker"
    #: A person has paused a queue.
    QUEUE_PAUSED = "queue_paused"
    #: Our books and Stripe's differ.
    UNEXPLAINED = "unexplained"
    #: A payment is held: its amount differs, or it is risky.
    HELD = "held"
    #: A refund that a second person must agree to.
    APPROVAL = "approval"
    #: Nobody tells a service downstream: a person stopped it, or it does not answer.
    ENDPOINT_PAUSED = "endpoint_paused"
    ENDPOINT_FAILING = "endpoint_failing"
    #: Money that must go back, and whose refund failed, or was asked of Stripe for an hour in vain.
    REFUND_STUCK = "refund_stuck"
    RECEIPT_STUCK = "receipt_stuck"
    #: Stripe said something that we do not know; nothing was guessed.
    SET_ASIDE = "set_aside"
    DEAD_LETTERS = "dead_letters"
    DISPUTE = "dispute"


#: Many of these are one thing to do.
GATHERED: Final = frozenset({NeedKind.SET_ASIDE, NeedKind.DEAD_LETTERS})
_RANKS: Final = {kind: rank for rank, kind in enumerate(NeedKind)}


@dataclass(frozen=True, slots=True)
class Need:
    """One thing, or many of a kind that one act mends."""

    kind: NeedKind
    #: A lot, an endpoint, a kind of work, a currency.
    what: str = ""
    #: Why, in few words.
    why: str = ""
    session_id: UUID | None = None
    #: Since when it waits.
    at: datetime | None = None
    #: What happens then if nobody does anything.
    until: datetime | None = None
    #: What came, is to go back, or is in question; of a queue, how many pieces wait.
    minor: int | None = None
    currency: str | None = None
    #: What was asked instead.
    asked_minor: int | None = None
    #: How many this stands for.
    count: int = 1


def in_order(needs: Iterable[Need]) -> list[Need]:
    """The most urgent first; within a kind what ends first, then what waits longest."""

    def key(need: Need) -> tuple[int, float, float]:
        return _RANKS[need.kind], _seconds(need.until), _seconds(need.at)

    return sorted(needs, key=key)


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else float("inf")


def of_machinery(
    backlogs: Sequence[Backlog], pauses: Sequence[Pause], unexplained: Mapping[str, int], workers: int, now: datetime
) -> list[Need]:
    """What the machinery itself asks for.

    Args:
        backlogs: what waits.
        pauses: queues that somebody has stopped.
        unexplained: minor units that nobody can explain, by currency.
        workers: how many are alive.
        now: the time.
    """
    waiting = {one.name: one for one in backlogs if one.name != DEAD_LETTERS and one.count}
    paused = {pause.queue for pause in pauses}
    needs = [
        Need(NeedKind.STUCK, what=one.name, at=one.oldest, minor=one.count)
        for one in waiting.values()
        if one.name not in paused and one.oldest and now - one.oldest > STUCK_AFTER
    ]
    if waiting and not workers:
        needs.append(Need(NeedKind.NO_WORKER))
    needs += [
        Need(NeedKind.UNEXPLAINED, what=currency, minor=minor, currency=currency)
        for currency, minor in unexplained.items()
        if minor
    ]
    return needs + [
        Need(
            NeedKind.QUEUE_PAUSED,
            what=pause.queue,
            why=f"{pause.paused_by}: {pause.reason}",
            at=pause.paused_at,
            until=pause.until,
            minor=waiting[pause.queue].count if pause.queue in waiting else 0,
        )
        for pause in pauses
    ]
