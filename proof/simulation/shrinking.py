"""Cuts a failing run down to the fewest payments and faults that still break it (delta debugging)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from proof.simulation.run import Plan, Result

T = TypeVar("T")

#: Runs that a shrinking may take.
_RUNS: Final = 300


class Shrinker:
    """Runs smaller and smaller parts of a run that failed.

    Args:
        run: runs a plan.
        tried: hears of each run, and how much is left.
    """

    def __init__(
        self, run: Callable[[Plan], Result], tried: Callable[[int, Result], None] = lambda _n, _r: None
    ) -> None:
        self._run, self._tried = run, tried
        self._left = _RUNS

    def __call__(self, failed: Result) -> Result:
        """The smallest failing run that was found; the one given if nothing can be left away."""
        best = failed
        if failed.plan.whole_log:
            best = replace(failed, plan=replace(failed.plan, whole_log=False))
        lots: Sequence[int] = failed.plan.numbers()
        named = [int(one.lot.removeprefix("lot-")) for one in failed.broken if one.lot.startswith("lot-")]
        if named and (alone := self._broken(replace(failed.plan, lots=frozenset(named[:1])))):
            best, lots = alone, named[:1]
        best = self._fewest(best, lots, lambda plan, part: replace(plan, lots=frozenset(part)))
        best = self._fewest(best, best.faults, lambda plan, part: replace(plan, faults=frozenset(part)))
        return self._fewest(best, best.plan.numbers(), lambda plan, part: replace(plan, lots=frozenset(part)))

    def _fewest(self, best: Result, items: Sequence[T], cut: Callable[[Plan, Sequence[T]], Plan]) -> Result:
        """Leave parts away, half of them first, single ones last, as long as it still breaks."""
        parts = 2
        while items and self._left:
            size = -(-len(items) // parts)
            for first in range(0, len(items), size):
                rest = [*items[:first], *items[first + size :]]
                if found := self._broken(cut(best.plan, rest)):
                    best, items, parts = found, rest, max(parts - 1, 2)
                    break
            else:
                if size == 1:
                    break
                parts = min(parts * 2, len(items))
        return best

    def _broken(self, plan: Plan) -> Result | None:
        if not self._left:
            return None
        self._left -= 1
        result = self._run(plan)
        self._tried(_RUNS - self._left, result)
        return result if result.broken else None
