"""How much of money has reached its buyer another way than by a refund, and whether a decision on it is waited for.

Until now only refunds bore a mark, also those that were owed no more because their money was kept after all. What a
person settled before is told by the audit trail: what failed then, and what was not sent since in its place, is taken
to have reached the buyer. Where that says too little, the rest is shown to a person as owed.

Money that is held goes on waiting, for settling did not end its wait: it gets no amount, is shown as owed once more, and
whoever settles it again ends that. Its mark stays: it alone keeps the release before from sending that money again.

A payment that is not `processing` has ended its wait for all money that is held.

While money was held, the release before did not remember that a bank has other money in hand. Stripe is asked once more,
after an hour: by then that release, which would pass over the answer, has left. What a worker has in hand at this moment
is left to it: whoever waits for another's row while all of `transactions` is locked ends in a deadlock.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_SETTLED_BEFORE = """
    UPDATE transactions t SET settled_minor = least(paid.minor, t.amount_minor - t.refunded_minor)
      FROM (SELECT transaction_id, sum(delta) - least(0, min(run)) AS minor
              FROM (SELECT transaction_id, delta,
                           sum(delta) OVER (PARTITION BY transaction_id ORDER BY at, id, failed) AS run
                      FROM (SELECT transaction_id, updated_at AS at, id, true AS failed, amount_minor AS delta
                              FROM refunds r
                             WHERE status = 'failed' AND settled_at IS NOT NULL
                               AND EXISTS (SELECT 1 FROM audit_entries a
                                            WHERE a.session_id = r.session_id AND a.action = 'refund_settled'
                                              AND a.at = r.settled_at)
                            UNION ALL
                            SELECT transaction_id, created_at, id, false, -amount_minor FROM refunds r
                             WHERE status <> 'canceled'
                               AND EXISTS (SELECT 1 FROM refunds s WHERE s.transaction_id = r.transaction_id
                                              AND s.status = 'failed' AND s.settled_at > r.created_at)) moments) runs
             GROUP BY transaction_id) paid
     WHERE t.id = paid.transaction_id AND paid.minor > 0
       AND NOT (t.disposition = 'held' AND EXISTS (SELECT FROM payment_sessions p
                                                    WHERE p.id = t.session_id AND p.status = 'processing'))
"""
_WAIT_ENDED = """
    UPDATE transactions t SET hold_ended = true FROM payment_sessions p
     WHERE t.disposition = 'held' AND p.id = t.session_id AND p.status <> 'processing'
"""
_ASKED_ONCE_MORE = """
    UPDATE checkout_attempts a SET look_up_at = now() + interval '1 hour'
     WHERE a.id IN (
       SELECT o.id FROM checkout_attempts o JOIN payment_sessions p ON p.id = o.session_id
        WHERE p.status = 'processing' AND p.reason IN ('amount_differs', 'stripe_review', 'highest_risk')
          AND o.status IN ('open', 'closed') AND o.due_at IS NULL AND o.paid_near_end_at IS NULL
          AND coalesce(o.stripe_checkout_id, o.stripe_payment_intent_id) IS NOT NULL
          FOR UPDATE OF o SKIP LOCKED)
"""


def upgrade() -> None:
    op.add_column("transactions", sa.Column("settled_minor", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_check_constraint(op.f("transactions_settled_check"), "transactions", "settled_minor BETWEEN 0 AND amount_minor")
    op.add_column("transactions", sa.Column("hold_ended", sa.Boolean(), nullable=False, server_default="false"))
    op.execute(_SETTLED_BEFORE)
    op.execute(_WAIT_ENDED)
    op.execute(_ASKED_ONCE_MORE)


def downgrade() -> None:
    op.drop_constraint(op.f("transactions_settled_check"), "transactions")
    op.drop_column("transactions", "hold_ended")
    op.drop_column("transactions", "settled_minor")
