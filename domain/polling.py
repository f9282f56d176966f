"""When Stripe's list of events is worth a call. Calls are the wall of the system; ADR 14 has the arithmetic."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from domain.walks import Walk

#: Events may become visible out of order, and clocks differ.
OVERLAP: Final = timedelta(minutes=2)
#: An event that we do not have is lost when it is as old as this; younger ones are on their way.
LOST_AFTER: Final = timedelta(minutes=1)
#: So many openings are worth a page of their own: at 50 a page costs two hundredths of a call for each.
WORTH_A_CALL: Final = 50
#: Twenty sweeps, within these bounds, lie between two looks where webhooks may be getting lost.
_SWEEPS: Final = 20
_SHORTEST: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(minutes=5)
#: How much more seldom it is looked where webhooks arrive and the last look found none lost.
_TRUST: Final = 4
#: Nothing is open, but money was taken: disputes come, and refunds fail.
_IDLE: Final = timedelta(hours=1)
#: Whoever has not thought of it for this many sweeps was away, and so may Stripe's webhooks have been.
_SILENT_SWEEPS: Final = 4
_SILENCE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Signs:
    """What our own books say of whether a webhook may have been lost since the last look."""

    #: Somebody could pay, money is on its way, or a refund is not settled.
    is_open: bool
    #: Money has ever been taken.
    has_money: bool
    #: Checkouts opened since, counted up to `WORTH_A_CALL`.
    opened: int
    #: A webhook has arrived since.
    heard: bool
    #: Calls to Stripe are failing now.
    troubled: bool


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of the last looks."""

    walk: Walk
    #: When it was last thought of.
    seen_at: datetime
    #: Calls to Stripe were failing then.
    troubled: bool = False
    #: We or Stripe were away: a look is wanted as soon as it is possible.
    wanted: bool = False
    #: Events that the slice under way, or else the last one, found lost.
    lost: int = 0

    @classmethod
    def read(cls, value: dict[str, Any]) -> "Memory":
        """From what `written` gave."""
        seen_at = datetime.fromisoformat(value["seen_at"])
        return cls(Walk.read(value), seen_at, value["troubled"], value["wanted"], value["lost"])

    def written(self) -> dict[str, Any]:
        """As JSON."""
        seen_at = self.seen_at.isoformat()
        return self.walk.written() | {
            "seen_at": seen_at,
            "troubled": self.troubled,
            "wanted": self.wanted,
            "lost": self.lost,
        }


def pace(sweep: timedelta) -> timedelta:
    """The time between two looks where webhooks may be getting lost."""
    return min(max(sweep * _SWEEPS, _SHORTEST), _LONGEST)


def was_away(memory: Memory, signs: Signs, now: datetime, sweep: timedelta) -> bool:
    """Whether we have just come back from an outage: ours (nobody thought of it), or Stripe's (its calls failed)."""
    silence = max(sweep * _SILENT_SWEEPS, _SILENCE)
    return now - memory.seen_at > silence or (memory.troubled and not signs.troubled)


def is_due(memory: Memory, signs: Signs, now: datetime, sweep: timedelta) -> bool:
    """Whether to list events now."""
    if memory.walk.until is not None:
        return True
    if not signs.is_open and not signs.has_money:
        return False
    waited, quick = now - memory.walk.through, pace(sweep)
    if memory.wanted:
        return True
    if not signs.is_open:
        return waited >= _IDLE
    if memory.lost or not signs.heard:
        return waited >= quick
    return waited >= quick * _TRUST or (waited >= quick and signs.opened >= WORTH_A_CALL)
