"""When the next thing is due, asked of the database in one statement: what idle workers and sweeps would find."""

from datetime import datetime, timedelta
from typing import Final

from domain import bells
from domain.endpoint import BELL_OF
from domain.windows import PATIENCE
from models.database import Database

#: For each bell, when the earliest piece of its work is due and free.
_FREE: Final = "greatest({due}, coalesce(leased_until, {due}))"
_CLOSING: Final = """
    EXISTS (SELECT 1 FROM checkout_attempts a WHERE a.session_id = r.id AND a.status IN ('opening', 'open')
               AND a.close_requested_at IS NOT NULL AND a.due_at IS NOT NULL)
"""
_DUE: Final = f"""
    SELECT '{bells.OPEN_CHECKOUTS}', min({_FREE.format(due="due_at")}) FROM checkout_attempts WHERE due_at IS NOT NULL
    UNION ALL SELECT '{bells.SEND_REFUNDS}', min({_FREE.format(due="due_at")}) FROM refunds
     WHERE due_at IS NOT NULL AND status = 'requested'
    UNION ALL SELECT r.endpoint, greatest(min({_FREE.format(due="due_at")}), min(e.rests_until)) FROM deliveries r
      LEFT JOIN endpoints e ON e.name = r.endpoint
     WHERE status = 'waiting' AND e.paused_at IS NULL AND NOT EXISTS (
       SELECT 1 FROM deliveries o WHERE o.endpoint = r.endpoint AND o.auction_id = r.auction_id
          AND o.status = 'waiting' AND o.order_no < r.order_no)
     GROUP BY r.endpoint
    UNION ALL SELECT '{bells.PROCESS_EVENTS}', min(due_at) FROM webhook_events WHERE status = 'waiting'
    UNION ALL SELECT '{bells.EXPIRE_WINDOWS}',
           min(window_expires_at + CASE WHEN {_CLOSING} THEN %(patience)s ELSE interval '0' END) + %(grace)s
      FROM payment_sessions r WHERE status IN ('pending', 'failed')
    UNION ALL SELECT '{bells.OPEN_RETRIES}', min(next_retry_at) FROM payment_sessions r
     WHERE status IN ('pending', 'failed') AND next_retry_at IS NOT NULL AND NOT {_CLOSING}
    UNION ALL SELECT '{bells.RECONCILE_ATTEMPTS}', min({_FREE.format(due="look_up_at")}) FROM checkout_attempts
     WHERE look_up_at IS NOT NULL
    UNION ALL SELECT '{bells.RECONCILE_ATTEMPTS}', min({_FREE.format(due="look_up_at")}) FROM refunds
     WHERE look_up_at IS NOT NULL
    UNION ALL SELECT '{bells.SEND_NOTICES}', min({_FREE.format(due="due_at")}) FROM notifications
     WHERE status = 'queued'
    UNION ALL SELECT '{bells.ISSUE_RECEIPTS}', min({_FREE.format(due="due_at")}) FROM receipts
     WHERE status = 'numbered'
    UNION ALL SELECT '{bells.ISSUE_RECEIPTS}', min(r.due_at) FROM receipts r
     WHERE r.status = 'wanted' AND (r.kind = 'receipt' OR NOT EXISTS (
       SELECT 1 FROM receipts o WHERE o.transaction_id = r.transaction_id AND o.kind = 'receipt'
          AND o.status = 'wanted'))
"""  # noqa: S608 - our own words


def next_due(database: Database, grace: timedelta) -> dict[str, datetime]:
    """When each bell's work is due next; bells without any are left out."""
    found: dict[str, datetime] = {}
    for named, moment in database.rows(_DUE, {"grace": grace, "patience": PATIENCE}):
        name = BELL_OF.get(named, named)
        if moment is not None:
            found[name] = min(moment, found.get(name, moment))
    return found
