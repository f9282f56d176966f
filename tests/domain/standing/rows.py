"""Payments in hand for the rows of the explanation, and the explaining of them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.attempt import AttemptCause, AttemptStatus, CheckoutAttempt
from domain.dispute import Dispute, DisputeStatus
from domain.ids import AttemptId, DisputeId, RefundId, TransactionId
from domain.lifecycle import Status
from domain.payment import Payment
from domain.policies import AttemptKind, Policy, instant, standard
from domain.risk import Kind, RiskSignal
from domain.standing.beside import Beside
from domain.standing.explaining import explain
from domain.standing.explanation import Explanation
from domain.transaction import Disposition, Refund, RefundStatus, Transaction, TransactionStatus
from tests.domain.payments import ASKED, NOW, a_payment, after

STANDARD = standard(
    window=timedelta(hours=24),
    retry_limit=3,
    retry_backoff=(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15)),
    max_extension=timedelta(hours=48),
    reminder=timedelta(hours=2),
)
SOON, LATER = after(20), after(60)
INSTANT = instant(window=timedelta(minutes=10), max_extension=timedelta(minutes=10))


def told(
    payment: Payment, at: datetime = LATER, *, policy: Policy = STANDARD, beside: Beside | None = None
) -> Explanation:
    """Explain it, and see that it is whole."""
    told = explain(payment, beside or Beside(), policy, at)
    assert_whole(told)
    return told


def assert_whole(told: Explanation) -> None:
    """An explanation has a sentence, one to three steps, and nothing that was left unfilled."""
    assert 1 <= len(told.next) <= 3, told
    assert bool(told.you.text) is (told.you.kind.value != "nothing"), told
    for sentence in (told.why, *(step.text for step in told.next), *told.also):
        assert sentence, told
        assert "{" not in sentence, sentence
        assert "None" not in sentence, sentence
        assert "  " not in sentence, sentence
        assert sentence.endswith((".", '."')), sentence


def unpaid(status: Status = Status.PENDING, **session: Any) -> Payment:
    return a_payment(status=status, buyer_email="buyer@example.com", **session)


def opening(**attempt: Any) -> Payment:
    """Its first checkout is being opened."""
    payment = unpaid()
    change(payment.attempts[0], status=AttemptStatus.OPENING, stripe_checkout_id=None, due_at=NOW, **attempt)
    return payment


def declined(code: str = "insufficient_funds", **session: Any) -> Payment:
    payment = unpaid(Status.FAILED, reason=code, **session)
    change(payment.attempts[0], declined_at=after(30), decline_code=code)
    return payment


def another(payment: Payment, cause: AttemptCause, **changes: Any) -> CheckoutAttempt:
    """Another attempt of it."""
    number = len(payment.attempts) + 1
    attempt = CheckoutAttempt(
        id=AttemptId(UUID(int=2000 + number)),
        session_id=payment.session.id,
        attempt_no=number,
        idempotency_key=f"a:b:{number}",
        kind=AttemptKind.CHECKOUT,
        cause=cause,
        created_at=after(40),
    )
    change(attempt, **changes)
    payment.attempts.append(attempt)
    return attempt


def with_money(
    disposition: Disposition = Disposition.KEPT, status: Status = Status.COMPLETED, **changes: Any
) -> Payment:
    """Money has come; what Stripe keeps of it is known."""
    payment = unpaid(status)
    payment.attempts[0].status = AttemptStatus.PAID
    money(payment, disposition, **changes)
    return payment


def money(payment: Payment, disposition: Disposition, **changes: Any) -> Transaction:
    number = len(payment.transactions) + 1
    transaction = Transaction(
        id=TransactionId(UUID(int=3000 + number)),
        session_id=payment.session.id,
        stripe_payment_intent_id=f"pi_{number}",
        amount_minor=ASKED.minor,
        currency=ASKED.currency,
        status=TransactionStatus.SUCCEEDED,
        disposition=disposition,
        paid_at=after(50),
        created_at=after(51),
        attempt_id=payment.attempts[-1].id,
        stripe_fee_minor=830,
        method_type="card",
        method_brand="visa",
        method_last4="4242",
    )
    change(transaction, **changes)
    payment.transactions.append(transaction)
    return transaction


def refund(payment: Payment, status: RefundStatus, minor: int = ASKED.minor, **changes: Any) -> Refund:
    number = len(payment.refunds) + 1
    one = Refund(
        id=RefundId(UUID(int=4000 + number)),
        session_id=payment.session.id,
        transaction_id=payment.transactions[-1].id,
        amount_minor=minor,
        currency=ASKED.currency,
        status=status,
        reason="the vase is broken",
        idempotency_key=f"refund:{number}",
        created_at=after(55),
        updated_at=after(56),
    )
    change(one, **changes)
    payment.refunds.append(one)
    if status is RefundStatus.SUCCEEDED:
        payment.transactions[-1].refunded_minor += minor
    return one


def dispute(payment: Payment, status: DisputeStatus, **changes: Any) -> Dispute:
    one = Dispute(
        id=DisputeId(UUID(int=5000)),
        session_id=payment.session.id,
        transaction_id=payment.transactions[-1].id,
        stripe_dispute_id="du_1",
        amount_minor=ASKED.minor,
        currency=ASKED.currency,
        status=status,
        reason="product_not_received",
        opened_at=after(55),
        created_at=after(55),
        updated_at=after(56),
    )
    change(one, **changes)
    payment.disputes.append(one)
    return one


def signal(payment: Payment, kind: Kind, at: datetime = SOON, **detail: Any) -> None:
    payment.signals.append(RiskSignal(payment.session.id, kind, kind.value, 50, at, detail, "pi_1"))


def change(record: Any, **changes: Any) -> None:
    for name, value in changes.items():
        assert hasattr(record, name), name
        setattr(record, name, value)
