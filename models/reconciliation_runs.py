"""Comparisons with Stripe that somebody asked for, and what our own books say for them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.cursor import Cursor
from domain.movements import Difference
from domain.reconciliation import KEPT, ReconciliationRun
from models.paging import first_id
from models.records import CURSORS, DIFFERENCES, RUNS
from models.sealing import FieldCipher
from models.work import RUN_WORK

_BALANCES: Final = """
    SELECT currency, sum(amount)::bigint
      FROM (SELECT currency, amount_minor AS amount FROM ledger_entries WHERE debit = 'stripe_balance'
            UNION ALL SELECT currency, -amount_minor FROM ledger_entries WHERE credit = 'stripe_balance') moved
     GROUP BY currency ORDER BY currency
"""


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs, in one transaction."""

    connection: Connection[Any]
    cipher: FieldCipher

    def ask(self, run: ReconciliationRun) -> bool:
        """Keep a run that a worker is to do; False if another one waits already."""
        done = RUNS.insert_all(self.connection, [run], self.cipher, "ON CONFLICT DO NOTHING")
        return bool(done.rowcount)

    def keep(self, run: ReconciliationRun) -> None:
        """Keep a run that is over, and let go of very old ones."""
        RUNS.insert_all(self.connection, [run], self.cipher)
        self._prune(run.asked_at)

    def claim(self, now: datetime) -> ReconciliationRun | None:
        """Take the run that waits in hand."""
        claimed = RUN_WORK.claim(self.connection, self.cipher, now)
        return claimed[0] if claimed else None

    def locked(self, claimed: ReconciliationRun) -> ReconciliationRun | None:
        """The run as it is now, locked; None if another worker has taken it over since it was claimed."""
        condition = "r.id = %(id)s AND r.fence = %(fence)s FOR UPDATE"
        found = RUN_WORK.read(self.connection, self.cipher, condition, id=claimed.id, fence=claimed.fence)
        return found[0] if found else None

    def save(self, run: ReconciliationRun, now: datetime) -> None:
        """Write how it ended, or when it is tried again."""
        RUNS.update_all(self.connection, [run], self.cipher)
        self._prune(now)

    def newest(self, limit: int) -> list[ReconciliationRun]:
        """The newest runs first."""
        return RUN_WORK.read(self.connection, self.cipher, "true ORDER BY r.id DESC LIMIT %(limit)s", limit=limit)

    def one(self, run_id: UUID) -> ReconciliationRun | None:
        """The run with that id."""
        found = RUN_WORK.read(self.connection, self.cipher, "r.id = %(id)s", id=run_id)
        return found[0] if found else None

    def balances(self) -> dict[str, int]:
        """What Stripe holds for us by our own ledger, by currency, in minor units."""
        self.connection.execute("SET LOCAL statement_timeout = 0")
        return dict(self.connection.execute(_BALANCES).fetchall())

    def cursors(self) -> list[Cursor]:
        """How far Stripe's lists have been read by the clock."""
        rows = self.connection.execute(f"SELECT {CURSORS.selection} FROM cursors r ORDER BY r.name")  # noqa: S608
        return [CURSORS.load(row, self.cipher) for row in rows]

    def explained(self, limit: int) -> list[Difference]:
        """What differed once and does not any more, the newest first."""
        sql = f"SELECT {DIFFERENCES.selection} FROM money_differences r WHERE r.explained_at IS NOT NULL"  # noqa: S608
        rows = self.connection.execute(f"{sql} ORDER BY r.explained_at DESC LIMIT %s", (limit,))
        return [DIFFERENCES.load(row, self.cipher) for row in rows]

    def _prune(self, now: datetime) -> None:
        self.connection.execute(
            "DELETE FROM reconciliation_runs WHERE id < %s AND status <> 'asked'", (first_id(now - KEPT),)
        )
