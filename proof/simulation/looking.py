"""When the next thing is due, asked of the database: what idle workers and sweeps would find.

Only what was written since it was asked last is asked again; all of that in one round trip.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from domain import bells
from domain.cursor import STRIPE_BALANCE, STRIPE_EVENTS
from domain.endpoint import BELL_OF
from domain.windows import PATIENCE
from proof.simulation.database import MortalDatabase

#: For each bell, when the earliest piece of its work is due and free.
_FREE: Final = "greatest({due}, coalesce(leased_until, {due}))"
_CLOSING: Final = """
    a.status IN ('opening', 'open') AND a.close_requested_at IS NOT NULL AND a.due_at IS NOT NULL
"""
_NOT_CLOSING: Final = f"NOT EXISTS (SELECT 1 FROM checkout_attempts a WHERE a.session_id = r.id AND {_CLOSING})"  # noqa: S608
_LIVE: Final = "r.status IN ('pending', 'failed')"


class _Source(NamedTuple):
    #: Whose work it tells of.
    bells: frozenset[str]
    #: What a statement reads.
    tables: frozenset[str]
    #: Gives rows of a bell, or an endpoint, and a time.
    statement: str


def _source(names: str, tables: str, statement: str) -> _Source:
    return _Source(frozenset(names.split()), frozenset(tables.split()), statement)


def _earliest(bell: str, table: str, due: str, condition: str = "true") -> _Source:
    found = f"SELECT '{bell}', min({_FREE.format(due=due)}) FROM {table} WHERE {due} IS NOT NULL AND {condition}"  # noqa: S608
    return _source(bell, table, found)


_SOURCES: Final = (
    _earliest(bells.OPEN_CHECKOUTS, "checkout_attempts", "due_at"),
    _earliest(bells.SEND_REFUNDS, "refunds", "due_at", "status = 'requested'"),
    _source(
        " ".join(BELL_OF.values()),
        "deliveries endpoints",
        f"""
        SELECT r.endpoint, greatest(min({_FREE.format(due="due_at")}), min(e.rests_until)) FROM deliveries r
          LEFT JOIN endpoints e ON e.name = r.endpoint
         WHERE status = 'waiting' AND e.paused_at IS NULL AND NOT EXISTS (
           SELECT 1 FROM deliveries o WHERE o.endpoint = r.endpoint AND o.auction_id = r.auction_id
              AND o.status = 'waiting' AND o.order_no < r.order_no)
         GROUP BY r.endpoint
        """,  # noqa: S608 - our own words
    ),
    _source(
        bells.PROCESS_EVENTS,
        "webhook_events",
        f"SELECT '{bells.PROCESS_EVENTS}', min(due_at) FROM webhook_events WHERE status = 'waiting'",  # noqa: S608
    ),
    # The earliest of those that wait for no closing stands first in an index; few wait for one.
    _source(
        f"{bells.EXPIRE_WINDOWS} {bells.OPEN_RETRIES}",
        "payment_sessions checkout_attempts",
        f"""
        (SELECT '{bells.EXPIRE_WINDOWS}', window_expires_at + %(grace)s FROM payment_sessions r
          WHERE {_LIVE} AND {_NOT_CLOSING} ORDER BY window_expires_at LIMIT 1)
        UNION ALL SELECT '{bells.EXPIRE_WINDOWS}', min(window_expires_at) + %(patience)s + %(grace)s
          FROM checkout_attempts a JOIN payment_sessions r ON r.id = a.session_id WHERE {_LIVE} AND {_CLOSING}
        UNION ALL (SELECT '{bells.OPEN_RETRIES}', next_retry_at FROM payment_sessions r
          WHERE {_LIVE} AND next_retry_at IS NOT NULL AND {_NOT_CLOSING} ORDER BY next_retry_at LIMIT 1)
        """,  # noqa: S608 - our own words
    ),
    _earliest(bells.RECONCILE_ATTEMPTS, "checkout_attempts", "look_up_at"),
    _earliest(bells.RECONCILE_ATTEMPTS, "refunds", "look_up_at"),
    _earliest(bells.SEND_NOTICES, "notifications", "due_at", "status = 'queued'"),
    _earliest(bells.ISSUE_RECEIPTS, "receipts", "due_at", "status = 'numbered'"),
    _source(
        bells.ISSUE_RECEIPTS,
        "receipts",
        f"""
        SELECT '{bells.ISSUE_RECEIPTS}', min(r.due_at) FROM receipts r
         WHERE r.status = 'wanted' AND (r.kind = 'receipt' OR NOT EXISTS (
           SELECT 1 FROM receipts o WHERE o.transaction_id = r.transaction_id AND o.kind = 'receipt'
              AND o.status = 'wanted'))
        """,  # noqa: S608 - our own words
    ),
)

#: What is read by the clock. A look does not find it: it is due for ever.
_CURSORS: Final = {bells.RECONCILE_EVENTS: STRIPE_EVENTS, bells.EXPLAIN_MONEY: STRIPE_BALANCE}
_READ: Final = tuple(
    _source(
        bell,
        "cursors",
        f"""SELECT '{bell}', coalesce(min({_FREE.format(due="due_at")}), 'epoch')
              FROM cursors WHERE name = '{name}'""",  # noqa: S608 - our own words
    )
    for bell, name in _CURSORS.items()
)
_OF_BELL: Final[Mapping[str, Sequence[_Source]]] = {
    bell: [one for one in (*_SOURCES, *_READ) if bell in one.bells]
    for bell in bells.BELLS
    if any(bell in one.bells for one in (*_SOURCES, *_READ))
}


class Outlook:
    """What is due next, as far as the database knows.

    Args:
        database: tells which tables were written.
        grace: how long after its end a window is closed.
    """

    def __init__(self, database: MortalDatabase, grace: timedelta) -> None:
        self._database = database
        self._params: Mapping[str, timedelta] = {"grace": grace, "patience": PATIENCE}
        self._known: dict[_Source, list[tuple[str, datetime | None]]] = {}

    def __call__(self) -> dict[str, datetime]:
        """When each bell's work is due next; bells without any are left out."""
        return self._of(_SOURCES)

    def due(self, bell: str) -> datetime | None:
        """When this bell's work is due next."""
        return self._of(_OF_BELL[bell]).get(bell)

    @staticmethod
    def knows(bell: str) -> bool:
        """Whether this bell's work is known before it is asked for."""
        return bell in _OF_BELL

    def _of(self, sources: Sequence[_Source]) -> dict[str, datetime]:
        written = self._database.written()
        if written:
            self._known = {one: rows for one, rows in self._known.items() if not one.tables & written}
        stale = [one for one in sources if one not in self._known]
        if stale:
            answers = self._database.rows_of_each([(one.statement, self._params) for one in stale])
            self._known |= dict(zip(stale, answers, strict=True))
        found: dict[str, datetime] = {}
        for source in sources:
            for named, moment in self._known[source]:
                if moment is not None:
                    name = BELL_OF.get(named, named)
                    found[name] = min(moment, found.get(name, moment))
        return found
