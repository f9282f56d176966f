"""What must hold of all that services downstream are told, but for what was pruned."""

from typing import Final

from domain.cursor import PRUNING

#: Events from before then may be gone.
_PRUNED: Final = f"(SELECT (value->>'outbox')::timestamptz FROM cursors WHERE name = '{PRUNING}')"  # noqa: S608

#: Each question answers with sentences; none is well.
QUESTIONS: Final = (
    # What is told about an auction is numbered without gaps.
    f"""
    SELECT format('Auction %s counts %s events and has %s.', a.auction_id, a.event_no, count(o.id))
      FROM auctions a LEFT JOIN outbox o USING (auction_id) GROUP BY a.auction_id
    HAVING a.event_no <> count(o.id)
       AND ({_PRUNED} IS NULL OR a.event_no <> count(o.id) FILTER (WHERE o.occurred_at >= {_PRUNED})
                     + coalesce(min(o.order_no) FILTER (WHERE o.occurred_at >= {_PRUNED}) - 1, a.event_no))
    """,  # noqa: S608 - our own words
    # Nothing is on its way that is not there.
    """
    SELECT format('Event %s waits for %s and is gone.', d.event_id, d.endpoint)
      FROM deliveries d WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.id = d.event_id)
    """,
    # Nothing was received before what happened earlier, but for what is marked as late.
    """
    SELECT format('Event %s waits for %s, and event %s of auction %s was received there before it.', w.order_no,
                  w.endpoint, min(s.order_no), w.auction_id)
      FROM deliveries w JOIN deliveries s USING (endpoint, auction_id)
     WHERE w.status = 'waiting' AND NOT w.late AND s.status = 'sent' AND NOT s.late AND s.order_no > w.order_no
     GROUP BY w.endpoint, w.auction_id, w.order_no
    """,
    # A completed payment was told as sold once; a closed one as reopened once.
    f"""
    SELECT format('Payment %s is %s, and was told as %s %s times.', s.id, s.status, k.kind, count(o.id))
      FROM payment_sessions s
      JOIN (VALUES ('completed', 'auction.sold'), ('expired', 'auction.reopened')) k(status, kind) USING (status)
      LEFT JOIN outbox o ON o.session_id = s.id AND o.type = k.kind
     GROUP BY s.id, s.status, k.kind
    HAVING count(o.id) <> 1
       AND NOT (count(o.id) = 0 AND coalesce(coalesce(s.completed_at, s.closed_at) < {_PRUNED}, false))
    """,  # noqa: S608 - our own words
)
