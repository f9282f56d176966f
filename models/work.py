"""Leases: work that a worker has in hand while it asks the world outside. No transaction is open meanwhile.

A lease is short and renewed while the work goes on; when its holder dies it runs out, and another worker takes the work
over. Each claim raises the row's `fence`: who holds an older number may not write what it found.
All lease times are the database's (`lease_now()`), whatever a worker's own clock says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Generic, TypeVar

from psycopg import Connection

from domain.errors import USED_UP
from domain.messaging import Delivery
from models.mapping import RecordTable, unnested
from models.records import ATTEMPTS, CURSORS, DELIVERIES, NOTICES, RECEIPTS, REFUNDS, RUNS
from models.sealing import FieldCipher

R = TypeVar("R")

#: How long a worker may stay silent before its work is taken over: so short that a takeover, with the second in which
#: an idle worker looks for what is due, is well below ten seconds; and renewed so often that four renewals may fail.
LEASE: Final = timedelta(seconds=5)
RENEWAL: Final = LEASE / 5

#: Seconds before its deadline from which on a checkout cannot be opened in time, or not so that anybody could pay: it
#: may wait five for a call's turn.
HOPELESS: Final = 5

_IN_NO_HANDS: Final = "(r.leased_until IS NULL OR r.leased_until <= lease_now())"
#: An outgoing event never overtakes an older one of its auction on the way to the same endpoint. What is sent again is
#: marked as late and has a line of its own: nothing waits for it but what is late as well.
_FIRST_IN_LINE: Final = """
    NOT EXISTS (
      SELECT 1 FROM deliveries o WHERE o.endpoint {mine} AND o.auction_id = r.auction_id
         AND o.status = 'waiting' AND o.late = r.late AND o.order_no < r.order_no)
"""

#: Attempts that must be looked up as they stand before their next try; see `domain.opening.is_used_up`.
_TO_BE_FOUND: Final = f"""
    r.status = 'opening' AND r.request IS NOT NULL
      AND r.last_error IN ({", ".join(f"'{code}'" for code in sorted(USED_UP))})
