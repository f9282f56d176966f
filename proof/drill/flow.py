"""Whether work flows: nothing that is due waits, and what a dead process had in hand is in other hands."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.bells import EXPLAIN_MONEY, MIRROR_WINDOWS, RECONCILE_ATTEMPTS, RECONCILE_EVENTS
from models.database import Database, DatabaseUnavailable
from models.due import Due
from runtime.clock import SystemClock

#: What has been due for longer waits.
AT_ONCE: Final = timedelta(seconds=1)

#: What comes by the clock, some time after it is due, in peace as well.
BY_THE_CLOCK: Final = frozenset({RECONCILE_EVENTS, RECONCILE_ATTEMPTS, EXPLAIN_MONEY, MIRROR_WINDOWS})

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
    #: How long after its end a window is closed at the latest, in peace.
    grace: timedelta

    def in_hand(self) -> Hands:
        """What workers hold now; empty while the database is away."""
        try:
            return frozenset((str(table), str(key), int(fence)) for table, key, fence in self._rows())
        except DatabaseUnavailable:
            return frozenset()

    def waiting(self) -> Mapping[str, int]:
        """By bell, what has been due for longer than `AT_ONCE`. Raises `DatabaseUnavailable`."""
        wall = SystemClock()
        counted = Due(self.database, lambda: wall() - AT_ONCE, self.grace).by_bell()
        return {bell: due for bell, count in counted.items() if bell not in BY_THE_CLOCK and (due := count())}

    def flows(self, dead_hands: Hands, healthy: Callable[[], bool]) -> bool:
        """Whether all processes are well, nothing waits, and nothing is still in a dead hand."""
        if not healthy():
            return False
        try:
            return not (dead_hands & frozenset(self._rows())) and not self.waiting()
        except DatabaseUnavailable:
            return False

    def _rows(self) -> list[tuple[str, str, int]]:
        return [(str(one), str(two), int(three)) for one, two, three in self.database.rows(_IN_HAND)]
