"""Whether another attempt may be opened for a payment, and when one will be."""

from datetime import datetime

from console.api.shapes import Retry
from domain.payment import Payment
from domain.policies import Policy
from domain.retries import attempts_left, why_not


def retry_of(payment: Payment, policy: Policy, now: datetime) -> Retry:
    """What can be said of a payment's retries by its session and policy."""
    reason = why_not(payment, policy, now)
    left = attempts_left(payment.session, policy)
    return Retry(eligible=reason is None, attempts_left=left, next_at=payment.session.next_retry_at, reason=reason)