"""


@dataclass(frozen=True)
class Work(Generic[R]):
    """One kind of work that is done outside of transactions: rows that are due, leased and fenced."""

    table: RecordTable[R]
    condition: str = "true"
    #: What else must be so for a row to have its turn.
    turn: str = "true"
    #: The column that says when it is due, and the one that counts how often it was taken in hand.
    due_column: str = "due_at"
    count_column: str = "tries"
    #: The columns by which those that are due are taken, where it is not how long they have been due.
    order: tuple[str, ...] = ()
    #: Rows that are not so are taken last, whatever their order: their turn is worth less than any other's.
    first: str = ""

    def without(self, column: str, words: Sequence[str]) -> "Work[R]":
        """The same work, but for rows whose column holds one of these words of our own."""
        listed = ", ".join(f"'{word}'" for word in words)
        return replace(self, condition=f"{self.condition} AND r.{column} NOT IN ({listed})") if words else self

    @property
    def free(self) -> str:
        """What makes a row that is due free to be taken."""
        return f"{_IN_NO_HANDS} AND {self.turn}"

    def _chosen(self, only: Iterable[str] | None) -> str:
        due = f"r.{self.due_column} <= %(now)s"
        return " AND ".join([due, self.free, self.condition, *(f"r.{column} = %({column})s" for column in only or ())])

    def _ordered(self, only: Iterable[str], part: str = "true") -> str:
        """Rows that may be claimed, locked, as `r`; ones that others hold are passed by."""
        order = ", ".join(f"r.{column}" for column in self.order or (self.due_column,))
        return f"""
            {self.table.table.name} r WHERE {self._chosen(only)} AND ({part}) ORDER BY {order}
             LIMIT %(limit)s FOR UPDATE SKIP LOCKED"""

    def claiming(self, only: Iterable[str]) -> str:
        """The statement that claims, where these columns must be as they are asked for."""
        name, identity = self.table.table.name, self.table.identity
        same = " AND ".join(f"t.{column} = c.{column}" for column in identity)
        # The server cannot know how few rows a limit leaves, and would read all of the table to join them.
        by_id = f"WHERE t.{identity[0]} = ANY(ARRAY(SELECT {identity[0]} FROM c))"  # noqa: S608 - our own words
        found = by_id if len(identity) == 1 else f"FROM c WHERE {same}"
        counting = f"{self.count_column} = {self.count_column} + 1"
        return f"""
            WITH c AS (SELECT {", ".join(f"r.{column}" for column in identity)} FROM {self._ordered(only)})
            UPDATE {name} t SET leased_until = lease_now() + %(lease)s, fence = fence + 1, {counting}
            {found} RETURNING {self.table.selection_as("t")}
            """  # noqa: S608 - our own words

    def taking(self, only: Iterable[str], part: str) -> str:
        """The statement that locks what is to be claimed, with when a lease would end."""
        return f"SELECT {self.table.selection}, lease_now() + %(lease)s FROM {self._ordered(only, part)}"  # noqa: S608

    def claim(
        self,
        connection: Connection[Any],
        cipher: FieldCipher,
        now: datetime,
        limit: int = 1,
        *,
        only: dict[str, Any] | None = None,
    ) -> list[R]:
        """Take up to `limit` due rows, in this kind's order; rows that others hold are passed by."""
        rows = connection.execute(
            _claiming(self, tuple(only or ())), {"now": now, "limit": limit, "lease": LEASE} | (only or {})
        )
        return [self.table.load(row, cipher) for row in rows]

    def take(
        self,
        connection: Connection[Any],
        cipher: FieldCipher,
        now: datetime,
        limit: int = 1,
        *,
        only: dict[str, Any] | None = None,
    ) -> list[R]:
        """As `claim`, for who changes them at once: they are claimed when `keep` has written them, and not before.

        One write for the lease and for what else changes. A row that one transaction writes twice has its foreign keys
        looked up again by PostgreSQL: that waits for whoever has locked its payment, and may wait for this very row.
        """
        taken: list[R] = []
        for part in (self.first, f"NOT ({self.first})") if self.first else ("true",):
            if len(taken) == limit:
                break
            params = {"now": now, "limit": limit - len(taken), "lease": LEASE} | (only or {})
            for *row, until in connection.execute(_taking(self, tuple(only or ()), part), params):
                record: Any = self.table.load(row, cipher)
                record.leased_until = until
                record.fence += 1
                setattr(record, self.count_column, getattr(record, self.count_column) + 1)
                taken.append(record)
        return taken

    def keep(self, connection: Connection[Any], cipher: FieldCipher, taken: Sequence[R], *also: str) -> None:
        """Write the leases of what was taken, and these columns of it."""
        if taken:
            self.table.update_all(connection, taken, cipher, ("leased_until", "fence", self.count_column, *also))

    def renew(self, connection: Connection[Any], held: Sequence[tuple[Any, ...]]) -> None:
        """Prolong leases, each given by its identity and fence.

        One that was taken over stays lost, and one whose work was recorded since we looked stays free.

        Rows that a transaction has locked are passed by until next time: whoever records a payment locks several
        attempts in its own order, and must never wait for us while we wait for it.
        """
        columns = [self.table.table.columns[name] for name in (*self.table.identity, "fence")]
        mine = " AND ".join(f"r.{column.name} = v.{column.name}" for column in columns)
        same = " AND ".join(f"t.{column} = c.{column}" for column in self.table.identity)
        chosen = ", ".join(f"r.{column}" for column in self.table.identity)
        connection.execute(
            f"""
            WITH c AS (
              SELECT {chosen} FROM {self.table.table.name} r
                JOIN {unnested(columns)} AS v({", ".join(column.name for column in columns)}) ON {mine}
               WHERE r.leased_until IS NOT NULL FOR UPDATE OF r SKIP LOCKED)
            UPDATE {self.table.table.name} t SET leased_until = lease_now() + %(lease)s FROM c WHERE {same}
            """,  # noqa: S608 - our own words
            {"lease": LEASE} | {column.name: [one[n] for one in held] for n, column in enumerate(columns)},
        )

    def read(self, connection: Connection[Any], cipher: FieldCipher, condition: str, **params: Any) -> list[R]:
        """Rows by a condition on the table as `r`."""
        statement = f"SELECT {self.table.selection} FROM {self.table.table.name} r WHERE {condition}"  # noqa: S608
        return [self.table.load(row, cipher) for row in connection.execute(statement, params)]


@cache
def _claiming(work: Work[Any], only: tuple[str, ...]) -> str:
    return work.claiming(only)


@cache
def _taking(work: Work[Any], only: tuple[str, ...], part: str) -> str:
    return work.taking(only, part)


#: Stripe takes only so many a second: who has the least time left to pay goes first. Not who has none left: where there
#: are more than can be saved, each turn for one that is lost would lose another. To close one is never too late.
ATTEMPT_WORK: Final = Work(
    ATTEMPTS,
    order=("deadline", "due_at"),
    first=f"r.status <> 'opening' OR coalesce(r.deadline > %(now)s + interval '{HOPELESS:d} seconds', true)",
)
FIND_WORK: Final = Work(ATTEMPTS, _TO_BE_FOUND)
REFUND_WORK: Final = Work(REFUNDS, "r.status = 'requested'")
DELIVERY_WORK: Final = Work(DELIVERIES, "r.status = 'waiting'", turn=_FIRST_IN_LINE.format(mine="= r.endpoint"))
ATTEMPT_LOOK_UP: Final = Work(ATTEMPTS, due_column="look_up_at", count_column="look_ups")
REFUND_LOOK_UP: Final = Work(REFUNDS, due_column="look_up_at", count_column="look_ups")
CURSOR_WORK: Final = Work(CURSORS)
NOTICE_WORK: Final = Work(NOTICES, "r.status = 'queued'")
RECEIPT_WORK: Final = Work(RECEIPTS, "r.status = 'numbered'")
RUN_WORK: Final = Work(RUNS, "r.status = 'asked'")


@cache
def delivery_work(line: tuple[str, ...]) -> Work[Delivery]:
    """Deliveries to endpoints that have one line for each auction, for all of them listen at one address."""
    if len(line) == 1:
        return DELIVERY_WORK
    listed = ", ".join(f"'{name}'" for name in line)
    return replace(DELIVERY_WORK, turn=_FIRST_IN_LINE.format(mine=f"IN ({listed})"))
