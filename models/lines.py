"""What stands in line for each queue, since when, and how much comes in: for people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.bells import queue_of
from domain.ids import uuid7
from domain.queues import INTAKE
from models.waiting import PLACES

#: More is not counted; pages say "1,000 and more".
MOST: Final = 1_000
#: So much coming in is counted.
_MOST_IN: Final = 10_000
#: Seconds over which it is counted.
IN_SECONDS: Final = 60
#: Windows that end within this time are at risk.
SOON: Final = timedelta(hours=1)

_WAITING: Final = " UNION ALL ".join(
    f"SELECT '{queue_of(one.bell)}' AS queue, count(*) AS waiting, min(since) AS oldest FROM ({one.seen_rows(MOST)}) w"  # noqa: S608
    for one in PLACES
)
_CAME: Final = " UNION ALL ".join(
    f"SELECT '{queue}', NULL, NULL, count(*) FROM (SELECT 1 FROM {rows} >= %(floor)s LIMIT {_MOST_IN}) i"  # noqa: S608
    for queue, rows in ((INTAKE, "payment_sessions WHERE id"), *((queue_of(one.bell), one.came) for one in PLACES))
    if rows
)
#: One statement, each part of it bounded.
LINES: Final = f"""
    SELECT queue, least(sum(waiting), {MOST})::bigint, min(oldest), NULL::bigint FROM ({_WAITING}) w GROUP BY queue
     UNION ALL {_CAME}
"""  # noqa: S608 - our own words


class Line(NamedTuple):
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
class Lines:
    """Lines, in one transaction."""

    connection: Connection[Any]

    def of(self, now: datetime, grace: timedelta) -> dict[str, Line]:
        """For each queue."""
        params = {"now": now, "grace": grace, "floor": _floor(now - timedelta(seconds=IN_SECONDS))}
        found: dict[str, Line] = {}
        for queue, count, oldest, arrived in self.connection.execute(LINES, params):
            before = found.get(queue, Line())
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
