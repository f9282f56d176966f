"""What workers have in hand: rows that they have leased, and messages that the broker has handed out to them."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from redis import Redis, RedisError

from gateways.queue.bells import NAMESPACE
from models.database import Database, DatabaseUnavailable

#: What is in hand: where, which, and by which claim.
Held = AbstractSet[tuple[str, str, int]]

_ASKED: Final = "(due_at IS NOT NULL OR look_up_at IS NOT NULL)"
_TABLES: Final = (
    ("checkout_attempts", "id::text", _ASKED),
    ("refunds", "id::text", _ASKED),
    ("receipts", "id::text", "status = 'numbered'"),
    ("notifications", "id::text", "status = 'queued'"),
    ("deliveries", "event_id::text || endpoint", "status = 'waiting'"),
    ("cursors", "name", "true"),
)
#: A lease that has run out is in no hand any more, but it stays its last holder's until somebody takes it over; or
#: until nothing is left to do, for Stripe's event may tell what was to be asked: then nobody takes it, or needs to.
_LEASED: Final = " UNION ALL ".join(
    f"SELECT '{table}', {key}, fence, leased_until > lease_now() FROM {table}"  # noqa: S608 - our own words
    f" WHERE leased_until IS NOT NULL AND {left}"
    for table, key, left in _TABLES
)
_HANDED_OUT: Final = f"{NAMESPACE}:__acks__.*"


@dataclass(frozen=True, slots=True)
class Hands:
    """Looks at a running system's work in hand."""

    database: Database
    #: The broker; None where it is not Redis, and its messages are not looked at.
    broker: "Redis | None" = None

    def in_hand(self) -> Held:
        """What workers hold now; of a server that is away, nothing."""
        rows: Held = frozenset()
        with suppress(DatabaseUnavailable):
            rows = frozenset(one for one, valid in self._leased() if valid)
        return rows | frozenset(self._handed_out())

    def still(self, dead: Held) -> Held:
        """Of what dead workers held, what nobody has finished or taken over. Raises `DatabaseUnavailable`."""
        if not dead:
            return frozenset()
        return dead & (frozenset(one for one, _ in self._leased()) | frozenset(self._handed_out()))

    def _leased(self) -> Iterator[tuple[tuple[str, str, int], bool]]:
        for table, key, fence, valid in self.database.rows(_LEASED):
            yield (str(table), str(key), int(fence)), bool(valid)

    def _handed_out(self) -> Iterator[tuple[str, str, int]]:
        if self.broker is None:
            return
        with suppress(RedisError):
            for key in self.broker.scan_iter(_HANDED_OUT, count=1000):
                for message in self.broker.smembers(key):
                    yield str(key), str(message), 0
