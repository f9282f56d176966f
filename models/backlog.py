"""How much work waits for each bell, and since when the oldest of it has been due: one question for all of it.

`models/due.py` counts as far as whoever rings needs to know; this counts for whoever decides on more workers.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain import bells
from domain.cursor import PRUNING, STRIPE_BALANCE, STRIPE_EVENTS
from domain.endpoint import BELL_OF
from models.database import Database

#: Counted so far: with more than that, how much more changes nothing for anyone who looks.
MOST: Final = 100_000

#: What is paused, or rests after failures, waits for its receiver and not for workers.
_TO_BE_TOLD: Final = """
    endpoint = '{endpoint}' AND status = 'waiting' AND NOT EXISTS (
      SELECT 1 FROM endpoints e WHERE e.name = '{endpoint}' AND (e.paused_at IS NOT NULL OR e.rests_until > now()))
"""
#: Where work waits: its bell, its table, the column that says when it is due, and what makes a row work.
_WHERE: Final = (
    (bells.OPEN_CHECKOUTS, "checkout_attempts", "due_at", "due_at IS NOT NULL"),
    (bells.PROCESS_EVENTS, "webhook_events", "due_at", "status = 'waiting'"),
    (bells.OPEN_RETRIES, "payment_sessions", "next_retry_at", "status IN ('pending', 'failed')"),
    (bells.SEND_REFUNDS, "refunds", "due_at", "status = 'requested'"),
    (bells.RECONCILE_ATTEMPTS, "checkout_attempts", "look_up_at", "look_up_at IS NOT NULL"),
    (bells.RECONCILE_ATTEMPTS, "refunds", "look_up_at", "look_up_at IS NOT NULL"),
    (bells.SEND_NOTICES, "notifications", "due_at", "status = 'queued'"),
    (bells.ISSUE_RECEIPTS, "receipts", "due_at", "status = 'numbered'"),
    (bells.ISSUE_RECEIPTS, "receipts", "due_at", "status = 'wanted'"),
    (bells.RECONCILE_EVENTS, "cursors", "due_at", f"name = '{STRIPE_EVENTS}'"),
    (bells.EXPLAIN_MONEY, "cursors", "due_at", f"name = '{STRIPE_BALANCE}'"),
    (bells.PRUNE_OLD, "cursors", "due_at", f"name = '{PRUNING}'"),
    *((bell, "deliveries", "due_at", _TO_BE_TOLD.format(endpoint=endpoint)) for endpoint, bell in BELL_OF.items()),
)
#: Windows are due only when their grace is over too.
_WINDOWS: Final = (bells.EXPIRE_WINDOWS, "payment_sessions", "window_expires_at", "status IN ('pending', 'failed')")


def _question(bell: str, table: str, due: str, condition: str, late: str = "now()") -> str:
    rows = f"FROM {table} WHERE {condition} AND {due} <= {late}"
    return f"""
        SELECT '{bell}' AS bell, (SELECT count(*) FROM (SELECT 1 {rows} LIMIT {MOST}) counted) AS due,
               (SELECT extract(epoch FROM {late} - min({due})) {rows}) AS oldest"""  # noqa: S608 - our own words


BACKLOG: Final = f"""
    SELECT bell, sum(due)::bigint, coalesce(max(oldest), 0)::float8 FROM (
      {" UNION ALL ".join([*(_question(*one) for one in _WHERE), _question(*_WINDOWS, "now() - %(grace)s")])}
    ) waits GROUP BY bell ORDER BY bell
"""  # noqa: S608 - our own words


_PAUSED: Final = "SELECT queue FROM queue_pauses WHERE until IS NULL OR until > now()"


@dataclass(frozen=True, slots=True)
class Backlog:
    """How the work of one bell stands."""

    bell: str
    #: Pieces that are due, counted up to `MOST`.
    due: int
    #: Seconds since the oldest of them became due; 0 if there is none.
    oldest: float


def read_pauses(database: Database) -> frozenset[str]:
    """The queues that a person has paused, and of which nothing is done.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    return frozenset(row[0] for row in database.rows(_PAUSED))


def read_backlogs(database: Database, grace: timedelta) -> list[Backlog]:
    """How the work of every bell stands now, by the database's clock.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    return [Backlog(*row) for row in database.rows(BACKLOG, {"grace": grace})]
