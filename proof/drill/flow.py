"""Whether work flows: nothing that is due waits, and what a dead process had in hand is in other hands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from domain.bells import (
    EXPIRE_WINDOWS,
    EXPLAIN_MONEY,
    ISSUE_RECEIPTS,
    MIRROR_WINDOWS,
    OPEN_RETRIES,
    RECONCILE_ATTEMPTS,
    RECONCILE_EVENTS,
)
from models.database import Database, DatabaseUnavailable
from models.due import Due
from models.receipts import READY
from models.waiting import TO_BE_PRINTED
from proof.drill.hands import Hands, Held
from runtime.clock import SystemClock

#: What has been due for longer waits.
AT_ONCE: Final = timedelta(seconds=1)

#: What comes by the clock, some time after it is due, in peace as well.
BY_THE_CLOCK: Final = frozenset({RECONCILE_EVENTS, RECONCILE_ATTEMPTS, EXPLAIN_MONEY, MIRROR_WINDOWS})
#: What only a sweep finds: in peace it waits for the next one.
SWEPT: Final = frozenset({EXPIRE_WINDOWS, OPEN_RETRIES})
#: Nobody counts further.
_ENOUGH: Final = 64


@dataclass(frozen=True, slots=True)
class Flow:
    """Looks at the work of a running system, by connections of its own."""

    database: Database
    hands: Hands
    #: How long after its end a window is left open, and how often is swept.
    grace: timedelta
    sweep: timedelta
    #: Receipts that could have been numbered, by when that was first seen: no column says since when.
    _ready: dict[str, datetime] = field(default_factory=dict)

    def waiting(self) -> Mapping[str, int]:
        """By bell, what has been due for longer than `AT_ONCE`. Raises `DatabaseUnavailable`."""
        at_once, swept = self._due(AT_ONCE), self._due(AT_ONCE + self.sweep)
        counting = {bell: (swept if bell in SWEPT else at_once)[bell] for bell in at_once if bell not in BY_THE_CLOCK}
        counting[ISSUE_RECEIPTS] = self._receipts
        return {bell: due for bell, count in counting.items() if (due := count())}

    def obstacle(self, ill: Callable[[], str]) -> str:
        """What keeps work from flowing: a process that is ill, or what waits. Empty: it flows.

        Args:
            ill: says which process is not well; empty: all are.
        """
        if found := ill():
            return found
        try:
            return ", ".join(f"{due} {bell}" for bell, due in self.waiting().items())
        except DatabaseUnavailable:
            return "the database does not answer"

    def taken_over(self, dead: Held) -> bool:
        """Whether all that dead workers held is done, or in other hands."""
        try:
            return not self.hands.still(dead)
        except DatabaseUnavailable:
            return False

    def _due(self, since: timedelta) -> Mapping[str, Callable[[], int]]:
        wall = SystemClock()
        return Due(self.database, lambda: wall() - since, self.grace).by_bell()

    def _receipts(self) -> int:
        """Numbered ones say since when they are due; of the others we remember it."""
        now = SystemClock()()
        with self.database.transaction() as connection:
            numbered = connection.execute(TO_BE_PRINTED.free_rows(_ENOUGH), {"now": now - AT_ONCE}).rowcount
            rows = connection.execute(f"SELECT r.id FROM receipts r WHERE {READY}", {"now": now})  # noqa: S608 - ours
            ready = {str(row[0]) for row in rows}
        for gone in set(self._ready) - ready:
            del self._ready[gone]
        for one in ready:
            self._ready.setdefault(one, now)
        return numbered + sum(now - since > AT_ONCE for since in self._ready.values())
