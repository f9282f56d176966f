"""Takes back what the auction was to be told of a lot that is free again."""

from typing import Any
from uuid import UUID

from psycopg import Connection


def withdraw(connection: Connection[Any], session_id: UUID) -> bool:
    """Take back the news that the lot is free, unless it was sent, or the lot is somebody else's by now.

    What is sent again (`late`) counts its tries anew, and was sent before. The maker's letter takes itself back
    when it is to be sent; once it was tried, the maker may have offered the lot to others.
    """
    rivals = connection.execute(
        """
        SELECT 1 FROM payment_sessions mine JOIN payment_sessions r USING (auction_id)
         WHERE mine.id = %(id)s AND r.id <> mine.id AND NOT r.fully_refunded
           AND r.status IN ('pending', 'processing', 'failed', 'completed')
        """,
        {"id": session_id},
    ).fetchone()
    # What is old is pruned once it was told.
    written = connection.execute(
        """
        SELECT FROM payment_sessions s JOIN outbox o ON o.auction_id = s.auction_id AND o.session_id = s.id
         WHERE s.id = %(id)s AND o.type = 'auction.reopened'
        """,
        {"id": session_id},
    ).fetchone()
    told = connection.execute(
        """
        SELECT d.tries > 0 OR d.late OR d.status <> 'waiting' FROM payment_sessions s
          JOIN outbox o ON o.auction_id = s.auction_id AND o.session_id = s.id
          JOIN deliveries d ON d.event_id = o.id
         WHERE s.id = %(id)s AND o.type = 'auction.reopened' FOR UPDATE OF d
        """,
        {"id": session_id},
    ).fetchall()
    told += connection.execute(
        "SELECT tries > 0 AND status <> 'refused' FROM notifications"
        " WHERE session_id = %s AND kind = 'lot_not_paid' FOR UPDATE",
        (session_id,),
    ).fetchall()
    if rivals or written is None or any(heard for (heard,) in told):
        return False
    connection.execute(
        """
        DELETE FROM deliveries d USING outbox o, payment_sessions s
         WHERE s.id = %(id)s AND o.auction_id = s.auction_id AND o.session_id = s.id
           AND o.type = 'auction.reopened' AND d.event_id = o.id
        """,
        {"id": session_id},
    )
    return True
