"""What is asked of the database when a run is over. Each row is a lot and a sentence."""

from typing import Final

from models.remaining import DISPUTED, HELD_MONEY, LOST, OWED

#: Nothing waits, nothing was set aside, nothing is unexplained; and windows ended in time. A window may end minutes
#: late: two are Stripe's to close its page, and others pass where workers die; those that were seen were below seven.
UNSETTLED: Final = """
    SELECT auction_id, format('Payment %%s is still %%s (%%s).', id, status, coalesce(reason, 'no reason'))
      FROM payment_sessions
     WHERE status IN ('pending', 'failed') OR (status = 'processing' AND held_at IS NULL AND reason IS NULL)
    UNION ALL
    SELECT coalesce(s.auction_id, ''),
           format('Event %%s (%%s) is %%s: %%s.', e.stripe_event_id, e.type, e.status, e.reason)
      FROM webhook_events e LEFT JOIN payment_sessions s ON s.id = e.session_id
     WHERE e.status IN ('waiting', 'set_aside')
    UNION ALL
    SELECT auction_id, format('Event %%s is not delivered to %%s.', order_no, endpoint)
      FROM deliveries WHERE status <> 'sent'
    UNION ALL
    SELECT s.auction_id, format('Attempt %%s of payment %%s is still %%s.', a.attempt_no, s.id, a.status)
      FROM checkout_attempts a JOIN payment_sessions s ON s.id = a.session_id
     WHERE a.status IN ('opening', 'open') AND s.held_at IS NULL
    UNION ALL
    SELECT s.auction_id, format('Refund %%s is still %%s.', r.id, r.status)
      FROM refunds r JOIN payment_sessions s ON s.id = r.session_id WHERE r.status IN ('requested', 'pending')
    UNION ALL
    SELECT coalesce(s.auction_id, ''),
           format('%%s %%s of %%s cannot be explained: %%s.', d.amount_minor, d.currency, d.id, d.reason)
      FROM money_differences d LEFT JOIN payment_sessions s ON s.id = d.session_id WHERE d.explained_at IS NULL
    UNION ALL
    SELECT s.auction_id,
           format('%%s %%s of payment %%s is %%s.', r.kind, coalesce(r.number, r.id::text), s.id, r.status)
      FROM receipts r JOIN payment_sessions s ON s.id = r.session_id WHERE r.status NOT IN ('issued', 'withdrawn')
    UNION ALL
    SELECT s.auction_id, format('Notice %%s (%%s) of payment %%s is %%s.', n.id, n.kind, s.id, n.status)
      FROM notifications n JOIN payment_sessions s ON s.id = n.session_id WHERE n.status NOT IN ('sent', 'dropped')
    UNION ALL
    SELECT auction_id,
           format('Payment %%s was closed at %%s, and its window ended at %%s.', id, closed_at, window_expires_at)
      FROM payment_sessions WHERE reason = 'window_elapsed' AND closed_at < window_expires_at
    UNION ALL
    SELECT auction_id, format('Payment %%s was open until %%s, and waited for nothing since %%s.', id, closed_at, over)
      FROM (SELECT s.*, greatest(window_expires_at, (
                     SELECT max(e.at) FROM audit_entries e WHERE e.session_id = s.id AND e.seq < x.seq)) AS over
              FROM payment_sessions s JOIN audit_entries x ON x.session_id = s.id AND x.action = 'payment_expired'
             WHERE s.reason = 'window_elapsed') ended
     WHERE closed_at > over + interval '15 minutes'
"""
#: How many payments there are of each status.
STATUSES: Final = "SELECT status, count(*) FROM payment_sessions GROUP BY 1 ORDER BY 1"
#: Money of buyers is back, or before somebody's eyes; no lot is sold for what its buyer has back; nobody waits for a
#: decision that nobody can take.
UNSEEN: Final = f"""
    SELECT s.auction_id, format('%%s money of payment %%s is neither an order, nor back, nor shown: %%s %%s.',
                                t.disposition, s.id, t.amount_minor, t.currency)
      FROM transactions t JOIN payment_sessions s ON s.id = t.session_id
     WHERE (t.disposition IN ('late', 'duplicate')
            OR t.disposition = 'held' AND (s.status <> 'processing' OR t.hold_ended))
       AND NOT {DISPUTED} AND t.amount_minor > t.refunded_minor + t.settled_minor + {LOST}
       AND NOT EXISTS (SELECT 1 FROM ({OWED}) o WHERE o.session_id = s.id AND o.why = t.disposition)
    UNION ALL
    SELECT s.auction_id, format('Payment %%s was completed with money that its buyer had back another way.', s.id)
      FROM transactions t JOIN payment_sessions s ON s.id = t.session_id
     WHERE t.disposition = 'kept' AND EXISTS (
             SELECT 1 FROM audit_entries a WHERE a.session_id = s.id AND a.action = 'refund_settled'
                AND a.at < s.completed_at AND a.data ->> 'payment_intent' = t.stripe_payment_intent_id)
    UNION ALL
    SELECT s.auction_id, format('Payment %%s is processing (%%s), and waits for nothing.', s.id, s.reason)
      FROM payment_sessions s
     WHERE s.status = 'processing'
       AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.session_id = s.id AND {HELD_MONEY})
"""  # noqa: S608 - our own words
#: All money that we have recorded, with what became of it.
TAKEN: Final = """
    SELECT t.stripe_payment_intent_id, s.auction_id, s.id, t.amount_minor, t.currency, t.refunded_minor, t.disposition,
           t.stripe_fee_minor, t.created_at
      FROM transactions t JOIN payment_sessions s ON s.id = t.session_id
"""
#: What our ledger says that Stripe has, by currency.
AT_STRIPE: Final = """
    SELECT currency, sum(balance_minor)::bigint FROM ledger_balances WHERE account = 'stripe_balance' GROUP BY currency
"""
#: What we took for refused by Stripe: a lot, the key that it was asked under, and what it is.
FAILED: Final = """
    SELECT s.auction_id, r.idempotency_key, format('Refund %%s', r.id) FROM refunds r
      JOIN payment_sessions s ON s.id = r.session_id WHERE r.status = 'failed' AND r.stripe_refund_id IS NULL
    UNION ALL
    SELECT s.auction_id, a.idempotency_key, format('Attempt %%s of payment %%s', a.attempt_no, s.id)
      FROM checkout_attempts a JOIN payment_sessions s ON s.id = a.session_id
     WHERE a.status = 'refused' AND NOT EXISTS (SELECT 1 FROM audit_entries e WHERE e.session_id = s.id
            AND e.action = 'checkout_vanished' AND e.data ->> 'attempt' = a.attempt_no::text)
"""
#: What was printed and stored.
ISSUED: Final = """
    SELECT s.auction_id, r.number, r.storage_key, r.content_hash FROM receipts r
      JOIN payment_sessions s ON s.id = r.session_id WHERE r.status = 'issued'
"""
#: Letters that were sent, as we think.
SENT: Final = """
    SELECT s.auction_id, n.id, n.kind FROM notifications n JOIN payment_sessions s ON s.id = n.session_id
     WHERE n.status = 'sent'
"""
#: How many payments of each lot are completed.
COMPLETED: Final = """
    SELECT auction_id, count(*) FILTER (WHERE status = 'completed') FROM payment_sessions GROUP BY auction_id
"""
#: The lot of a payment, a transaction or a refund.
LOT_OF: Final = """
    SELECT s.auction_id FROM payment_sessions s LEFT JOIN transactions t ON t.session_id = s.id
      LEFT JOIN refunds r ON r.session_id = s.id WHERE %(id)s IN (s.id, t.id, r.id) LIMIT 1
"""
