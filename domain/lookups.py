"""When Stripe is asked what became of one thing, because the webhook that should have told may be lost.

Events that were lost are found by listing them, many in one call (`domain/polling.py`). This is the net below: each
moment here lies behind the time in which a list would have told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.backoff import backoff
from domain.facts import Closed, Declined, Fact
from domain.lifecycle import Status
from domain.payment import Payment
from domain.session import PaymentSession
from domain.transaction import Refund, RefundStatus
from domain.waiting import is_under_way

#: A card's bank answers within seconds; of a debit that takes days we ask in vain a few times.
BANK_ANSWER: Final = timedelta(minutes=15)
#: Money came, and only its charge tells whether in time. Another event of it may say so within a moment.
NEAR_END: Final = timedelta(seconds=5)
#: Stripe's `expired` follows its own end within a minute or so; a list that is read every few minutes has told, too.
ENDED: Final = timedelta(minutes=10)
#: Closing was answered with "not yet": money is on its way through something that we wanted closed.
CLOSING: Final = timedelta(minutes=15)
#: Refunds that are not at once take days.
REFUND: Final = timedelta(hours=6)
#: Waits after a look-up that found nothing new; the last one repeats.
PAUSES: Final = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
#: So often it is asked again soon while Stripe is away.
_HASTE: Final = 8


def plan(payment: Payment) -> None:
    """Set when each attempt and refund is to be looked up, by how they stand. Changes nothing else."""
    for attempt in payment.attempts:
        attempt.look_up_at = _not_before(_attempt_due(payment.session, attempt), attempt.look_up_after)
    for refund in payment.refunds:
        refund.look_up_at = _not_before(_refund_due(refund), refund.look_up_after)


def _not_before(due: datetime | None, after: datetime | None) -> datetime | None:
    return due if due is None or after is None else max(due, after)


def _attempt_due(session: PaymentSession, attempt: CheckoutAttempt) -> datetime | None:
    is_known = (attempt.stripe_checkout_id or attempt.stripe_payment_intent_id) is not None
    if is_known and attempt.paid_near_end_at is not None:
        return attempt.paid_near_end_at + NEAR_END
    if not is_known or attempt.due_at is not None:
        return None  # It is being opened or closed, which asks Stripe anyway.
    if waits_for_bank(session, attempt) and session.news_at is not None:
        return session.news_at + BANK_ANSWER
    if attempt.status is not AttemptStatus.OPEN:
        return None
    if attempt.close_requested_at is not None:
        return attempt.close_requested_at + CLOSING
    return None if attempt.expires_at is None else attempt.expires_at + ENDED


def waits_for_bank(session: PaymentSession, attempt: CheckoutAttempt) -> bool:
    """Whether the session is processing for this attempt, too."""
    is_known = attempt.status in (AttemptStatus.OPEN, AttemptStatus.CLOSED)
    return is_known and session.status is Status.PROCESSING and is_under_way(session, attempt)


def _refund_due(refund: Refund) -> datetime | None:
    waits = refund.status is RefundStatus.PENDING and refund.stripe_refund_id is not None and refund.due_at is None
    return refund.updated_at + REFUND if waits else None


def paused(looks: int) -> timedelta:
    """How long to wait after the n-th look-up."""
    return PAUSES[min(max(looks, 1), len(PAUSES)) - 1]


def postponed(looks: int, rng: Random, asked: float | None) -> timedelta:
    """How long to wait after the n-th look-up, which Stripe did not answer, or not in words that we understand."""
    return backoff(looks, rng, longest=60.0, asked=asked) if looks <= _HASTE else PAUSES[0]


def meaning(payment: Payment, attempt: CheckoutAttempt, facts: Sequence[Fact]) -> list[Fact]:
    """What the answer to a look-up tells of a payment: also that money which we wait for will not come."""
    told: list[Fact] = []
    for fact in facts:
        waits = waits_for_bank(payment.session, attempt)
        if isinstance(fact, Declined) and not (fact.closes or waits):
            continue  # It was told at its own time; said again it would be a new one.
        if isinstance(fact, Closed) and waits:
            told.append(Declined(at=fact.at, where=fact.where, code="payment_canceled", closes=True))
        told.append(fact)
    return told
