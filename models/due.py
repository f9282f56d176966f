"""How much work is due and free, counted as far as it matters: so that a bell that was lost costs seconds, not work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from domain.bells import BELLS
from domain.clock import Clock
from models.database import Database
from models.waiting import PLACES

#: More need not be counted: nobody rings more often.
_ENOUGH: Final = 64


def _counting(bell: str) -> str:
    """Counts what is due for a bell and free, up to `_ENOUGH` in each place. An empty one costs an index look-up."""
    places = (place.free_rows(_ENOUGH) for place in PLACES if place.bell == bell)
    return " + ".join(f"(SELECT count(*) FROM ({rows}) due)" for rows in places)  # noqa: S608 - our own words


_COUNTS: Final = {bell: f"SELECT {counted}" for bell in BELLS if (counted := _counting(bell))}


@dataclass(frozen=True, slots=True)
class Due:
    """Counts, by the bell that rings for it, the work that a worker could take now."""

    database: Database
    now: Clock
    grace: timedelta

    def by_bell(self) -> Mapping[str, Callable[[], int]]:
        """For each bell, how many pieces of work wait for it now; none where only the clock rings."""
        return {bell: partial(self._count, bell) for bell in BELLS}

    def _count(self, bell: str) -> int:
        if bell not in _COUNTS:
            return 0
        return int(self.database.rows(_COUNTS[bell], {"now": self.now(), "grace": self.grace})[0][0])
