"""What must hold of our own books at any moment, asked of the database. A broken one is a sentence for a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.clock import Clock
from models import receipt_checks, telling_checks
from models.chains import check_chains
from models.remaining import DISPUTED, LEFT
from models.unit_of_work import Begin, UnitOfWork
from services.verify_audit import describe

#: Longer than this past its end no window stays open (sweep, grace, Stripe's silence, a slow machine).
OVERDUE: Final = timedelta(minutes=10)
#: Of a transaction `t`: what is left and was never asked for. What was, and failed, has been told to a person.
_SENT_BY_NOBODY: Final = f"""{LEFT} - (SELECT coalesce(sum(r.amount_minor), 0) FROM refunds r
      WHERE r.transaction_id = t.id AND r.status IN ('failed', 'canceled'))"""  # noqa: S608

#: Each question answers with sentences; none is well.
_QUESTIONS: Final = (
    # At most one kept payment per session, and exactly one for a completed one.
    """
    SELECT format('Payment %s is %s and keeps %s transactions.', s.id, s.status, count(t.id))
      FROM payment_sessions s LEFT JOIN transactions t ON t.session_id = s.id AND t.disposition = 'kept'
     GROUP BY s.id HAVING count(t.id) <> (s.status = 'completed')::int
    """,
    # Money that does not pay for a lot is held, or goes back whole, once its buyer's bank has decided.
    f"""
    SELECT format('Transaction %s came %s, and nothing sends %s of it back.', t.id, t.disposition, {_SENT_BY_NOBODY})
      FROM transactions t WHERE t.disposition IN ('late', 'duplicate') AND t.refunded_minor < t.amount_minor
       AND {_SENT_BY_NOBODY} > 0 AND NOT {DISPUTED}
    """,  # noqa: S608
    # Money is held while its payment waits for a decision; then it is kept, or goes back.
    f"""
    SELECT format('Transaction %s is held, and its payment %s is %s.', t.id, s.id, s.status)
      FROM transactions t JOIN payment_sessions s ON s.id = t.session_id
     WHERE t.disposition = 'held' AND s.status <> 'processing' AND t.refunded_minor < t.amount_minor
       AND {_SENT_BY_NOBODY} > 0 AND NOT {DISPUTED}
    """,  # noqa: S608
    # What is kept is what was asked, unless a person has accepted another amount.
    """
    SELECT format('Transaction %s keeps %s %s, and %s %s was asked.', t.id, t.amount_minor, t.currency, s.amount_minor,
                  s.currency)
      FROM transactions t JOIN payment_sessions s ON s.id = t.session_id
     WHERE t.disposition = 'kept' AND (t.amount_minor, t.currency) <> (s.amount_minor, s.currency)
       AND NOT EXISTS (SELECT 1 FROM audit_entries a WHERE a.session_id = s.id AND a.action = 'other_amount_accepted')
    """,
    # Refunds add up to what the transaction says went back.
    """
    SELECT format('Transaction %s says that %s went back, and its refunds %s.', t.id, t.refunded_minor,
                  coalesce(sum(r.amount_minor), 0))
      FROM transactions t LEFT JOIN refunds r ON r.transaction_id = t.id AND r.status = 'succeeded'
     GROUP BY t.id HAVING t.refunded_minor <> coalesce(sum(r.amount_minor), 0)
    """,
    # No more is promised back than there is by then. More may be sent from Stripe's dashboard meanwhile.
    """
    SELECT format('Transaction %s of %s has %s on its way back.', t.id, t.amount_minor, sum(before.amount_minor))
      FROM refunds r JOIN transactions t ON t.id = r.transaction_id
      JOIN refunds before ON before.session_id = r.session_id AND before.transaction_id = t.id AND before.id <= r.id
                             AND before.status IN ('requested', 'pending', 'succeeded')
     WHERE r.status IN ('requested', 'pending')
     GROUP BY t.id, r.id HAVING sum(before.amount_minor) > t.amount_minor
    """,
    # A transaction is disputed while a dispute stands.
    """
    SELECT format('Transaction %s is %s, and %s disputes stand.', t.id, t.status, count(d.id))
      FROM transactions t LEFT JOIN disputes d
        ON d.transaction_id = t.id AND d.status NOT IN ('won', 'warning_closed', 'prevented')
     GROUP BY t.id HAVING (t.status = 'disputed') <> (count(d.id) > 0)
    """,
    # What the ledger says that Stripe holds for us is what came, less what went: on Connect also to makers.
    """
    SELECT format('The ledger has %s %s at Stripe, and payments, refunds, fees and disputes come to %s.',
                  sum(booked), currency, sum(moved))
      FROM (SELECT currency, amount_minor - transferred_minor - refunded_minor AS moved, 0 AS booked FROM transactions
            UNION ALL SELECT settlement_currency, -stripe_fee_minor, 0 FROM transactions
             WHERE stripe_fee_minor IS NOT NULL
            UNION ALL SELECT currency, reversed_minor, 0 FROM refunds WHERE reversed_minor IS NOT NULL
            UNION ALL SELECT currency, reinstated_minor - withdrawn_minor, 0 FROM disputes
            UNION ALL SELECT fee_currency, -fee_minor, 0 FROM disputes WHERE fee_currency IS NOT NULL
            UNION ALL SELECT currency, 0, balance_minor FROM ledger_balances WHERE account = 'stripe_balance') known
     GROUP BY currency HAVING sum(booked) <> sum(moved)
    """,
    # What buyers are owed back is not more than nothing, and nothing once all of it is back or kept.
    """
    SELECT format('Payment %s owes its buyer %s %s by the ledger, and no such money is left.', b.session_id,
                  -b.balance_minor, b.currency)
      FROM ledger_balances b
     WHERE b.account = 'buyer_refundable' AND b.balance_minor <> 0
       AND (b.balance_minor > 0 OR NOT EXISTS (
             SELECT 1 FROM transactions t WHERE t.session_id = b.session_id AND t.currency = b.currency
                AND t.disposition <> 'kept' AND t.amount_minor > t.refunded_minor
                    + (SELECT coalesce(sum(d.lost_minor), 0) FROM disputes d WHERE d.transaction_id = t.id)))
    """,
    # Every transaction is booked in full, once.
    """
    SELECT format('Transaction %s of %s is booked with %s.', t.id, t.amount_minor, coalesce(sum(l.amount_minor), 0))
      FROM transactions t LEFT JOIN ledger_entries l ON l.cause = 'payment:' || t.stripe_payment_intent_id
     GROUP BY t.id HAVING t.amount_minor <> coalesce(sum(l.amount_minor), 0)
    """,
)


@dataclass(frozen=True, slots=True)
class CheckInvariants:
    """Looks whether everything holds that must hold."""

    begin: Begin
    now: Clock

    def __call__(self) -> list[str]:
        """A sentence for each thing that does not; empty is well."""
        with self.begin() as uow:
            questions = (*_QUESTIONS, *telling_checks.QUESTIONS, *receipt_checks.QUESTIONS)
            broken = [row[0] for question in questions for row in uow.connection.execute(question)]
            return [*broken, *self._overdue(uow), *_broken_chains(uow)]

    def _overdue(self, uow: UnitOfWork) -> Iterator[str]:
        rows = uow.connection.execute(
            "SELECT id, status, window_expires_at FROM payment_sessions"
            " WHERE status IN ('pending', 'failed') AND window_expires_at < %s",
            (self.now() - OVERDUE,),
        )
        for session_id, status, end in rows:
            yield f"Payment {session_id} is still {status}, and its window ended at {end:%Y-%m-%d %H:%M:%S} UTC."


def _broken_chains(uow: UnitOfWork) -> Iterator[str]:
    """Each audit chain counts without gaps, holds its hashes, and ends where its payment says."""
    for chain in check_chains(uow.connection, uow.cipher):
        if chain.broken is not None:
            sentence = describe(chain.broken)
            yield f"{sentence[0].upper()}{sentence[1:]}."
