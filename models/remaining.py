"""What of money that came is still the house's to decide on, and what of it is owed back: `domain/remaining.py` in SQL.

All say it of a transaction `t`.
"""

from typing import Final

#: What refunds on their way, or waiting for consent, come to.
UNDER_WAY: Final = """
    (SELECT coalesce(sum(u.amount_minor), 0) FROM refunds u
      WHERE u.transaction_id = t.id AND u.status IN ('requested', 'pending'))"""
#: What disputes have lost for good.
LOST: Final = """
    (SELECT coalesce(sum(d.lost_minor), 0) FROM disputes d
      WHERE d.session_id = t.session_id AND d.transaction_id = t.id)"""
#: Minor units that are neither back with the buyer, nor on their way. Below zero where more is on its way than is left.
LEFT: Final = f"t.amount_minor - t.refunded_minor - t.settled_minor - {UNDER_WAY} - {LOST}"
#: The buyer's bank has it, or may take it, and has not decided.
DISPUTED: Final = """
    EXISTS (SELECT 1 FROM disputes d WHERE d.session_id = t.session_id AND d.transaction_id = t.id
               AND d.closed_at IS NULL
               AND d.status NOT IN ('warning_needs_response', 'warning_under_review', 'warning_closed', 'prevented',
                                    'won'))"""
#: Refunds that came to nothing and bear no mark of a person, or one that counts for nothing: it tells no amount.
_UNSETTLED: Final = "(settled_at IS NULL OR t.disposition <> 'kept' AND t.settled_minor = 0)"
#: What failed and nothing was sent for since: each replacement makes up for what had failed before it, and once.
_PROMISED: Final = f"""
    (SELECT coalesce(sum(delta) - least(0, min(run)), 0)
       FROM (SELECT delta, sum(delta) OVER (ORDER BY at, id, failed) AS run
               FROM (SELECT f.updated_at AS at, f.id, true AS failed, f.amount_minor AS delta FROM refunds f
                      WHERE f.session_id = t.session_id AND f.transaction_id = t.id AND f.status = 'failed'
                        AND {_UNSETTLED}
                     UNION ALL
                     SELECT n.created_at, n.id, false, -n.amount_minor FROM refunds n
                      WHERE n.session_id = t.session_id AND n.transaction_id = t.id AND n.status <> 'canceled')
                    moments) runs)"""  # noqa: S608
#: What is owed back, and for which nothing is on its way, until a person has sent it again or has said that it reached
#: its buyer another way: payment, why, since, minor units, currency.
OWED: Final = f"""
    SELECT t.session_id, t.disposition AS why, t.paid_at AS since, {LEFT} AS minor, t.currency
      FROM transactions t
     WHERE t.disposition IN ('late', 'duplicate') AND t.refunded_minor < t.amount_minor AND {LEFT} > 0
       AND NOT {DISPUTED}
     UNION ALL
    SELECT t.session_id, t.disposition, t.paid_at, {LEFT}, t.currency
      FROM transactions t JOIN payment_sessions p ON p.id = t.session_id
     WHERE t.disposition = 'held' AND (p.status <> 'processing' OR t.hold_ended)
       AND t.refunded_minor < t.amount_minor AND {LEFT} > 0 AND NOT {DISPUTED}
     UNION ALL
    SELECT session_id, 'refund_failed', since, minor, currency
      FROM (SELECT t.session_id, max(r.updated_at) AS since, t.currency,
                   least({LEFT}, CASE WHEN t.disposition = 'held' OR NOT p.fully_refunded THEN {_PROMISED} END) AS minor
              FROM refunds r JOIN transactions t ON t.id = r.transaction_id
                             JOIN payment_sessions p ON p.id = t.session_id
             WHERE r.status IN ('failed', 'canceled') AND {_UNSETTLED}
               AND (t.disposition = 'kept' OR t.disposition = 'held' AND p.status = 'processing' AND NOT t.hold_ended)
               AND NOT {DISPUTED}
             GROUP BY t.id, p.id) promised
     WHERE minor > 0"""  # noqa: S608
#: Money that somebody must decide on: not back with its buyer, nor wholly on the way there.
HELD_MONEY: Final = f"""
    t.disposition = 'held' AND NOT t.hold_ended AND t.refunded_minor < t.amount_minor
    AND EXISTS (SELECT 1 FROM payment_sessions p WHERE p.id = t.session_id AND p.status = 'processing')
    AND {LEFT} > 0"""  # noqa: S608
