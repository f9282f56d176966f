"""How attempts and windows end unpaid."""

from datetime import datetime

from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.lifecycle import CANCELED, FINAL, Trigger, move, permits
from domain.news import forget
from domain.payment import Payment


def close(payment: Payment, attempt: CheckoutAttempt, now: datetime) -> None:
    """Record that Stripe's object ended unpaid. Nothing happens to one that is over already."""
    if attempt.status in (AttemptStatus.OPENING, AttemptStatus.OPEN):
        attempt.status, attempt.closed_at, attempt.due_at = AttemptStatus.CLOSED, now, None
        payment.note("checkout_closed", now, attempt=attempt.attempt_no)


def request_closing(attempt: CheckoutAttempt, now: datetime) -> None:
    """Have a Stripe object closed as soon as a worker gets to it; again, if it was left open for money on its way."""
    if attempt.close_requested_at is not None and attempt.due_at is not None:
        return
    attempt.close_requested_at, attempt.due_at = now, now
    if attempt.status is AttemptStatus.OPEN:
        attempt.tries = 0  # Calls that were to open it still count: the next one must know that it is not the first.


def outlives(attempt: CheckoutAttempt, end: datetime) -> bool:
    """Whether the Stripe object could still be paid after the end."""
    return attempt.status in (AttemptStatus.OPENING, AttemptStatus.OPEN) and (
        attempt.expires_at is None or attempt.expires_at > end
    )


def close_window(
    payment: Payment, trigger: Trigger, reason: str, now: datetime, actor: str = "system", **details: str
) -> bool:
    """End a window unpaid: the session, its Stripe object, the audit trail, and what the auction is told.

    Returns:
        False if it was over already, or money is in flight; then nothing has changed.
    """
    session = payment.session
    if session.status in FINAL or not permits(session.status, trigger):
        return False
    step = move(session, trigger)
    if not step.changed:
        return False
    session.reason, session.closed_at, session.next_retry_at = reason, now, None
    session.window_version += 1
    forget(session)
    for attempt in payment.attempts:
        if outlives(attempt, now):
            request_closing(attempt, now)
    action = "payment_canceled" if step.after is CANCELED else "payment_expired"
    payment.note(action, now, actor, before=step.before, after=step.after, reason=reason, **details)
    payment.announce("auction.reopened", now, buyerId=session.buyer_id, reason=reason)
    return True
