"""What a payment becomes by Stripe's answer to an opening."""

from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from domain import windows
from domain.attempt import AttemptCause, AttemptStatus, CheckoutAttempt
from domain.attempts import add_attempt
from domain.closing import request_closing
from domain.errors import USED_UP, GatewayRefused, KeyReused
from domain.ids import NewId
from domain.lifecycle import FINAL, UNPAID, Trigger, move
from domain.news import OPENED, remember
from domain.payment import Payment
from domain.policies import Policy
from domain.retries import replan
from domain.unreadable import Unreadable

#: Stripe remembers a key for a day. Near the end of that what may have been opened is looked up instead.
KEY_MEMORY: Final = timedelta(hours=23)
#: Why a session waits although nothing is open: an operator must look.
CHECKOUT_REFUSED: Final = "checkout_refused"
#: The same, and what it is on hold for: one attempt after the other came to nothing.
NOT_OPENED: Final = "checkout_not_opened"
#: How long each further attempt waits where those before it came to nothing. After the last one a person decides.
REPLACEMENT_WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (0, 0.5, 2, 10, 30, 60))


def must_be_found(attempt: CheckoutAttempt, now: datetime) -> bool:
    """Whether asking again under the attempt's key would not tell what it has opened. Its newest try counts already."""
    if attempt.status is not AttemptStatus.OPENING or attempt.request is None:
        return False
    return is_used_up(attempt) or (attempt.tries > 1 and now - attempt.created_at > KEY_MEMORY)


def is_used_up(attempt: CheckoutAttempt) -> bool:
    """Whether nothing can be done under the attempt's key any more, or we can no longer read what was asked under it.

    A key that Stripe may have forgotten is not: whoever had it in hand before may ask with it this very moment.
    """
    if attempt.status is not AttemptStatus.OPENING:
        return False
    return isinstance(attempt.request, Unreadable) or attempt.last_error in USED_UP


def record_opened(
    payment: Payment, attempt: CheckoutAttempt, policy: Policy, created_at: datetime, now: datetime
) -> None:
    """Record that Stripe has opened it. Its webhook may have overtaken this answer, and the window may be over."""
    session = payment.session
    first_answer = attempt.opened_at is None
    attempt.opened_at = attempt.opened_at or created_at
    attempt.last_error = None
    if attempt.status is AttemptStatus.OPENING:
        attempt.status, attempt.tries = AttemptStatus.OPEN, 0
    if first_answer:
        payment.note(
            "checkout_created", now, attempt=attempt.attempt_no, cause=attempt.cause, key=attempt.idempotency_key
        )
    if session.status not in FINAL:
        windows.begin(session, policy, attempt, attempt.opened_at)
    if session.status in UNPAID and session.news_attempt < attempt.attempt_no:
        move(session, Trigger.CHECKOUT_OPENED)
        session.reason = None
        # From now on news of older attempts are no news.
        remember(session, attempt.attempt_no, attempt.opened_at, OPENED)
    if attempt.status is AttemptStatus.OPEN and (session.status in FINAL or attempt.close_requested_at is not None):
        attempt.close_requested_at = None
        request_closing(attempt, now)
    replan(payment, policy, now)


def record_refused(
    payment: Payment, attempt: CheckoutAttempt, refusal: GatewayRefused, now: datetime, new_id: NewId
) -> None:
    """Record that Stripe will never open it: the buyer cannot pay until a person, or a fresh request, mends that."""
    if attempt.status is not AttemptStatus.OPENING:
        return
    attempt.status, attempt.closed_at, attempt.last_error = AttemptStatus.REFUSED, now, str(refusal)[:500]
    payment.note("checkout_refused", now, attempt=attempt.attempt_no, cause=attempt.cause, error=str(refusal)[:500])
    if payment.session.status not in UNPAID:
        return
    if refusal.param == "expires_at" and _may_be_outdated(attempt, now):
        # It waited so long to be sent that its end is out of Stripe's bounds: nothing exists under its key.
        _replace(payment, attempt, now, new_id)
        return
    payment.session.reason = CHECKOUT_REFUSED
    payment.announce("auction.payment_failed", now, buyerId=payment.session.buyer_id, reason=CHECKOUT_REFUSED)


def replace_vanished(payment: Payment, attempt: CheckoutAttempt, now: datetime, new_id: NewId) -> None:
    """This key is used up, and Stripe has nothing of it: open another one, under the next key."""
    if attempt.status is not AttemptStatus.OPENING:
        return
    attempt.status, attempt.closed_at = AttemptStatus.REFUSED, now
    payment.note("checkout_vanished", now, attempt=attempt.attempt_no)
    if payment.session.status in UNPAID:
        _replace(payment, attempt, now, new_id)


def _replace(payment: Payment, failed: CheckoutAttempt, now: datetime, new_id: NewId) -> None:
    """Claim another attempt in place of one that never opened: at once, then ever later, then when a person says so.

    A Stripe that fails for an hour needs no person; one that has failed for longer than that does, for every try leaves
    a key behind, and maybe an object that nobody can reach.
    """
    session = payment.session
    if now >= session.window_expires_at:
        return
    in_a_row = _never_opened(payment)
    attempt = add_attempt(payment, AttemptCause.REPLACEMENT, now, new_id)
    if session.held_at is not None:
        attempt.due_at = None
    elif in_a_row > len(REPLACEMENT_WAITS):
        attempt.due_at = None  # Lifting the hold makes it due.
        session.held_at, session.hold_reason, session.reason = now, NOT_OPENED, NOT_OPENED
        payment.note("checkout_held", now, hold=NOT_OPENED, attempts=in_a_row, error=failed.last_error)
        payment.announce("auction.payment_failed", now, buyerId=session.buyer_id, reason=NOT_OPENED)
    elif failed.last_error != KeyReused.code:  # A key that is somebody else's says nothing of Stripe's health.
        attempt.due_at = now + REPLACEMENT_WAITS[in_a_row - 1]


def _never_opened(payment: Payment) -> int:
    """How many of the newest attempts, one after the other, never opened."""
    newest_first = sorted(payment.attempts, key=lambda one: one.attempt_no, reverse=True)
    return len(list(takewhile(lambda one: one.status is AttemptStatus.REFUSED, newest_first)))


def _may_be_outdated(attempt: CheckoutAttempt, now: datetime) -> bool:
    """Whether another request may fare better. A second one in a row only if time has passed, by our own clock.

    Where Stripe's clock and ours differ, no request would ever be right.
    """
    asked = (attempt.request or {}).get("expires_at", 0)
    return attempt.cause is not AttemptCause.REPLACEMENT or asked < (now + windows.STRIPE_SHORTEST).timestamp()
