"""What a payment that is processing waits for; its reason says what.

It may wait for several things at once: a decision on money that is held, Stripe's word on when money near the end came,
a bank that has not answered. The reason names the first of them, in this order. Whatever one of them comes to, the
payment goes on waiting for the others, and ends its wait when none is left.

Held money that was back with its buyer is waited for no more (`hold_ended`), also where its refund bounces later, and
other money is held by then: it is owed, and the window goes on.
"""

from typing import Final

from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.facts import Processing
from domain.holds import MONEY_IS_HELD, held_money, why_held
from domain.lifecycle import PROCESSING
from domain.news import RANK
from domain.payment import Payment
from domain.session import PaymentSession

#: Why a session is processing although the money is there: Stripe is asked whether it came in time.
NEAR_THE_END: Final = "paid_near_the_end"


def money_has_come(session: PaymentSession) -> bool:
    """Whether it waits for what becomes of money that has come: no news of a bank moves it then."""
    return session.reason in MONEY_IS_HELD or session.reason == NEAR_THE_END


def is_under_way(session: PaymentSession, attempt: CheckoutAttempt) -> bool:
    """Whether the newest news is that a bank has this attempt in hand: its money may come, also days after the end.

    Of several attempts this is known of the newest alone: another one is opened only when those before have ended.
    """
    is_newest = session.news_attempt == attempt.attempt_no and session.news_rank == RANK[Processing]
    is_answered = attempt.status in (AttemptStatus.PAID, AttemptStatus.REFUSED) or attempt.paid_near_end_at is not None
    return is_newest and not is_answered


def goes_on(payment: Payment) -> bool:
    """Have a payment wait for the next of what is left, now that one thing has come to an end.

    Returns:
        False if it waits for nothing any more: what it becomes is the caller's to say, and nothing has changed.
    """
    session = payment.session
    if session.status is not PROCESSING:
        return False
    if session.reason in MONEY_IS_HELD and (held := held_money(payment)):
        session.reason = why_held(payment, held[-1])
    elif any(one.paid_near_end_at is not None for one in payment.attempts):
        session.reason = NEAR_THE_END
    elif any(is_under_way(session, one) for one in payment.attempts):
        session.reason = None
    else:
        return False
    return True
