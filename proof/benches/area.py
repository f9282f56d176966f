"""What a bench tells: figures, goals, and whether they were met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proof.benches.rounds import Comparison
from proof.benches.statistic import short


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.

    Args:
        rounds: of each way.
        seconds: of one round of one way, about.
        million: also what takes minutes: a million events, millions of rows.
    """

    rounds: int = 5
    seconds: float = 3.0
    million: bool = False


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure with its bound."""

    what: str
    figure: float
    bound: float
    #: Whether the figure must reach the bound, or must not exceed it.
    at_least: bool
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether it is reached."""
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    @property
    def wanted(self) -> str:
        """The bound, in words."""
        return f"{'≥' if self.at_least else '≤'} {self.bound:g} {self.unit}".strip()

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {"what": self.what, "figure": short(self.figure), "goal": self.wanted, "met": self.met}


def at_least(what: str, figure: float, bound: float, unit: str = "") -> Goal:
    """A goal to reach."""
    return Goal(what, figure, bound, at_least=True, unit=unit)


def at_most(what: str, figure: float, bound: float, unit: str = "") -> Goal:
    """A goal not to exceed."""
    return Goal(what, figure, bound, at_least=False, unit=unit)


@dataclass(frozen=True, slots=True)
class Area:
    """One area's result."""

    name: str
    comparison: Comparison | None
    goals: Sequence[Goal]
    #: Other comparisons by what they compare.
    more: Mapping[str, Comparison] = field(default_factory=dict)
    #: Figures beside them, as JSON.
    details: Mapping[str, Any] = field(default_factory=dict)
    #: What was lost or doubled outside the comparisons.
    also_wrong: Sequence[str] = ()

    @property
    def comparisons(self) -> dict[str, Comparison]:
        """All of them, the main one first, under the area's name."""
        return ({self.name: self.comparison} if self.comparison else {}) | dict(self.more)

    @property
    def wrong(self) -> list[str]:
        """What was lost or doubled."""
        return [*(one for each in self.comparisons.values() for one in each.wrong), *self.also_wrong]

    @property
    def met(self) -> bool:
        """Whether every goal is reached and nothing was lost or doubled."""
        return not self.wrong and all(goal.met for goal in self.goals)

    def document(self) -> dict[str, Any]:
        """For JSON: the main comparison's figure, baselines, ratio and noise; goals; and the rest."""
        return {
            **(self.comparison.document() if self.comparison else {}),
            "goals": [goal.document() for goal in self.goals],
            "met": self.met,
            "wrong": self.wrong,
            "more": {name: each.document() for name, each in self.more.items()},
            "details": dict(self.details),
        }
