"""Payment windows: when they begin and end, and what Stripe's own `expires_at` can do for them."""

from datetime import datetime, timedelta
from typing import Final

from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.closing import close_window, outlives
from domain.errors import OfferRefused
from domain.lifecycle import PROCESSING, UNPAID, Trigger
from domain.payment import Payment
from domain.policies import AttemptKind, Policy
from domain.session import PaymentSession

#: Stripe's bounds on a Checkout Session's `expires_at`, counted from its creation at Stripe.
STRIPE_SHORTEST: Final = timedelta(minutes=30)
STRIPE_LONGEST: Final = timedelta(hours=24)
#: How long after a window's end Stripe's word is awaited before the lot is reopened without it.
PATIENCE: Final = timedelta(minutes=2)
#: What our clock, Stripe's clock and the way between may differ by.
SLACK: Final = timedelta(seconds=60)


def stripe_expiry(policy: Policy, now: datetime, window_end: datetime | None) -> datetime | None:
    """The `expires_at` to ask of Stripe, so that it closes the checkout at the window's end without a call of ours.

    Args:
        policy: whose window it is.
        now: when the request is first sent.
        window_end: the end that the buyer was told, or None if the window begins with this checkout.

    Returns:
        None where Stripe's own end serves: a payment intent has none, and a checkout's default is 24 hours.
    """
    if policy.kind is AttemptKind.PAYMENT_INTENT:
        return None
    remaining = policy.window if window_end is None else window_end - now
    if remaining >= STRIPE_LONGEST - SLACK:
        return None
    return now + max(remaining, STRIPE_SHORTEST + SLACK)


def begin(session: PaymentSession, policy: Policy, attempt: CheckoutAttempt, opened_at: datetime) -> None:
    """Begin the window with its first checkout: the buyer gets all of it, whatever our own queue took."""
    if session.window_started_at is not None:
        return
    session.window_started_at = opened_at
    end = opened_at + policy.window
    if attempt.expires_at is not None and abs(attempt.expires_at - end) <= SLACK:
        # Stripe's end is the window's end: it closes the page itself, and nothing can be paid after it.
        end = attempt.expires_at
    session.window_expires_at = end
    session.window_version += 1


def extend(session: PaymentSession, policy: Policy, by: timedelta, now: datetime) -> None:
    """Move the end of a window that still runs.

    Raises:
        OfferRefused: `not_positive`, `already_over`, `payment_in_flight` or `beyond_maximum`; nothing has changed.
    """
    if by <= timedelta(0):
        raise OfferRefused("not_positive", "the extension must be a positive time")
    if session.status is PROCESSING:
        raise OfferRefused("payment_in_flight", "money is on its way; the window waits for it by itself")
    if session.status not in UNPAID or now >= session.window_expires_at:
        raise OfferRefused("already_over", f"the payment is {session.status}, or its time is over")
    allowed = policy.max_extension
    if session.max_extension_minutes is not None:
        allowed = min(allowed, timedelta(minutes=session.max_extension_minutes))
    total = timedelta(seconds=session.extended_seconds) + by
    if total > allowed:
        raise OfferRefused("beyond_maximum", f"it may be extended by {allowed} in all, and this would make {total}")
    session.extended_seconds = int(total.total_seconds())
    session.window_expires_at += by
    session.window_version += 1


def to_close_first(payment: Payment, now: datetime) -> list[CheckoutAttempt]:
    """What Stripe is to close before the lot is reopened: the buyer may just be paying through its page.

    Not what has passed its own end at Stripe, nor what the buyer was never given. And not for ever.
    """
    if now >= payment.session.window_expires_at + PATIENCE:
        return []
    return [one for one in payment.attempts if one.status is AttemptStatus.OPEN and outlives(one, now)]


def close_if_over(payment: Payment, now: datetime) -> bool:
    """End a window that has run out, once nothing can be paid through Stripe any more, or patience is over."""
    session = payment.session
    if session.window_expires_at > now or to_close_first(payment, now):
        return False
    return close_window(payment, Trigger.WINDOW_ELAPSED, "window_elapsed", now)
