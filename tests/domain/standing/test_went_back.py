"""What is said of money that was held: what may be decided of it, and what the buyer can still do once it is back."""

import pytest

from domain.attempt import AttemptCause, AttemptStatus
from domain.dispute import DisputeStatus
from domain.lifecycle import Status
from domain.payment import Payment
from domain.policies import AttemptKind
from domain.refund_requests import settle
from domain.remaining import owed
from domain.restating import HELD_MONEY_RETURNED
from domain.risk import Kind
from domain.standing.explanation import Duty
from domain.transaction import Disposition, RefundStatus
from tests.domain.lives import PAID
from tests.domain.lives import refund as refund_fact
from tests.domain.payments import ASKED, END, a_payment, after
from tests.domain.payments import told as tell
from tests.domain.standing.rows import (
    INSTANT,
    STANDARD,
    another,
    change,
    dispute,
    money,
    refund,
    signal,
    told,
    with_money,
)


def held(reason: str = "highest_risk", **changes: object) -> Payment:
    payment = with_money(Disposition.HELD, Status.PROCESSING, **changes)
    change(payment.session, reason=reason, held_at=after(51), hold_reason=reason)
    return payment


def approved(**changes: object) -> Payment:
    payment = held("stripe_review", **changes)
    signal(payment, Kind.REVIEW_OPENED)
    signal(payment, Kind.REVIEW_CLOSED, reason="approved")
    payment.signals[1].source = payment.signals[0].source
    return payment


def returned(**session: object) -> Payment:
    payment = with_money(Disposition.HELD, Status.FAILED)
    refund(payment, RefundStatus.SUCCEEDED)
    change(payment.session, reason=HELD_MONEY_RETURNED, **session)
    return payment


def test_a_release_is_not_asked_for_where_it_would_be_refused() -> None:
    payment = held()
    assert told(payment).you.text == "Release it, or send the money back."
    payment.transactions[0].settled_minor = 10_000
    assert told(payment).you.text == "Send the rest back."
    refund(payment, RefundStatus.PENDING, ASKED.minor - 10_000)
    said = told(payment)
    assert (said.you.kind, said.next[0].text) == (Duty.NOTHING, "What is on its way back is waited for.")


def test_of_two_that_are_held_one_goes_back_before_the_other_is_released() -> None:
    payment = held()
    another(payment, AttemptCause.RETRY, status=AttemptStatus.PAID)
    money(payment, Disposition.HELD)
    assert told(payment).you.text == "Send back what is not to pay for the lot."
    refund(payment, RefundStatus.PENDING)
    assert told(payment).you.text == "Release it, or send the money back."


def test_the_right_amount_is_to_be_released_where_other_money_beside_it_is_no_choice() -> None:
    payment = held()
    another(payment, AttemptCause.RETRY, status=AttemptStatus.PAID)
    money(payment, Disposition.HELD, amount_minor=20_000)
    refund(payment, RefundStatus.FAILED, 20_000)
    payment.session.reason = "amount_differs"
    said = told(payment)
    assert any(
        "200.00 USD came, 275.50 USD was asked. 275.50 USD is held beside it." in one for one in (said.why, *said.also)
    )
    assert said.you.text == "Release what was asked, or send it back."


def test_what_a_bank_has_not_decided_on_waits_for_that() -> None:
    payment = held()
    dispute(payment, DisputeStatus.UNDER_REVIEW)
    assert told(payment).you.text == "Once the bank has decided, release it, or send the money back."
    payment.transactions[0].settled_minor = 10_000
    assert told(payment).you.text == "Once the bank has decided, send the rest back."


