"""What must be closed at Stripe before a lot is reopened."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from domain.attempt import AttemptStatus
from domain.ids import AttemptId
from domain.payment import Payment
from domain.windows import PATIENCE, close_if_over, to_close_first
from tests.domain.payments import END, a_payment, end


def two_open() -> Payment:
    """An old attempt that is being closed and could still be paid, and the one that followed it."""
    payment = a_payment()
    (first,) = payment.attempts
    second = replace(first, id=AttemptId(UUID(int=3)), attempt_no=2, idempotency_key="a:b:2", stripe_checkout_id="cs_2")
    first.close_requested_at, first.expires_at = end(-30), END + timedelta(hours=1)
    payment.attempts.append(second)
    return payment


def test_an_old_checkout_that_is_still_being_closed_keeps_the_lot_from_being_reopened() -> None:
    payment = two_open()
    assert to_close_first(payment, end(10)) == [payment.attempts[0]]
    assert not close_if_over(payment, end(10))


def test_once_it_is_closed_the_lot_is_reopened() -> None:
    payment = two_open()
    payment.attempts[0].status = AttemptStatus.CLOSED
    assert close_if_over(payment, end(10))


def test_patience_has_an_end() -> None:
    assert close_if_over(two_open(), END + PATIENCE)


def test_the_buyer_is_shown_the_newest_checkout_not_the_one_that_is_being_closed() -> None:
    payment = two_open()
    assert payment.live_attempt is payment.attempts[1]
    assert payment.live_attempts == [payment.attempts[1], payment.attempts[0]]
