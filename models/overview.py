"""How payments go: counted over a span, along indexes that were made for it. One query for each question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from domain.overview import CLASSES_PER_E, DEAD_LETTERS, Backlog, Frame
from domain.queues import QUEUES
from models.differences import UNEXPLAINED
from models.lines import MOST, Lines

#: Events whose lag is measured, at most, in each of these slices of a span: a bound that a busy month keeps, too.
SLICES: Final = 240
_EVENTS_PER_SLICE: Final = 100

#: The step in which a moment lies; -1: before the span.
_STEP: Final = "greatest(-1, floor(date_part('epoch', {at} - %(since)s) / %(step)s))::int"
_COLLECTED: Final = f"""
    SELECT {_STEP.format(at="paid_at")}, currency, count(*), sum(amount_minor)::bigint FROM transactions
     WHERE disposition = 'kept' AND paid_at >= %(before)s AND paid_at < %(until)s GROUP BY 1, 2
"""  # noqa: S608 - our own words
_PAID: Final = f"""
    SELECT {_STEP.format(at="completed_at")},
           floor({CLASSES_PER_E} * ln(greatest(1, date_part('epoch', completed_at - created_at))))::int, count(*)
      FROM payment_sessions
     WHERE completed_at IS NOT NULL AND completed_at >= %(before)s AND completed_at < %(until)s GROUP BY 1, 2
"""  # noqa: S608 - our own words
_CLOSED: Final = f"""
    SELECT {_STEP.format(at="closed_at")}, status, count(*) FROM payment_sessions
     WHERE closed_at IS NOT NULL AND closed_at >= %(before)s AND closed_at < %(until)s GROUP BY 1, 2
"""  # noqa: S608 - our own words
_LATELY: Final = """
    SELECT (SELECT count(*) FROM payment_sessions WHERE completed_at >= %(since)s AND completed_at < %(until)s),
           (SELECT count(*) FROM payment_sessions
             WHERE closed_at >= %(since)s AND closed_at < %(until)s AND status = 'expired')
"""
_LAGS: Final = f"""
    SELECT floor(date_part('epoch', e.received_at - %(since)s) / %(step)s)::int,
           date_part('epoch', e.processed_at - e.received_at)
      FROM generate_series(0, {SLICES - 1}) slice CROSS JOIN LATERAL (
        SELECT received_at, processed_at FROM webhook_events
         WHERE received_at >= %(since)s::timestamptz + slice * %(slice)s
           AND received_at < %(since)s::timestamptz + (slice + 1) * %(slice)s
           AND processed_at IS NOT NULL
         ORDER BY received_at LIMIT {_EVENTS_PER_SLICE}) e
"""  # noqa: S608 - our own words
_WINDOWS: Final = """
    SELECT width_bucket(date_part('epoch', window_expires_at - %(now)s), %(edges)s::float8[]), count(*)
      FROM payment_sessions WHERE status IN ('pending', 'failed') GROUP BY 1
"""
#: The oldest ones, and how many there are.
_LETTERS: Final = (
    f"SELECT count(*), min(created_at) FROM (SELECT created_at FROM dead_letters WHERE status = 'dead' LIMIT {MOST}) l"  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class Overview:
    """Reads, in one transaction."""

    connection: Connection[Any]

    def collected(self, frame: Frame) -> list[tuple[int, str, int, int]]:
        """Step, currency, payments, minor units."""
        return self._rows(_COLLECTED, frame)

    def paid(self, frame: Frame) -> list[tuple[int, int, int]]:
        """Step, class of the time it took (`domain.overview.Lengths`), sessions."""
        return self._rows(_PAID, frame)

    def closed(self, frame: Frame) -> list[tuple[int, str, int]]:
        """Step, state, sessions that ended unpaid."""
        return self._rows(_CLOSED, frame)

    def ended_since(self, since: datetime, until: datetime) -> tuple[int, int]:
        """How many were paid, and how many ran out."""
        rows = self.connection.execute(_LATELY, {"since": since, "until": until}).fetchall()
        return rows[0][0], rows[0][1]

    def lags(self, frame: Frame) -> list[tuple[int, float]]:
        """Step and seconds from receipt to effect; all events, or evenly chosen ones where there are many."""
        slice_ = (frame.until - frame.since) / SLICES
        return self._rows(_LAGS, frame, slice=slice_)

    def windows(self, now: datetime, edges: Sequence[timedelta]) -> list[int]:
        """Open windows: that are over, with less left than the first edge, than the second, …, and with more."""
        seconds = [0.0, *(edge.total_seconds() for edge in edges)]
        found = dict(self.connection.execute(_WINDOWS, {"now": now, "edges": seconds}).fetchall())
        return [found.get(n, 0) for n in range(len(seconds) + 1)]

    def backlogs(self, now: datetime, grace: timedelta) -> list[Backlog]:
        """Work that waits, by queue, and dead letters; counted up to a bound."""
        waiting = Lines(self.connection).of(now, grace)
        found = [Backlog(name, waiting[name].waiting, waiting[name].oldest) for name in QUEUES if name in waiting]
        ((letters, oldest),) = self.connection.execute(_LETTERS).fetchall()
        return [*found, Backlog(DEAD_LETTERS, letters, oldest)]

    def unexplained(self) -> tuple[dict[str, int], datetime | None]:
        """Money that nobody can explain by currency, and when the books were last compared."""
        rows = self.connection.execute("SELECT updated_at FROM cursors WHERE name = 'stripe_balance'").fetchall()
        return dict(self.connection.execute(UNEXPLAINED).fetchall()), rows[0][0] if rows else None

    def any_payment(self) -> bool:
        """Whether there has ever been one."""
        return bool(self.connection.execute("SELECT 1 FROM payment_sessions LIMIT 1").fetchall())

    def _rows(self, sql: str, frame: Frame, **more: Any) -> list[tuple[Any, ...]]:
        params = {"since": frame.since, "until": frame.until, "before": frame.before}
        return self.connection.execute(sql, params | {"step": frame.step.total_seconds()} | more).fetchall()