def test_a_review_that_was_approved_says_why_the_money_is_not_kept() -> None:
    payment = approved()
    refused = refund(payment, RefundStatus.FAILED, failure_reason="charge_not_refundable")
    said = told(payment)
    assert any(
        "was approved, but the money was to go back, and did not arrive." in one for one in (said.why, *said.also)
    )
    payment.refunds.clear()
    lost = dispute(payment, DisputeStatus.LOST, closed_at=after(58), lost_minor=100)
    said = told(payment)
    assert said.why.endswith("was approved, but the buyer's bank has taken a part of the money.")
    assert said.you.text == "Release it, or send the money back."
    change(lost, status=DisputeStatus.UNDER_REVIEW, closed_at=None, lost_minor=0)
    assert told(payment).why.endswith("was approved, but the buyer's bank disputes the money.")
    payment.disputes.clear()
    change(refused, status=RefundStatus.PENDING, amount_minor=100)
    payment.refunds.append(refused)
    said = told(payment)
    assert said.why.endswith("was approved, but a part of the money has gone back, or will.")
    assert said.you.text == "Send the rest back."


def test_nobody_is_said_to_be_able_to_pay_where_nothing_can_be_opened() -> None:
    used_up, at_once = returned(retry_count=3), returned()
    at_once.attempts[0].kind = AttemptKind.PAYMENT_INTENT
    for said in (told(used_up), told(at_once, policy=INSTANT)):
        assert said.code == "failed.went_back"
        assert said.why == (
            "Money came that could not be kept; it was sent back. The buyer cannot pay again: nothing is open to pay"
            " through."
        )
        assert (said.next[0].at, said.you.kind) == (END, Duty.MAY)
    for payment in (at_once, used_up):
        change(payment.session, held_at=after(51), hold_reason="highest_risk")
        said = told(payment, policy=INSTANT if payment is at_once else STANDARD)
        assert said.you.text == "Terminate it: released, it has nothing to pay through either."


def test_what_came_and_went_back_is_no_decline_where_the_buyer_can_still_pay() -> None:
    payment = returned(retry_count=3)
    another(payment, AttemptCause.RETRY, status=AttemptStatus.OPEN)
    assert told(payment).why == (
        "Money came that could not be kept; it was sent back. All 3 retries are used. The buyer's link still works."
    )
    said = told(payment, policy=INSTANT)
    assert said.code == "failed.instant"
    assert said.why.endswith("it was sent back. The buyer may pay on the page until 2026-11-21 12:00:00 UTC.")


def test_what_went_back_twice_is_told_on_the_payment_and_in_its_audit_trail() -> None:
    payment = tell(a_payment(), [PAID, refund_fact(1, 10_000, RefundStatus.PENDING)])
    tell(payment, [refund_fact(1, 10_000, RefundStatus.FAILED, at=11)])
    settle(payment, None, "by bank transfer", "admin:alice", after(40))
    tell(payment, [refund_fact(2, 20_000, RefundStatus.SUCCEEDED)] * 2)
    noted = [note.data["amount_minor"] for note in payment.notes if note.action == "paid_back_twice"]
    assert noted == [30_000 - ASKED.minor]
    said = told(payment)
    assert said.code == "completed.paid_back_twice"
    assert said.why == (
        "24.50 USD went back twice: 100.00 USD was paid back another way, and 200.00 USD by Stripe, of 275.50 USD that"
        " came."
    )
    assert said.you.text == "Ask the buyer to send it back."
    assert owed(payment) == []


@pytest.mark.parametrize(
    ("refunded", "settled", "lost", "words"),
    [
        (0, 0, ASKED.minor, "it was taken back by the buyer's bank"),
        (0, ASKED.minor, 0, "it was paid back another way"),
        (100, ASKED.minor - 100, 0, "a part was sent back, a part was paid back another way"),
        (100, 0, 0, "a part was sent back, a part is owed back"),
    ],
)
def test_each_way_back_is_told_as_what_it_was(refunded: int, settled: int, lost: int, words: str) -> None:
    payment = returned(next_retry_at=after(90))
    payment.refunds.clear()
    change(payment.transactions[0], refunded_minor=refunded, settled_minor=settled)
    if lost:
        dispute(payment, DisputeStatus.LOST, closed_at=after(58), lost_minor=lost)
    said = told(payment)
    assert any(f"could not be kept; {words}." in one for one in (said.why, *said.also))
