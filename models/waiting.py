"""Where work waits: for each bell the rows that are its work. Said here once, for all who ask how much there is.

Three do: who looks for what nobody rang for (`models/due.py`), who decides on more workers (`models/load.py`), and
people (`models/lines.py`). Sweeps that hold no leases take by the same condition what is counted for them here.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from domain import bells
from domain.cursor import PRUNING, STRIPE_BALANCE, STRIPE_EVENTS
from domain.endpoint import BELL_OF
from domain.windows import PATIENCE
from models.receipts import READY
from models.work import (
    ATTEMPT_LOOK_UP,
    ATTEMPT_WORK,
    CURSOR_WORK,
    DELIVERY_WORK,
    NOTICE_WORK,
    RECEIPT_WORK,
    REFUND_LOOK_UP,
    REFUND_WORK,
    RUN_WORK,
    Work,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Rows of one table, as `r`, that are work for one bell."""

    bell: str
    table: str
    #: What makes a row work that is not done.
    condition: str
    #: The column that says when it is due, and what that is compared with.
    due: str = "due_at"
    late: str = "%(now)s"
    #: While it is not so, what is due waits for somebody else, and not for workers.
    open: str = "true"
    #: While it is not so, what is due is in hand already, or behind something else: nobody could take it.
    free: str = "true"
    #: The column along whose index they are found.
    order: str = ""
    #: People see it wait from then on, due or not. Empty: from when it is due.
    since: str = ""
    #: What comes in for the queue: a table and a condition, up to ids that are made by the clock. Empty: nothing tells.
    came: str = ""

    @property
    def is_due(self) -> str:
        """The condition on those that are due, in hand or not."""
        return f"{self.condition} AND r.{self.due} <= {self.late} AND {self.open}"

    @property
    def is_free(self) -> str:
        """The condition on those that are due and could be taken now."""
        return f"{self.is_due} AND {self.free}"

    def rows(self, most: int) -> str:
        """Selects up to so many that are due, each with `since` when."""
        return self._rows(self.due, self.is_due, most)

    def free_rows(self, most: int) -> str:
        """Selects up to so many that could be taken now, each with `since` when it is due."""
        return self._rows(self.due, self.is_free, most)

    def seen_rows(self, most: int) -> str:
        """Selects up to so many that people see wait, each with `since` when."""
        return self._rows(self.since, self.condition, most) if self.since else self.rows(most)

    def _rows(self, since: str, condition: str, most: int) -> str:
        # In the order of an index: else the server, which plans this once for all moments and believes that a third of
        # all payments is due at any of them, reads all that are live.
        order = self.order or self.due
        return f"SELECT r.{since} AS since FROM {self.table} r WHERE {condition} ORDER BY r.{order} LIMIT {most}"  # noqa: S608


def _leased(bell: str, work: Work[Any], **more: str) -> Place:
    return Place(bell, work.table.table.name, work.condition, work.due_column, free=work.free, **more)


def _cursor(bell: str, name: str) -> Place:
    return _leased(bell, replace(CURSOR_WORK, condition=f"r.name = '{name}'"))


def _deliveries(bell: str, endpoint: str) -> Place:
    mine = f"r.endpoint = '{endpoint}' AND {DELIVERY_WORK.condition}"
    # What is paused, or rests after failures, waits for its receiver.
    closed = f"e.name = '{endpoint}' AND (e.paused_at IS NOT NULL OR e.rests_until > %(now)s)"
    return _leased(
        bell,
        replace(DELIVERY_WORK, condition=mine),
        open=f"NOT EXISTS (SELECT 1 FROM endpoints e WHERE {closed})",  # noqa: S608 - our own words
        since="waiting_since",
        came=f"deliveries WHERE endpoint = '{endpoint}' AND event_id",
    )


_UNPAID: Final = "r.status IN ('pending', 'failed')"
_NOT_CLOSING: Final = """
    NOT EXISTS (SELECT 1 FROM checkout_attempts a WHERE a.session_id = r.id AND a.status IN ({})
                   AND a.close_requested_at IS NOT NULL AND a.due_at IS NOT NULL)
"""
#: Payments whose next attempt is due. One whose old Stripe object is being closed goes on with Stripe's answer.
RETRIES: Final = Place(
    bells.OPEN_RETRIES, "payment_sessions", _UNPAID, "next_retry_at", free=_NOT_CLOSING.format("'opening', 'open'")
)
#: Windows that are over. One whose Stripe object is being closed ends with Stripe's answer, or with our patience.
WINDOWS: Final = Place(
    bells.EXPIRE_WINDOWS,
    "payment_sessions",
    _UNPAID,
    "window_expires_at",
    "%(now)s - %(grace)s",
    free=f"(r.window_expires_at <= %(now)s - %(grace)s - interval '{PATIENCE.total_seconds():g} seconds'"
    " OR " + _NOT_CLOSING.format("'open'") + ")",
)

#: Documents that have their number, and are to be printed and stored.
TO_BE_PRINTED: Final = _leased(bells.ISSUE_RECEIPTS, RECEIPT_WORK, came="receipts WHERE id")

#: All of them. Only a comparison could tell what the mirror lacks: it comes by the clock.
PLACES: Final = (
    _leased(bells.OPEN_CHECKOUTS, ATTEMPT_WORK, came="checkout_attempts WHERE id"),
    Place(bells.PROCESS_EVENTS, "webhook_events", "r.status = 'waiting'", came="webhook_events WHERE id"),
    RETRIES,
    WINDOWS,
    _leased(bells.SEND_REFUNDS, REFUND_WORK, came="refunds WHERE id"),
    *(_deliveries(bell, endpoint) for endpoint, bell in BELL_OF.items()),
    _leased(bells.SEND_NOTICES, NOTICE_WORK, came="notifications WHERE id"),
    TO_BE_PRINTED,
    # No column says since when they could have their number.
    Place(bells.ISSUE_RECEIPTS, "receipts", READY, "created_at", order="id"),
    _leased(bells.RECONCILE_ATTEMPTS, ATTEMPT_LOOK_UP),
    _leased(bells.RECONCILE_ATTEMPTS, REFUND_LOOK_UP),
    _cursor(bells.RECONCILE_EVENTS, STRIPE_EVENTS),
    _cursor(bells.EXPLAIN_MONEY, STRIPE_BALANCE),
    _leased(bells.EXPLAIN_MONEY, RUN_WORK),
    _cursor(bells.PRUNE_OLD, PRUNING),
)
