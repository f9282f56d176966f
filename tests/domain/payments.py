"""A payment in hand, and the telling of facts about it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from domain.attempt import AttemptCause, AttemptStatus, CheckoutAttempt
from domain.errors import EventTooEarly
from domain.facts import Fact, Paid, Where
from domain.ids import AttemptId, SessionId
from domain.money import Money
from domain.payment import Payment
from domain.policies import AttemptKind, standard
from domain.session import PaymentSession
from domain.settlement import LatePolicy, Terms, apply

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
END = NOW + timedelta(hours=24)
#: Ids of tests; two are never the same.
_IDS = count(1000)
ASKED = Money("USD", 27550)
WHERE = Where(
    session_id=SessionId(UUID(int=1)), attempt_no=1, checkout_id="cs_1", payment_intent_id="pi_1", charge_id="ch_1"
)


def terms() -> Terms:
    policy = standard(
        window=timedelta(hours=24),
        retry_limit=3,
        retry_backoff=(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15)),
        max_extension=timedelta(hours=48),
    )
    return Terms(500, {"standard": policy}, LatePolicy.REFUND, lambda: UUID(int=next(_IDS)))


def a_payment(**changes: Any) -> Payment:
    session = PaymentSession(
        id=SessionId(UUID(int=1)),
        auction_id="a",
        buyer_id="b",
        maker_id="m",
        intake_key="a:b",
        policy="standard",
        amount_minor=ASKED.minor,
        currency=ASKED.currency,
        created_at=NOW,
        updated_at=NOW,
        window_expires_at=END,
    )
    attempt = CheckoutAttempt(
        id=AttemptId(UUID(int=2)),
        session_id=session.id,
        attempt_no=1,
        idempotency_key="a:b:1",
        kind=AttemptKind.CHECKOUT,
        cause=AttemptCause.FIRST,
        created_at=NOW,
        status=AttemptStatus.OPEN,
        stripe_checkout_id="cs_1",
        expires_at=END,
    )
    for name, value in changes.items():
        setattr(session, name, value)
    return Payment(session, [attempt])


def told(payment: Payment, facts: Sequence[Fact], charged: datetime | None = None) -> Payment:
    """Tell facts as the inbox does: what comes before its cause is told again later.

    Where only the charge can tell whether money came in time, Stripe is asked at the end: it was made at `charged`.
    """
    early = _tell(payment, facts)
    _tell(asked(payment, charged), early)
    return payment


def _tell(payment: Payment, facts: Sequence[Fact]) -> list[Fact]:
    """Tell them, again and again while that helps; returns those that are still too early."""
    waiting = list(facts)
    for _ in range(len(facts) + 1):
        early = []
        for fact in waiting:
            undo = payment.checkpoint()
            try:
                apply(payment, fact, NOW, terms())
            except EventTooEarly:
                undo()
                early.append(fact)
        waiting = early
    return waiting


def asked(payment: Payment, charged: datetime | None) -> Payment:
    """Ask Stripe when the charge was made, if the payment waits for that."""
    if charged is not None and any(one.paid_near_end_at for one in payment.attempts):
        apply(payment, Paid(at=charged, where=WHERE, amount=ASKED, charged_at=charged), NOW, terms())
    return payment


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def end(seconds: float) -> datetime:
    """So long after the window's end."""
    return END + timedelta(seconds=seconds)


def paid(at: datetime, where: Where = WHERE, amount: Money = ASKED) -> Paid:
    return Paid(at=at, where=where, amount=amount)


INTENT = Where(session_id=WHERE.session_id, attempt_no=1, payment_intent_id="pi_1", charge_id="ch_1")
