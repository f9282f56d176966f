"""What our own books say of whether Stripe may have told us something that we did not hear. Indexed questions only."""

from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from domain.errors import GatewayUnavailable
from domain.ids import uuid7
from domain.polling import WORTH_A_CALL, Signs

#: Ids sort by the time that they were made, so the primary key tells what was made since.
_SIGNS: Final = """
    SELECT EXISTS (SELECT 1 FROM checkout_attempts
                    WHERE status IN ('opening', 'open') AND close_requested_at IS NULL)
           OR EXISTS (SELECT 1 FROM checkout_attempts WHERE look_up_at IS NOT NULL)
           OR EXISTS (SELECT 1 FROM refunds WHERE look_up_at IS NOT NULL),
           EXISTS (SELECT 1 FROM transactions),
           (SELECT count(*) FROM (SELECT 1 FROM checkout_attempts WHERE id >= %(since_id)s LIMIT %(enough)s) opened),
           EXISTS (SELECT 1 FROM webhook_events WHERE received_at > %(since)s AND source = 'webhook'),
           EXISTS (SELECT 1 FROM checkout_attempts WHERE due_at IS NOT NULL AND last_error LIKE %(silence)s)
"""
#: The longest that a payment intent of its own stays payable, with all extensions.
_INTENT_LIVES: Final = timedelta(days=7)
#: Stripe has tried for three days to deliver what is older.
_EARLIEST: Final = timedelta(days=3)


def read_signs(connection: Connection[Any], since: datetime) -> Signs:
    """What is known since a time."""
    silence = GatewayUnavailable.code.partition("_")[0] + "%"
    params = {"since": since, "since_id": _first_id(since), "enough": WORTH_A_CALL, "silence": silence}
    row = connection.execute(_SIGNS, params).fetchone() or (False, False, 0, False, False)
    return Signs(is_open=row[0], has_money=row[1], opened=row[2], heard=row[3], troubled=row[4])


def intents_opened(connection: Connection[Any], since: datetime) -> bool:
    """Whether a payment intent of its own (no checkout's) was opened that may have been paid since a time."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM checkout_attempts WHERE kind = 'payment_intent' AND id >= %s)",
        (_first_id(since - _INTENT_LIVES),),
    ).fetchone()
    return bool(row and row[0])


def beginning(connection: Connection[Any], now: datetime) -> datetime:
    """From when on anything can have been missed: our first attempt, or a few days ago."""
    row = connection.execute("SELECT created_at FROM checkout_attempts ORDER BY id LIMIT 1").fetchone()
    return max(row[0], now - _EARLIEST) if row else now


def _first_id(at: datetime) -> Any:
    return uuid7(at, lambda _bits: 0)
