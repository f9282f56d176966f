"""Which faults come when: one seed gives one plan."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from proof.drill.kinds import LASTS, RULES, VICTIMS, Kind

#: Seconds of peace before a fault, drawn between these: some faults meet a system that has just recovered.
PEACE: Final = (0.3, 2.0)
#: What recovering from a fault, and watching it, takes as a rule, in seconds: only to guess how long a round is.
_RECOVERY: Final = 4.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        number: its place in the plan, from 1.
        kind: of what kind it is.
        peace: seconds without a fault before it.
        lasts: seconds until it is lifted; 0: it is done in a moment.
        victims: the roles whose processes are killed.
    """

    number: int
    kind: Kind
    peace: float
    lasts: float
    victims: tuple[str, ...] = ()

    @property
    def kills_workers(self) -> bool:
        """Whether a worker process dies of it, with what it has in hand."""
        return self.kind is Kind.ONE_WORKER or "worker" in self.victims

    @property
    def strikes_stripe(self) -> bool:
        """Whether it is the sandbox that misbehaves."""
        return self.kind in RULES


def plan_faults(seed: int, kinds: Sequence[Kind]) -> Iterator[Fault]:
    """Faults without end, in rounds: each round has one of each kind, in an order of its own."""
    dice = random.Random(f"drill {seed}")  # noqa: S311 - not a secret
    numbers = count(1)
    while True:
        for kind in dice.sample(kinds, len(kinds)):
            yield Fault(next(numbers), kind, dice.uniform(*PEACE), LASTS.get(kind, 0.0), _victims(kind, dice))


def seconds_of_round(kinds: Sequence[Kind]) -> float:
    """How long a round takes about."""
    return sum(LASTS.get(kind, 0.0) + sum(PEACE) / 2 + _RECOVERY for kind in kinds)


def _victims(kind: Kind, dice: random.Random) -> tuple[str, ...]:
    roles = list(VICTIMS.values())
    if kind is Kind.RANDOM:
        return tuple(dice.sample(roles, dice.randint(1, len(roles))))
    return (VICTIMS[kind],) if kind in VICTIMS else ()
