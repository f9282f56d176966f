"""What the rows of a sweep cost PostgreSQL by themselves: the same rows, by one statement a batch.

It knows no rules: everything due expires. It reads nothing back, tells nobody, and the hashes of its audit entries are
none that anybody could verify, only as long.
"""

from typing import Any, Final

from psycopg import Connection

#: As many as a sweep takes.
_BATCH: Final = 500

_SWEEP: Final = """
    WITH due AS MATERIALIZED (
           SELECT id FROM payment_sessions
            WHERE status IN ('pending', 'failed') AND window_expires_at <= now() - interval '10 seconds'
            ORDER BY window_expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED),
         over AS (
           UPDATE payment_sessions s
              SET status = 'expired', reason = 'window_elapsed', closed_at = now(), updated_at = now(),
                  window_version = window_version + 1, news_attempt = 0, news_at = NULL, news_rank = 0,
                  audit_seq = audit_seq + 1, audit_hash = sha256(audit_hash)
             FROM due WHERE s.id = due.id
           RETURNING s.id, s.auction_id, s.buyer_id, s.audit_seq, old.audit_hash AS previous, new.audit_hash AS hash),
         numbered AS (
           INSERT INTO auctions (auction_id, event_no) SELECT auction_id, 1 FROM over ORDER BY auction_id
           ON CONFLICT (auction_id) DO UPDATE SET event_no = auctions.event_no + 1
           RETURNING auction_id, event_no),
         told AS (
           INSERT INTO outbox (id, type, auction_id, order_no, session_id, body, occurred_at)
           SELECT uuidv7(), 'auction.reopened', auction_id, event_no, id, jsonb_build_object(
                    'auctionId', auction_id, 'sessionId', id, 'buyerId', buyer_id, 'reason', 'window_elapsed',
                    'sequence', event_no, 'version', 1), now()
             FROM over JOIN numbered USING (auction_id)
           RETURNING id, auction_id, order_no),
         sent AS (
           INSERT INTO deliveries (event_id, endpoint, auction_id, order_no, status, tries, due_at, fence,
                                   created_at, waiting_since, late)
           SELECT id, 'auction', auction_id, order_no, 'waiting', 0, now(), 0, now(), now(), false FROM told)
    INSERT INTO audit_entries (session_id, seq, action, actor, at, data, previous_hash, hash)
    SELECT id, audit_seq, 'payment_expired', 'system', now(), jsonb_build_object(
             'before', 'pending', 'after', 'expired', 'reason', 'window_elapsed'), previous, hash
      FROM over
"""


def sweep(connection: Connection[Any]) -> int:
    """Sweep our own tables until nothing is due; answers how many it were. The connection commits by itself."""
    swept = 0
    while done := connection.execute(_SWEEP, {"limit": _BATCH}).rowcount:
        swept += done
    return swept
