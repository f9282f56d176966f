"""When the next attempt is opened by itself, and why not: after a decline, or when the Stripe object ends too early."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.attempt import AttemptCause, AttemptStatus, CheckoutAttempt
from domain.attempts import add_attempt
from domain.closing import close, request_closing
from domain.ids import NewId
from domain.lifecycle import COMPLETED, FAILED, FINAL, PENDING, PROCESSING, UNPAID
from domain.payment import Payment
from domain.policies import AttemptKind, Policy
from domain.session import PaymentSession

#: A buyer who is confirming with their bank is not interrupted for this long.
CONFIRMING: Final = timedelta(minutes=10)
#: Stripe's end is the window's end if they differ by no more.
SAME_END: Final = timedelta(seconds=60)
#: Jitter lengthens a wait by up to this part of it.
_JITTER: Final = 0.2


class No(StrEnum):
    """Why no further attempt is opened after a decline. Stable words for programs; pages have their own."""

    PAID = "paid"
    CLOSED = "closed"
    IN_FLIGHT = "payment_in_flight"
    WINDOW_OVER = "window_over"
    ON_HOLD = "on_hold"
    NOT_DECLINED = "not_declined"
    #: Its one Stripe object takes any number of cards: nothing new has to be opened.
    SAME_ATTEMPT = "same_attempt_stays_open"
    NONE_LEFT = "no_attempts_left"
    CONFIRMING = "buyer_confirms_with_bank"


def why_not(payment: Payment, policy: Policy, now: datetime) -> No | None:
    """Why no further attempt may be opened now, by anybody; None if one may."""
    return next(_reasons(payment, policy, now), None)


def attempts_left(session: PaymentSession, policy: Policy) -> int | None:
    """How many further attempts a payment has; None: as many as fit into its window."""
    return None if policy.retry_limit is None else max(0, policy.retry_limit - session.retry_count)


def replan(payment: Payment, policy: Policy, now: datetime) -> None:
    """Decide anew when the next attempt is due. A function of the payment as it is, called after every change."""
    session = payment.session
    due = (_retry_due(payment, policy, now), _replacement_due(payment, now))
    session.next_retry_at = min((moment for moment in due if moment is not None), default=None)


def take_next_step(payment: Payment, policy: Policy, now: datetime, new_id: NewId, *, at_once: bool = False) -> bool:
    """Go one step towards the next attempt, if it is due: the old Stripe object is closed before a new one is opened.

    Args:
        payment: locked.
        policy: its policy.
        now: the time.
        new_id: makes ids.
        at_once: a person asks for a retry that the plan has for later.

    Returns:
        Whether anything was done.
    """
    session = payment.session
    if at_once and session.retry_asked_at is None:
        session.retry_asked_at = now
    retry = _is_due(_retry_due(payment, policy, now), now)
    replacement = _is_due(_replacement_due(payment, now), now)
    if not (retry or replacement):
        replan(payment, policy, now)
        return False
    for live in payment.live_attempts:
        if live.expires_at is not None and live.expires_at <= now:
            close(payment, live, now)  # Stripe has closed it by itself; no call is needed to know that.
    if remaining := payment.live_attempts:
        waiting = [live for live in remaining if live.close_requested_at is None or live.due_at is None]
        for live in waiting:
            request_closing(live, now)
        return bool(waiting)
    instead = AttemptCause.EXTENSION if session.extended_seconds else AttemptCause.REPLACEMENT
    cause = AttemptCause.RETRY if retry else instead
    attempt = add_attempt(payment, cause, now, new_id)
    if cause is AttemptCause.RETRY:
        session.retry_count += 1
        payment.note("retry_initiated", now, attempt=attempt.attempt_no, retry=session.retry_count)
    session.next_retry_at = session.retry_asked_at = None
    return True


def _reasons(payment: Payment, policy: Policy, now: datetime) -> Iterator[No]:
    session = payment.session
    if session.status is COMPLETED:
        yield No.PAID
    elif session.status in FINAL:
        yield No.CLOSED
    elif session.status is PROCESSING:
        yield No.IN_FLIGHT
    elif now >= session.window_expires_at:
        yield No.WINDOW_OVER
    elif session.held_at is not None:
        yield No.ON_HOLD
    elif session.status is not FAILED:
        yield No.NOT_DECLINED
    elif policy.kind is AttemptKind.PAYMENT_INTENT:
        yield No.SAME_ATTEMPT
    elif attempts_left(session, policy) == 0:
        yield No.NONE_LEFT
    elif now < _confirmed_by(payment.live_attempt, now):
        yield No.CONFIRMING


def _confirmed_by(attempt: CheckoutAttempt | None, now: datetime) -> datetime:
    """Until when a buyer is left alone who is confirming with their bank."""
    if attempt is None or attempt.action_required_at is None:
        return now
    answered = attempt.declined_at is not None and attempt.declined_at >= attempt.action_required_at
    return now if answered else attempt.action_required_at + CONFIRMING


def _retry_due(payment: Payment, policy: Policy, now: datetime) -> datetime | None:
    """When the policy opens another attempt after the newest decline; None if it does not."""
    session, reason = payment.session, why_not(payment, policy, now)
    if reason is None and session.retry_asked_at is not None:
        return session.retry_asked_at
    if reason not in (None, No.CONFIRMING) or not policy.retry_backoff:
        return None
    declined = max((one.declined_at for one in payment.attempts if one.declined_at), default=session.updated_at)
    wait = policy.retry_backoff[min(session.retry_count, len(policy.retry_backoff) - 1)]
    due = max(declined + wait * (1 + _JITTER * _chance(session)), _confirmed_by(payment.live_attempt, declined))
    return due if due < session.window_expires_at else None


def _replacement_due(payment: Payment, now: datetime) -> datetime | None:
    """When the Stripe object ends although the window goes on; None if it lasts, or the session needs none."""
    session = payment.session
    if session.status not in UNPAID or session.held_at is not None or now >= session.window_expires_at:
        return None
    newest = payment.newest_attempt
    if newest is None or (newest.close_requested_at is not None and newest.status is not AttemptStatus.CLOSED):
        return None
    if newest.status is AttemptStatus.OPEN:
        lasts = newest.expires_at is None or newest.expires_at + SAME_END >= session.window_expires_at
        return None if lasts else newest.expires_at
    ended_early = newest.status is AttemptStatus.CLOSED and session.window_expires_at - now > SAME_END
    waits_for_retry = session.status is not PENDING and (newest.expires_at is None or newest.expires_at > now)
    return now if ended_early and not waits_for_retry else None


def _is_due(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _chance(session: PaymentSession) -> float:
    """A number from 0 to 1 that is a payment's own for each of its retries: jitter that can be replayed."""
    return (session.id.int * (2 * session.retry_count + 1) >> 5) % 1009 / 1009
