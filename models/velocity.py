"""What was seen lately of buyers, addresses and devices: one query for a whole batch of requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from domain.risk import BUYERS_SPAN, DECLINES_SPAN, LONGEST_SPAN, SESSIONS_SPAN, Seen, Velocity
from models.sealing import FieldCipher

#: Nobody is looked at further back than so many sessions: more of them are conspicuous anyway, and the query stays
#: cheap whatever a buyer does.
_ENOUGH: Final = 100

#: Each of the three is a walk along one index, newest first; an address or device that was not given finds nothing.
_SEEN: Final = """
    WITH asked AS (
      SELECT * FROM unnest(%(numbers)b::int[], %(buyers)b::text[], %(emails)b::bytea[], %(devices)b::bytea[])
               AS a(number, buyer, email, device)),
    seen AS (
      SELECT a.number, 'buyer' AS seen_by, s.* FROM asked a CROSS JOIN LATERAL (
        SELECT p.id, p.buyer_id, p.created_at FROM payment_sessions p
         WHERE p.buyer_id = a.buyer AND p.created_at > %(since)s ORDER BY p.created_at DESC LIMIT %(enough)s) s
      UNION ALL
      SELECT a.number, 'email', s.* FROM asked a CROSS JOIN LATERAL (
        SELECT p.id, p.buyer_id, p.created_at FROM payment_sessions p
         WHERE p.buyer_email_index = a.email AND p.created_at > %(since)s ORDER BY p.created_at DESC LIMIT %(enough)s) s
      UNION ALL
      SELECT a.number, 'device', s.* FROM asked a CROSS JOIN LATERAL (
        SELECT p.id, p.buyer_id, p.created_at FROM payment_sessions p
         WHERE p.device_id_index = a.device AND p.created_at > %(since)s ORDER BY p.created_at DESC LIMIT %(enough)s) s)
    SELECT seen.number, seen.seen_by,
           count(*) FILTER (WHERE seen.created_at > %(sessions_since)s),
           sum(d.declines),
           array_agg(DISTINCT seen.buyer_id) FILTER (WHERE seen.created_at > %(buyers_since)s)
      FROM seen CROSS JOIN LATERAL (
        SELECT count(*) AS declines FROM risk_signals g
         WHERE g.session_id = seen.id AND g.kind = 'declined' AND g.at > %(declines_since)s) d
     GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks, as far as is known."""

    buyer_id: str
    email: str | None
    device_id: str | None


def velocities(connection: Connection[Any], cipher: FieldCipher, asked: Sequence[Who], now: datetime) -> list[Velocity]:
    """What was seen lately of each of them, in their order, in one query; not counting what is not committed yet.

    Each is looked up by the HMAC of what is encrypted at rest.
    """
    if not asked:
        return []
    rows = connection.execute(
        _SEEN,
        {
            "numbers": list(range(len(asked))),
            "buyers": [who.buyer_id for who in asked],
            "emails": [None if who.email is None else cipher.index(who.email) for who in asked],
            "devices": [None if who.device_id is None else cipher.index(who.device_id) for who in asked],
            "since": now - LONGEST_SPAN,
            "sessions_since": now - SESSIONS_SPAN,
            "declines_since": now - DECLINES_SPAN,
            "buyers_since": now - BUYERS_SPAN,
            "enough": _ENOUGH,
        },
    )
    seen = {
        (number, seen_by): Seen(sessions, int(declines), frozenset(buyers or ()))
        for number, seen_by, sessions, declines, buyers in rows
    }
    return [
        Velocity(*(seen.get((number, seen_by), Seen()) for seen_by in ("buyer", "email", "device")))
        for number in range(len(asked))
    ]
