"""The inbox: every verified Stripe event, stored once, claimed in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.messaging import StoredEvent
from domain.retention import STILL_TOLD
from models.records import EVENTS
from models.sealing import FieldCipher

#: Clocks differ: an event may be of a time to come by ours.
_AHEAD: Final = timedelta(days=1)
#: So the server need not look into every month.
RECENT: Final = "r.created >= %(since)s AND r.created < %(until)s"
CLAIM: Final = f"""
    SELECT {EVENTS.selection} FROM webhook_events r
     WHERE r.status = 'waiting' AND r.due_at <= %(now)s AND {{when}}
     ORDER BY r.due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class Inbox:
    """Stripe's events, in one transaction."""

    connection: Connection[Any]
    cipher: FieldCipher

    def store(self, events: Sequence[StoredEvent]) -> int:
        """Store events that are not there yet, in one statement; returns how many were new."""
        if not events:
            return 0
        # In one order everywhere: who inserts an event that another has not committed yet waits for the other.
        ordered = sorted(events, key=lambda event: event.stripe_event_id)
        stored = EVENTS.insert_all(
            self.connection, ordered, self.cipher, "ON CONFLICT (stripe_event_id, created) DO NOTHING"
        )
        return int(stored.rowcount)

    def known(self, stripe_event_ids: Sequence[str]) -> set[str]:
        """Which of these events are stored, by Stripe's ids."""
        sql = "SELECT stripe_event_id FROM webhook_events WHERE stripe_event_id = ANY(%s)"
        return {row[0] for row in self.connection.execute(sql, (list(stripe_event_ids),))}

    def claim(self, now: datetime, limit: int) -> list[StoredEvent]:
        """Take up to `limit` events that wait, oldest first. They are ours until the transaction ends.

        What Stripe may still be telling comes first. What is older, or of a time to come, waits because a person had it
        processed again, or because a clock is wrong: it is looked for in all months, and only when nothing else is due.
        """
        params = {"now": now, "limit": limit, "since": now - STILL_TOLD, "until": now + _AHEAD}
        rows = self.connection.execute(CLAIM.format(when=RECENT), params).fetchall()
        if not rows:
            rows = self.connection.execute(CLAIM.format(when=f"NOT ({RECENT})"), params).fetchall()
        return [EVENTS.load(row, self.cipher) for row in rows]

    def save(self, events: Sequence[StoredEvent]) -> None:
        """Write what became of these events."""
        if events:
            EVENTS.update_all(self.connection, events, self.cipher)

    def find(self, condition: str, **params: Any) -> list[StoredEvent]:
        """Events by a condition on `webhook_events r`."""
        sql = f"SELECT {EVENTS.selection} FROM webhook_events r WHERE {condition}"  # noqa: S608 - our own words
        return [EVENTS.load(row, self.cipher) for row in self.connection.execute(sql, params)]

    def replay(self, event_id: UUID, now: datetime) -> bool:
        """Have an event processed again; False if there is none. Processing it twice does no harm."""
        done = self.connection.execute(
            "UPDATE webhook_events SET status = 'waiting', reason = NULL, tries = 0, due_at = %s WHERE id = %s",
            (now, event_id),
        )
        return done.rowcount == 1

    def dismiss(self, event_id: UUID, why: str, now: datetime) -> bool:
        """Let go of an event that was set aside; False if it is none, or none any more."""
        done = self.connection.execute(
            "UPDATE webhook_events SET status = 'ignored', reason = %s, processed_at = coalesce(processed_at, %s)"
            " WHERE id = %s AND status = 'set_aside'",
            (why, now, event_id),
        )
        return done.rowcount == 1

    def sessions_of(self, intents: Sequence[str], charges: Sequence[str]) -> dict[str, UUID]:
        """The payments behind these payment intents and charges, as far as we know them."""
        rows = self.connection.execute(
            """
            SELECT stripe_payment_intent_id, session_id FROM transactions
             WHERE stripe_payment_intent_id = ANY(%(intents)s)
            UNION SELECT stripe_charge_id, session_id FROM transactions WHERE stripe_charge_id = ANY(%(charges)s)
            UNION SELECT stripe_payment_intent_id, session_id FROM checkout_attempts
             WHERE stripe_payment_intent_id = ANY(%(intents)s)
            """,
            {"intents": list(intents), "charges": list(charges)},
        )
        return dict(rows.fetchall())
