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

#: Each of the three is a walk along one index, newest first.
_SEEN: Final = """
    WITH seen AS (
      SELECT 'buyer' AS seen_by, a.number, s.* FROM unnest(%(buyers)b::text[]) WITH ORDINALITY AS a(value, number)
       CROSS JOIN LATERAL (
        SELECT p.id, p.buyer_id, p.created_at FROM payment_sessions p
         WHERE p.buyer_id = a.value AND p.created_at > %(since)s ORDER BY p.created_at DESC LIMIT %(enough)s) s
      UNION ALL
      SELECT 'email', a.number, s.* FROM unnest(%(emails)b::bytea[]) WITH ORDINALITY AS a(value, number)
       CROSS JOIN LATERAL (
        SELECT p.id, p.buyer_id, p.created_at FROM payment_sessions p
         WHERE p.buyer_email_index = a.value AND p.created_at > %(since)s ORDER BY p.created_at DESC LIMIT %(enough)s) s
      UNION ALL
      SELECT 'device', a.number, s.* FROM unnest(%(devices)b::bytea[]) WITH ORDINALITY AS a(value, number)
       CROSS JOIN LATERAL (
        SELECT p.id, p.buyer_id, p.created_at FROM payment_sessions p
         WHERE p.device_id_index = a.value AND p.created_at > %(since)s ORDER BY p.created_at DESC LIMIT %(enough)s) s)
    SELECT seen.seen_by, seen.number,
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
    values: dict[str, list[Any]] = {
        "buyer": sorted({who.buyer_id for who in asked}),
        "email": sorted({cipher.index(who.email) for who in asked if who.email is not None}),
        "device": sorted({cipher.index(who.device_id) for who in asked if who.device_id is not None}),
    }
    rows = connection.execute(
        _SEEN,
        {
            "buyers": values["buyer"],
            "emails": values["email"],
            "devices": values["device"],
            "since": now - LONGEST_SPAN,
            "sessions_since": now - SESSIONS_SPAN,
            "declines_since": now - DECLINES_SPAN,
            "buyers_since": now - BUYERS_SPAN,
            "enough": _ENOUGH,
        },
    )
    seen = {
        (by, values[by][number - 1]): Seen(sessions, int(declines), frozenset(buyers or ()))
        for by, number, sessions, declines, buyers in rows
    }

    def found(by: str, value: object) -> Seen:
        return seen.get((by, value), Seen())

    return [
        Velocity(
            found("buyer", who.buyer_id),
            found("email", None if who.email is None else cipher.index(who.email)),
            found("device", None if who.device_id is None else cipher.index(who.device_id)),
        )
        for who in asked
    ]
