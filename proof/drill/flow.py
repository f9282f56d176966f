"""Whether work flows: nothing that is due waits, and what a dead process had in hand is in other hands."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.bells import (
    EXPIRE_WINDOWS,
    EXPLAIN_MONEY,
    MIRROR_WINDOWS,
    OPEN_RETRIES,
    RECONCILE_ATTEMPTS,
    RECONCILE_EVENTS,
)
from models.database import Database, DatabaseUnavailable
from models.due import Due
from runtime.clock import SystemClock

#: What has been due for longer waits.
AT_ONCE: Final = timedelta(seconds=1)

#: What comes by the clock, some time after it is due, in peace as well.
BY_THE_CLOCK: Final = frozenset({RECONCILE_EVENTS, RECONCILE_ATTEMPTS, EXPLAIN_MONEY, MIRROR_WINDOWS})
#: What only a sweep finds: in peace it waits for the next one.
SWEPT: Final = frozenset({EXPIRE_WINDOWS, OPEN_RETRIES})

#: What is in hand: where, which, and by which claim.
Hands = AbstractSet[tuple[str, str, int]]

_IN_HAND: Final = " UNION ALL ".join(
    f"SELECT '{table}', {key}, fence FROM {table} WHERE leased_until > lease_now()"  # noqa: S608 - our own words
    for table, key in (
        ("checkout_attempts", "id::text"),
        ("refunds", "id::text"),
        ("receipts", "id::text"),
        ("notifications", "id::text"),
        ("deliveries", "event_id::text || endpoint"),
    )
)


@dataclass(frozen=True, slots=True)
class Flow:
    """Looks at the work of a running system, by a connection of its own."""

    database: Database
    #: How long after its end a window is left open, and how often is swept.
    grace: timedelta
    sweep: timedelta

    def in_hand(self) -> Hands:
        """What workers hold now; empty while the database is away."""
        try:
            return frozenset((str(table), str(key), int(fence)) for table, key, fence in self._rows())
        except DatabaseUnavailable:
            return frozenset()

    def waiting(self) -> Mapping[str, int]:
        """By bell, what has been due for longer than `AT_ONCE`. Raises `DatabaseUnavailable`."""
        at_once, swept = self._due(AT_ONCE), self._due(AT_ONCE + self.sweep)
        counted = {bell: (swept if bell in SWEPT else at_once)[bell] for bell in at_once if bell not in BY_THE_CLOCK}
        return {bell: due for bell, count in counted.items() if (due := count())}

    def obstacle(self, dead_hands: Hands, ill: Callable[[], str]) -> str:
        """What keeps work from flowing: a process that is ill, a dead hand, what waits. Empty: it flows.

        Args:
            dead_hands: what a process had in hand that was killed.
            ill: says which process is not well; empty: all are.
        """
        if found := ill():
            return found
        try:
            if dead_hands & frozenset(self._rows()):
                return "what a killed worker had in hand"
            return ", ".join(f"{due} {bell}" for bell, due in self.waiting().items())
        except DatabaseUnavailable:
            return "the database does not answer"

    def _due(self, since: timedelta) -> Mapping[str, Callable[[], int]]:
        wall = SystemClock()
        return Due(self.database, lambda: wall() - since, self.grace).by_bell()

    def _rows(self) -> list[tuple[str, str, int]]:
        return [(str(one), str(two), int(three)) for one, two, three in self.database.rows(_IN_HAND)]
