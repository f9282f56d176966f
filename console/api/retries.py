"""Whether another attempt may be opened for a payment, and when one will be."""

from datetime import datetime

from console.api.shapes import Retry
from domain.attempt import AttemptCause
from domain.lifecycle import COMPLETED, FAILED, FINAL, PROCESSING
from domain.payment import Payment
from domain.policies import AttemptKind, Policy


def retry_of(payment: Payment, policy: Policy, now: datetime) -> Retry:
    """What can be said of a payment's retries by its session and policy."""
    session = payment.session
    used = max(session.retry_count, sum(one.cause is AttemptCause.RETRY for one in payment.attempts))
    left = None if policy.retry_limit is None else max(policy.retry_limit - used, 0)
    reason = _why_not(payment, policy, left, now)
    return Retry(eligible=reason is None, attempts_left=left, next_at=session.next_retry_at, reason=reason)


def _why_not(payment: Payment, policy: Policy, left: int | None, now: datetime) -> str | None:
    session = payment.session
    answers = (
        (session.status is COMPLETED, "paid"),
        (session.status in FINAL, "closed"),
        (session.status is PROCESSING, "payment_in_flight"),
        (now >= session.window_expires_at, "window_over"),
        (session.status is not FAILED, "not_declined"),
        # Its one Stripe object takes any number of cards: nothing new has to be opened.
        (policy.kind is AttemptKind.PAYMENT_INTENT, "same_attempt_stays_open"),
        (left == 0, "no_attempts_left"),
    )
    return next((word for applies, word in answers if applies), None)
