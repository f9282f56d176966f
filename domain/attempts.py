"""The attempts of a payment: how the next one is claimed."""

from datetime import datetime

from domain.attempt import AttemptCause, CheckoutAttempt
from domain.ids import AttemptId, NewId
from domain.payment import Payment


def add_attempt(payment: Payment, cause: AttemptCause, now: datetime, new_id: NewId) -> CheckoutAttempt:
    """Claim the next attempt: its number and its idempotency key."""
    newest = max(payment.attempts, key=lambda attempt: attempt.attempt_no)
    pair, _, number = newest.idempotency_key.rpartition(":")
    attempt = CheckoutAttempt(
        id=AttemptId(new_id()),
        session_id=payment.session.id,
        attempt_no=newest.attempt_no + 1,
        idempotency_key=f"{pair}:{int(number) + 1}",
        kind=newest.kind,
        cause=cause,
        created_at=now,
        deadline=payment.session.window_expires_at,
        due_at=now,
    )
    payment.attempts.append(attempt)
    return attempt
