"""Money that our books or Stripe's cannot explain, and our records that Stripe's books have not shown yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from domain.movements import (
    AGAIN,
    BOOKED,
    CHARGE_NOT_BOOKED,
    PAYMENT_NOT_KNOWN,
    REFUND_NOT_BOOKED,
    WORTH_A_CALL,
    Difference,
    Unseen,
)
from models.records import DIFFERENCES
from models.sealing import FieldCipher

_MOST: Final = 500
_UPSERT: Final = """
    ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, amount_minor = excluded.amount_minor, explained_at = NULL
"""
#: Reasons of our own records, which Stripe does not know by these ids.
_OWN: Final = [CHARGE_NOT_BOOKED, REFUND_NOT_BOOKED]
_TO_ASK: Final = "SELECT id FROM money_differences WHERE explained_at IS NULL AND reason <> ALL(%(own)s)"
_NEXT_TO_ASK: Final = f"""
    UPDATE money_differences SET asked_at = %(now)s
     WHERE id IN ({_TO_ASK} ORDER BY coalesce(asked_at, found_at), id LIMIT %(limit)s)
    RETURNING id
"""  # noqa: S608
#: Records that Stripe's books should have shown by now, and have not.
_NOT_BOOKED: Final = """
    SELECT id::text, %(charge)s, currency, amount_minor, session_id, stripe_charge_id, stripe_payment_intent_id, paid_at
      FROM transactions
     WHERE stripe_fee_minor IS NULL AND created_at BETWEEN %(since)s AND %(booked)s
    UNION ALL
    SELECT id::text, %(refund)s, currency, amount_minor, session_id, stripe_refund_id, NULL, updated_at
      FROM refunds
     WHERE status = 'succeeded' AND stripe_balance_transaction_id IS NULL
       AND updated_at BETWEEN %(since)s AND %(booked)s
    LIMIT %(most)s
"""
#: … and those of them that it has shown after all.
_BOOKED_NOW: Final = """
    UPDATE money_differences d SET explained_at = %(now)s
     WHERE explained_at IS NULL AND reason = ANY(%(reasons)s)
       AND (EXISTS (SELECT 1 FROM transactions t WHERE t.id::text = d.id AND t.stripe_fee_minor IS NOT NULL)
         OR EXISTS (SELECT 1 FROM refunds r WHERE r.id::text = d.id
                     AND (r.stripe_balance_transaction_id IS NOT NULL OR r.status <> 'succeeded')))
"""


@dataclass(frozen=True, slots=True)
class Differences:
    """The differences, in one transaction."""

    connection: Connection[Any]
    cipher: FieldCipher

    def open(self, limit: int = _MOST) -> list[Difference]:
        """What is unexplained, oldest first."""
        sql = f"SELECT {DIFFERENCES.selection} FROM money_differences r WHERE explained_at IS NULL"  # noqa: S608
        rows = self.connection.execute(f"{sql} ORDER BY found_at, id LIMIT %s", (limit,))
        return [DIFFERENCES.load(row, self.cipher) for row in rows]

    def next_to_ask(self, limit: int, now: datetime) -> list[str]:
        """Ids of Stripe's movements to ask for again: those for which nobody has asked for longest. It is noted."""
        rows = self.connection.execute(_NEXT_TO_ASK, {"own": _OWN, "limit": limit, "now": now})
        return [row[0] for row in rows]

    def is_any_to_ask(self) -> bool:
        """Whether a movement of Stripe's is unexplained: our own records cannot be asked for there."""
        row = self.connection.execute(f"SELECT EXISTS ({_TO_ASK})", {"own": _OWN}).fetchone()
        return bool(row and row[0])

    def keep(self, found: Sequence[Difference]) -> None:
        """Keep what is unexplained. What is known already keeps the time at which it was found."""
        if found:
            DIFFERENCES.insert_all(self.connection, found, self.cipher, _UPSERT)

    def settle(self, ids: Iterable[str], now: datetime) -> int:
        """These are explained now; returns how many of them were not before."""
        done = self.connection.execute(
            "UPDATE money_differences SET explained_at = %s WHERE explained_at IS NULL AND id = ANY(%s)",
            (now, list(ids)),
        )
        return done.rowcount

    def reopen(self, payment_intents: Sequence[str]) -> None:
        """Money of unknown payments that was sent back, and came back."""
        self.connection.execute(
            """
            UPDATE money_differences SET explained_at = NULL
             WHERE explained_at IS NOT NULL AND reason = %s AND payment_intent_id = ANY(%s)
            """,
            (PAYMENT_NOT_KNOWN, list(payment_intents)),
        )

    def look_for_unbooked(self, since: datetime, now: datetime) -> int:
        """Keep our records since a time that Stripe has not booked; returns how many there are."""
        params = {"since": since, "booked": now - BOOKED, "most": _MOST}
        words = {"charge": CHARGE_NOT_BOOKED, "refund": REFUND_NOT_BOOKED}
        self.connection.execute(_BOOKED_NOW, {"now": now, "reasons": _OWN})
        rows = self.connection.execute(_NOT_BOOKED, params | words).fetchall()
        self.keep([_unbooked(row, now) for row in rows])
        return len(rows)


def _unbooked(row: tuple[Any, ...], now: datetime) -> Difference:
    record_id, reason, currency, amount, session_id, source_id, intent, moved_at = row
    return Difference(record_id, reason, currency, amount, now, session_id, source_id, intent, moved_at)


#: What Stripe's books have not shown yet, and need not have: younger than `BOOKED`.
_UNSEEN: Final = """
    SELECT (SELECT count(*) FROM (SELECT 1 FROM transactions WHERE stripe_fee_minor IS NULL
               AND created_at > %(young)s LIMIT %(enough)s) charges),
           least((SELECT min(paid_at) FROM transactions WHERE stripe_fee_minor IS NULL AND created_at > %(young)s
                     AND paid_at > %(young)s),
                 (SELECT min(updated_at) FROM refunds WHERE status = 'succeeded'
                     AND stripe_balance_transaction_id IS NULL AND updated_at > %(young)s)),
           EXISTS (SELECT 1 FROM transactions)
"""


def read_unseen(connection: Connection[Any], now: datetime) -> Unseen:
    """Our records that Stripe's books have not shown yet."""
    # A little more than the time after which it is wrong: a last look comes before the verdict.
    params = {"young": now - BOOKED - AGAIN, "enough": WORTH_A_CALL}
    charges, oldest, has_money = connection.execute(_UNSEEN, params).fetchone() or (0, None, False)
    return Unseen(charges, oldest, has_money)


#: A currency reads 0 while all is well, once money has moved in it.
UNEXPLAINED: Final = """
    SELECT currency, sum(amount_minor)::bigint FROM (
      SELECT currency, amount_minor FROM money_differences WHERE explained_at IS NULL
      UNION ALL
      SELECT jsonb_array_elements_text(value -> 'currencies'), 0 FROM cursors WHERE name = 'stripe_balance'
    ) every GROUP BY currency ORDER BY currency
"""

#: The currencies in which money came lately: along the primary key, as no index begins with the currency.
RECENT_CURRENCIES: Final = """
    SELECT DISTINCT currency FROM (SELECT currency FROM transactions ORDER BY id DESC LIMIT 1000) newest ORDER BY 1
"""


def unexplained(connection: Connection[Any]) -> dict[str, int]:
    """Unexplained minor units by currency: 0 where money moved, and all of it is explained."""
    return dict(connection.execute(UNEXPLAINED).fetchall())
