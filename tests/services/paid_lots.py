"""Many lots that are paid, without asking Stripe for each."""

from datetime import datetime, timedelta

from domain.attempt import AttemptStatus
from domain.facts import ChargeReported, Paid, RefundReported, Where
from domain.money import Money
from domain.settlement import apply
from domain.transaction import RefundStatus
from tests.house import House, request

_BATCH = 250


def pay_lots(home: House, lots: int, refund_every: int, at: datetime) -> None:
    """Have so many lots paid by card, and every n-th of them refunded in full, as Stripe's events would tell."""
    for first in range(0, lots, _BATCH):
        asked = [request(auction_id=f"lot-{n}") for n in range(first, min(first + _BATCH, lots))]
        answers = home.app.require_payments(asked)
        ids = [one.session_id for one in answers if not isinstance(one, Exception)]
        with home.app.store.begin() as uow:
            payments = uow.payments.lock(ids)
            for number, session_id in enumerate(ids, first):
                payment = payments[session_id]
                (attempt,) = payment.attempts
                attempt.status, attempt.due_at, attempt.stripe_checkout_id = AttemptStatus.OPEN, None, f"cs_{number}"
                where = Where(session_id, 1, f"cs_{number}", f"pi_{number}", f"ch_{number}")
                charge = ChargeReported(
                    at=at,
                    where=where,
                    balance_transaction_id=None,
                    method_type="card",
                    method_brand="visa",
                    method_last4="4242",
                )
                refund = RefundReported(
                    at=at + timedelta(seconds=1),
                    where=where,
                    stripe_refund_id=f"re_{number}",
                    refund_id=None,
                    amount=Money("USD", 27550),
                    status=RefundStatus.SUCCEEDED,
                    failure_reason=None,
                )
                facts = [Paid(at=at, where=where, amount=Money("USD", 27550)), charge]
                for fact in [*facts, refund] if number % refund_every == 0 else facts:
                    apply(payment, fact, at, home.app.process_events.terms)
