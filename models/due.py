"""How much work is due, counted as far as it matters: so that a bell that was lost costs seconds, not work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from domain.bells import (
    EXPIRE_WINDOWS,
    EXPLAIN_MONEY,
    ISSUE_RECEIPTS,
    MIRROR_WINDOWS,
    OPEN_CHECKOUTS,
    OPEN_RETRIES,
    PROCESS_EVENTS,
    PRUNE_OLD,
    RECONCILE_ATTEMPTS,
    RECONCILE_EVENTS,
    SEND_NOTICES,
    SEND_REFUNDS,
)
from domain.clock import Clock
from domain.cursor import PRUNING, STRIPE_BALANCE, STRIPE_EVENTS
from domain.endpoint import BELL_OF
from models.database import Database
from models.deliveries import count_due
from models.receipts import READY
from models.work import (
    ATTEMPT_LOOK_UP,
    ATTEMPT_WORK,
    NOTICE_WORK,
    RECEIPT_WORK,
    REFUND_LOOK_UP,
    REFUND_WORK,
    RUN_WORK,
    Work,
)

#: More need not be counted: nobody rings more often.
_ENOUGH: Final = 64

#: In the order of the index of what is due: else the server, which plans these once for all moments and believes that a
#: third of all payments is due at any of them, reads all that are live.
_EVENTS: Final = "SELECT 1 FROM webhook_events WHERE status = 'waiting' AND due_at <= %(now)s ORDER BY due_at"
_WINDOWS: Final = (
    "SELECT 1 FROM payment_sessions WHERE status IN ('pending', 'failed') AND window_expires_at <= %(now)s"
    " ORDER BY window_expires_at"
)
_CURSOR: Final = """
    SELECT count(*) FROM cursors
     WHERE name = %(name)s AND due_at <= %(now)s AND (leased_until IS NULL OR leased_until <= lease_now())
"""
_RETRIES: Final = """
    SELECT 1 FROM payment_sessions r WHERE status IN ('pending', 'failed') AND next_retry_at <= %(now)s
       AND NOT EXISTS (SELECT 1 FROM checkout_attempts a WHERE a.session_id = r.id AND a.status IN ('opening', 'open')
                          AND a.close_requested_at IS NOT NULL AND a.due_at IS NOT NULL)
     ORDER BY next_retry_at
"""


@dataclass(frozen=True, slots=True)
class Due:
    """Counts due work by the bell that rings for it. Empty queues cost one index look-up each."""

    database: Database
    now: Clock
    grace: timedelta

    def by_bell(self) -> Mapping[str, Callable[[], int]]:
        """For each bell, how many pieces of work wait for it now."""
        return {
            OPEN_CHECKOUTS: lambda: self._leased(ATTEMPT_WORK),
            SEND_REFUNDS: lambda: self._leased(REFUND_WORK),
            **{bell: partial(self._deliveries, endpoint) for endpoint, bell in BELL_OF.items()},
            PROCESS_EVENTS: lambda: self._counted(_EVENTS, timedelta(0)),
            RECONCILE_EVENTS: lambda: self._cursor(STRIPE_EVENTS),
            RECONCILE_ATTEMPTS: lambda: self._leased(ATTEMPT_LOOK_UP) + self._leased(REFUND_LOOK_UP),
            EXPLAIN_MONEY: lambda: self._cursor(STRIPE_BALANCE) + self._leased(RUN_WORK),
            ISSUE_RECEIPTS: lambda: self._leased(RECEIPT_WORK) + self._counted(f"SELECT 1 {READY}", timedelta(0)),
            OPEN_RETRIES: lambda: self._counted(_RETRIES, timedelta(0)),
            EXPIRE_WINDOWS: lambda: self._counted(_WINDOWS, self.grace),
            # Only a comparison could tell; it comes by the clock.
            MIRROR_WINDOWS: lambda: 0,
            SEND_NOTICES: lambda: self._leased(NOTICE_WORK),
            PRUNE_OLD: lambda: self._cursor(PRUNING),
        }

    def _leased(self, work: Work[Any]) -> int:
        with self.database.transaction() as connection:
            return work.due(connection, self.now(), _ENOUGH)

    def _deliveries(self, endpoint: str) -> int:
        with self.database.transaction() as connection:
            return count_due(connection, endpoint, self.now())

    def _cursor(self, name: str) -> int:
        return int(self.database.rows(_CURSOR, {"name": name, "now": self.now()})[0][0])

    def _counted(self, selection: str, waited: timedelta) -> int:
        sql = f"SELECT count(*) FROM ({selection} LIMIT {_ENOUGH}) due"  # noqa: S608 - our own words
        return int(self.database.rows(sql, {"now": self.now() - waited})[0][0])
