"""A database full of payments, a part of which can be made due again and again.

Those are real ones: some made by the use cases, the rest their likenesses, with audit trail, events and all. The
others, ten times as many, are copies made by SQL of one of them: paid, over, or with time left. What a copy holds
encrypted does not open, and its audit trail is empty; nothing reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import psycopg

from models.records import SESSIONS
from models.tables import ATTEMPTS as ATTEMPT_ROWS
from models.tables import SESSIONS as SESSION_ROWS
from proof.benches.ground import Ground
from proof.benches.pipeline.street import house, open_checkouts, require
from proof.benches.sweep.likenesses import add_likenesses
from services.verify_audit import VerifyAudit

_BATCH: Final = 200
#: Payments that the use cases make; thousands take them minutes.
_MADE: Final = 1000
_LIKENESSES: Final = 1000
_COPIES: Final = 50_000
#: Payments whose audit chains are looked at after a round.
_SAMPLE: Final = 200

#: Of ten copies six are paid, two are over, and two have time left.
_SESSION: Final = {
    "id": "m.session",
    "auction_id": "'copy-' || m.n",
    "buyer_id": "'buyer-' || m.n",
    "intake_key": "'copy-' || m.n",
    "status": "CASE WHEN m.n % 10 < 6 THEN 'completed' WHEN m.n % 10 < 8 THEN 'expired' ELSE 'pending' END",
    "completed_at": "CASE WHEN m.n % 10 < 6 THEN now() END",
    "closed_at": "CASE WHEN m.n % 10 BETWEEN 6 AND 7 THEN now() END",
    "window_expires_at": "now() + interval '30 days' * random() + interval '1 day'",
    "audit_seq": "0",
    "audit_hash": "NULL",
}
_ATTEMPT: Final = {
    "id": "m.attempt",
    "session_id": "m.session",
    "idempotency_key": "'copy-' || m.n",
    "stripe_checkout_id": "'cs_copy_' || m.n",
    "status": "CASE WHEN m.n % 10 < 6 THEN 'paid' WHEN m.n % 10 < 8 THEN 'closed' ELSE 'open' END",
    "due_at": "NULL",
    "look_up_at": "NULL",
}
#: The payments that can be made due: the others' auctions are called otherwise.
_DUE: Final = """
    CREATE TABLE bench_due AS SELECT * FROM payment_sessions WHERE auction_id LIKE 'lot-%';
    UPDATE bench_due SET window_expires_at = now() - interval '1 hour' * (1 + random());
    UPDATE checkout_attempts a SET expires_at = b.window_expires_at,
           look_up_at = b.window_expires_at + interval '10 minutes'
      FROM bench_due b WHERE b.id = a.session_id;
    CREATE TABLE bench_auctions AS TABLE auctions;
"""
_AGAIN: Final = """
    DELETE FROM deliveries d USING outbox o WHERE o.id = d.event_id AND o.type = 'auction.reopened';
    DELETE FROM outbox WHERE type = 'auction.reopened';
    UPDATE auctions a SET event_no = b.event_no FROM bench_auctions b WHERE b.auction_id = a.auction_id;
    DELETE FROM audit_entries e USING bench_due b WHERE e.session_id = b.id AND e.seq > b.audit_seq;
"""


@dataclass(frozen=True, slots=True)
class Town:
    """Payments, of which so many come due together."""

    ground: Ground
    database: str
    due: int

    def have_due(self) -> None:
        """Have all of ours due, as if they had never been swept."""
        changing = ", ".join(f"{name} = b.{name}" for name in SESSIONS.changing)
        again = f"UPDATE payment_sessions s SET {changing} FROM bench_due b WHERE b.id = s.id"  # noqa: S608
        superuser = urlsplit(self.ground.postgres.superuser_url)._replace(path=urlsplit(self.database).path).geturl()
        with psycopg.connect(superuser, autocommit=True) as connection:
            # An audit trail is append-only to everybody else.
            connection.execute("SET session_replication_role = replica")
            connection.execute(f"{_AGAIN}; {again}".encode())
            connection.execute("VACUUM ANALYZE")

    def uneven(self) -> list[str]:
        """What a sweep has lost or doubled, by the number of its rows."""
        query = """
            SELECT (SELECT count(*) FROM bench_due b JOIN payment_sessions s USING (id)
                     WHERE s.status = 'expired' AND s.reason = 'window_elapsed' AND s.closed_at IS NOT NULL),
                   (SELECT count(*) FROM outbox WHERE type = 'auction.reopened'),
                   (SELECT count(DISTINCT session_id) FROM outbox WHERE type = 'auction.reopened'),
                   (SELECT count(*) FROM deliveries d JOIN outbox o ON o.id = d.event_id
                     WHERE o.type = 'auction.reopened' AND d.endpoint = 'auction'),
                   (SELECT count(*) FROM audit_entries e JOIN bench_due b ON b.id = e.session_id
                     WHERE e.action = 'payment_expired')
        """
        (counts,) = self.ground.rows(self.database, query)
        return [] if set(counts) == {self.due} else [f"{self.due} windows ended, with {counts} rows of each kind"]

    def wrong(self) -> list[str]:
        """What a sweep has lost or doubled, also where an audit chain is broken."""
        wrong = self.uneven()
        sample = self.ground.rows(self.database, "SELECT id FROM bench_due ORDER BY random() LIMIT %s", [_SAMPLE])
        with house(self.ground, self.database) as app:
            verify = VerifyAudit(app.store.begin)
            found = [verify(only=session_id) for (session_id,) in sample]
        return wrong + [f"the audit chain of {one.broken[0].chain} is broken" for one in found if not one.intact]


def build(ground: Ground, rows: int, due: int) -> Town:
    """A town of so many payments, of which so many can be made due."""
    database = ground.database()
    made = min(due, _MADE)
    with house(ground, database) as app:
        for first in range(0, made, _BATCH):
            sessions = require(app, range(first, min(first + _BATCH, made)))
            open_checkouts(app, sessions)
        for first in range(made, due, _LIKENESSES):
            add_likenesses(app, sessions[0], range(first, min(first + _LIKENESSES, due)))
    town = Town(ground, database, due)
    with psycopg.connect(database, autocommit=True) as connection:
        for first in range(due, rows, _COPIES):
            connection.execute(_copying(first, min(first + _COPIES, rows)).encode())
        connection.execute(_DUE.encode())
    town.have_due()
    return town


def _copying(first: int, last: int) -> str:
    sessions = [column.name for column in SESSION_ROWS.columns]
    attempts = [column.name for column in ATTEMPT_ROWS.columns]
    return f"""
        WITH m AS MATERIALIZED (
               SELECT n, uuidv7() AS session, uuidv7() AS attempt FROM generate_series({first + 1}, {last}) n),
             pattern AS MATERIALIZED (SELECT * FROM payment_sessions WHERE auction_id = 'lot-00000000'),
             added AS (INSERT INTO payment_sessions ({", ".join(sessions)})
                       SELECT {_chosen(sessions, _SESSION)} FROM m, pattern p)
        INSERT INTO checkout_attempts ({", ".join(attempts)})
        SELECT {_chosen(attempts, _ATTEMPT)} FROM m, pattern JOIN checkout_attempts p ON p.session_id = pattern.id
    """  # noqa: S608 - our own words


def _chosen(columns: Sequence[str], settled: dict[str, str]) -> str:
    return ", ".join(settled.get(name, f"p.{name}") for name in columns)
