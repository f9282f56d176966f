"""What waits in the database for each queue, since when, and how much comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.cursor import PRUNING, STRIPE_BALANCE, STRIPE_EVENTS
from domain.endpoint import BELL_OF
from domain.ids import uuid7
from models.receipts import READY

#: More is not counted; pages say "1,000 and more".
MOST: Final = 1_000
#: So much coming in is counted.
_MOST_IN: Final = 10_000
#: Seconds over which it is counted.
IN_SECONDS: Final = 60
#: Windows that end within this time are at risk.
SOON: Final = timedelta(hours=1)

_DELIVERIES: Final = (
    "SELECT waiting_since AS since FROM deliveries WHERE status = 'waiting' AND endpoint = '{endpoint}' ORDER BY due_at"
)
_NUMBERED: Final = "SELECT due_at AS since FROM receipts WHERE status = 'numbered' AND due_at <= %(now)s UNION ALL "
_CURSOR: Final = "SELECT due_at AS since FROM cursors WHERE name = '{name}' AND due_at <= %(now)s"
#: For each queue its rows that wait, and since when. Each walks along the index of what is due.
_WAITING: Final[Mapping[str, str]] = {
    "checkouts": "SELECT due_at AS since FROM checkout_attempts WHERE due_at <= %(now)s ORDER BY due_at",
    "events": "SELECT due_at AS since FROM webhook_events WHERE status = 'waiting' AND due_at <= %(now)s"
    " ORDER BY due_at",
    "windows": "SELECT window_expires_at AS since FROM payment_sessions WHERE status IN ('pending', 'failed')"
    " AND window_expires_at <= %(closed)s ORDER BY window_expires_at",
    "retries": "SELECT next_retry_at AS since FROM payment_sessions WHERE status IN ('pending', 'failed')"
    " AND next_retry_at <= %(now)s ORDER BY next_retry_at",
    "refunds": "SELECT due_at AS since FROM refunds WHERE status = 'requested' AND due_at <= %(now)s ORDER BY due_at",
    **{bell.partition(".")[0]: _DELIVERIES.format(endpoint=endpoint) for endpoint, bell in BELL_OF.items()},
    "notices": "SELECT due_at AS since FROM notifications WHERE status = 'queued' AND due_at <= %(now)s"
    " ORDER BY due_at",
    "receipts": _NUMBERED + f"SELECT r.created_at {READY}",
    "lookups": "SELECT look_up_at AS since FROM checkout_attempts WHERE look_up_at <= %(now)s UNION ALL"
    " SELECT look_up_at FROM refunds WHERE look_up_at <= %(now)s",
    "event_list": _CURSOR.format(name=STRIPE_EVENTS),
    "money": _CURSOR.format(name=STRIPE_BALANCE),
    "upkeep": _CURSOR.format(name=PRUNING),
}
#: Rows that come in, by their ids: those are made by the clock.
_IN: Final[Mapping[str, str]] = {
    "payment_required": "payment_sessions WHERE id",
    "checkouts": "checkout_attempts WHERE id",
    "events": "webhook_events WHERE id",
    "refunds": "refunds WHERE id",
    **{
        bell.partition(".")[0]: f"deliveries WHERE endpoint = '{endpoint}' AND event_id"
        for endpoint, bell in BELL_OF.items()
    },
    "notices": "notifications WHERE id",
    "receipts": "receipts WHERE id",
}


class Backlog(NamedTuple):
    """What waits for one queue: how much (`MOST` at most), since when, and how much came in the last minute."""

    waiting: int = 0
    oldest: datetime | None = None
    #: None where nothing tells.
    came: int | None = None


class Windows(NamedTuple):
    """Windows of unpaid payments: ended and not closed yet, and ending soon."""

    ended: int
    soon: int
    next_end: datetime | None


@dataclass(frozen=True, slots=True)
class Backlogs:
    """Backlogs, in one transaction."""

    connection: Connection[Any]

    def of(self, now: datetime, grace: timedelta) -> dict[str, Backlog]:
        """For each queue. One statement, each part of it bounded."""
        waiting = " UNION ALL ".join(
            f"SELECT '{queue}', count(*), min(since), NULL::bigint FROM ({rows} LIMIT {MOST}) w"  # noqa: S608 - ours
            for queue, rows in _WAITING.items()
        )
        came = " UNION ALL ".join(
            f"SELECT '{queue}', NULL, NULL, count(*) FROM"  # noqa: S608 - our own words
            f" (SELECT 1 FROM {rows} >= %(floor)s LIMIT {_MOST_IN}) i"
            for queue, rows in _IN.items()
        )
        params = {"now": now, "closed": now - grace, "floor": _floor(now - timedelta(seconds=IN_SECONDS))}
        found: dict[str, Backlog] = {}
        for queue, count, oldest, arrived in self.connection.execute(f"{waiting} UNION ALL {came}", params):
            before = found.get(queue, Backlog())
            found[queue] = (
                before._replace(came=arrived) if count is None else before._replace(waiting=count, oldest=oldest)
            )
        return found

    def windows(self, now: datetime, until: datetime) -> Windows:
        """How many windows have ended and are not closed, and how many end until then."""
        row = self.connection.execute(
            f"""
            SELECT count(*) FILTER (WHERE ends <= %(now)s), count(*) FILTER (WHERE ends > %(now)s),
                   min(ends) FILTER (WHERE ends > %(now)s)
              FROM (SELECT window_expires_at AS ends FROM payment_sessions
                     WHERE status IN ('pending', 'failed') AND window_expires_at <= %(until)s
                     ORDER BY window_expires_at LIMIT {10 * MOST}) w
            """,  # noqa: S608 - our own words
            {"now": now, "until": until},
        ).fetchone()
        return Windows(*row) if row else Windows(0, 0, None)


def _floor(at: datetime) -> UUID:
    """The first id of a moment."""
    return uuid7(at, lambda _bits: 0)
