"""Why a payment is processing or completed: one payment for each row."""

from datetime import timedelta

import pytest

from domain.attempt import AttemptCause, AttemptStatus
from domain.dispute import DisputeStatus
from domain.documents import DocumentKind
from domain.lifecycle import Status
from domain.money import Money
from domain.notice import Channel, NoticeStatus
from domain.notices import NoticeKind
from domain.receipt import ReceiptStatus
from domain.risk import Kind
from domain.standing.beside import Beside, Ended, Mail, Paper, Waiting
from domain.standing.explanation import Duty
from domain.transaction import Disposition, RefundStatus
from tests.domain.payments import ASKED, after, end
from tests.domain.standing.rows import another, change, dispute, money, refund, signal, told, unpaid, with_money

RECEIPT = Paper(DocumentKind.RECEIPT, ReceiptStatus.ISSUED, "GP-2026-000123")
HELD, KEPT = Disposition.HELD, Disposition.KEPT


def test_the_bank_is_being_asked() -> None:
    said = told(unpaid(Status.PROCESSING, news_at=after(50), news_attempt=1))
    assert said.code == "processing.bank"
    assert said.next[1].at == after(50) + timedelta(minutes=15)


def test_a_method_that_takes_days() -> None:
    payment = unpaid(Status.PROCESSING, news_at=after(50), news_attempt=1)
    payment.attempts[0].look_up_at = after(7200)
    said = told(payment, after(3600))
    assert (said.code, said.next[0].at) == ("processing.slow_method", after(7200))


def test_money_was_on_its_way_when_the_window_ended() -> None:
    said = told(unpaid(Status.PROCESSING, news_at=end(-5), news_attempt=1), end(60))
    assert said.code == "processing.past_the_end"
    assert said.next[-1].text == "If it fails, the lot is reopened."


def test_money_came_about_the_end() -> None:
    payment = unpaid(Status.PROCESSING, reason="paid_near_the_end")
    change(payment.attempts[0], paid_near_end_at=end(1), look_up_at=end(6))
    said = told(payment, end(2))
    assert (said.code, said.next[0].at) == ("processing.near_the_end", end(6))


def test_stripe_reviews_it() -> None:
    payment = with_money(HELD, Status.PROCESSING)
    change(payment.session, reason="stripe_review", held_at=after(51))
    signal(payment, Kind.REVIEW_OPENED, after(49))
    said = told(payment)
    assert (said.code, said.you.text) == ("processing.review", "Review it at Stripe.")
    assert after(49) in said.why.parts
    signal(payment, Kind.REVIEW_CLOSED, after(58), reason="refunded_as_fraud")
    ended = told(payment)
    assert ended.why.endswith("ended without approval: refunded as fraud.")
    assert ended.you.kind is Duty.MUST


def test_stripe_sees_the_highest_risk() -> None:
    payment = with_money(HELD, Status.PROCESSING)
    change(payment.session, reason="highest_risk", held_at=after(51))
    said = told(payment)
    assert (said.code, said.you.kind) == ("processing.highest_risk", Duty.MUST)


def test_another_amount_came() -> None:
    payment = with_money(HELD, Status.PROCESSING, amount_minor=10000)
    payment.session.reason = "amount_differs"
    said = told(payment)
    assert said.code == "processing.amount_differs"
    assert said.why == "100.00 USD came, 275.50 USD was asked."
    assert said.why.parts[0] == Money("USD", 10000)
    assert (said.you.kind, said.you.text) == (Duty.MUST, "Accept or refund.")
    assert said.line == "Waits for you: 100.00 USD came, 275.50 USD was asked."
    refund(payment, RefundStatus.PENDING, 10000)
    assert told(payment).you.kind is Duty.NOTHING


def test_it_is_done() -> None:
    said = told(with_money(), beside=Beside(papers=(RECEIPT,)))
    assert said.code == "completed.done"
    assert said.why == (
        "Paid 2026-11-20 12:00:50 UTC with Visa ending in 4242. Receipt GP-2026-000123 is out; the auction and the"
        " order service know."
    )
    assert (said.next[0].text, said.you.text) == ("Nothing.", "Refund.")
    assert told(with_money(method_type=None)).why == "Paid 2026-11-20 12:00:50 UTC."


def test_something_is_still_to_come() -> None:
    waits = Waiting("order", "order.requested", after(52), 3, "503", after(80))
    paper = Paper(DocumentKind.RECEIPT, ReceiptStatus.NUMBERED, "GP-1", after(70))
    letter = Mail(NoticeKind.PAYMENT_RECEIVED, Channel.EMAIL, NoticeStatus.QUEUED, after(55))
    said = told(with_money(), beside=Beside(papers=(paper,), waiting=(waits,), mails=(letter,)))
    assert said.code == "completed.to_come"
    assert said.why.endswith(
        "Still to come: the receipt is being printed · the order service answered: 503 · the letter with the receipt is"
        " being sent."
    )
    assert [step.at for step in said.next] == [after(55), after(70), after(80)]
    assert said.you.kind is Duty.NOTHING


def test_what_is_to_come_needs_a_person_where_it_is_paused_or_stuck() -> None:
    paused = Waiting("auction", "auction.sold", after(52), paused_at=after(10), paused_by="alice")
    said = told(with_money(), beside=Beside(waiting=(paused,)))
    assert "the auction service is paused by alice since" in said.why
    assert (said.you.kind, said.you.text) == (Duty.MUST, "Resume what is paused.")
    stuck = Paper(DocumentKind.RECEIPT, ReceiptStatus.STUCK, "GP-1", error="the storage is full")
    said = told(with_money(), beside=Beside(papers=(stuck,)))
    assert "the receipt GP-1 is stuck: the storage is full" in said.why
    assert said.you.kind is Duty.MUST
    fresh = Waiting("auction", "auction.sold", after(52), due_at=after(53))
    assert "the auction service is being told" in told(with_money(), beside=Beside(waiting=(fresh,))).why


def test_the_fee_is_unknown() -> None:
    said = told(with_money(stripe_fee_minor=None))
    assert said.code == "completed.fee_unknown"
    assert said.next[0].at == after(51) + timedelta(hours=1)
    assert told(with_money(stripe_fee_minor=None), after(7200)).next[0].at is None


def test_it_was_paid_twice() -> None:
    payment = with_money()
    another(payment, AttemptCause.RETRY, status=AttemptStatus.PAID)
    second = money(payment, Disposition.DUPLICATE)
    refund(payment, RefundStatus.PENDING)
    said = told(payment)
    assert said.code == "completed.paid_twice"
    assert said.why == "Paid twice, attempts 1 and 2. The second, 275.50 USD, is going back."
    second.refunded_minor = second.amount_minor
    payment.refunds[0].status = RefundStatus.SUCCEEDED
    assert told(payment).why.endswith("has gone back.")


def test_a_refund_waits_for_a_second_person() -> None:
    payment = with_money()
    refund(payment, RefundStatus.REQUESTED, requested_by="admin:alice", approval_until=after(9000))
    said = told(payment, beside=Beside(two_people_above=Money("USD", 100000)))
    assert said.code == "completed.refund_asked"
    assert said.why == (
        'alice asked to refund 275.50 USD: "the vase is broken". Above 1,000.00 USD, two people decide.'
    )
    assert (said.next[0].at, said.you.kind) == (after(9000), Duty.MUST)


def test_money_is_going_back() -> None:
    payment = with_money()
    one = refund(payment, RefundStatus.PENDING, 5000)
    assert (told(payment).code, told(payment).why) == (
        "completed.refunding",
        "50.00 USD is going back since 2026-11-20 12:00:55 UTC.",
    )
    change(one, status=RefundStatus.REQUESTED, tries=2, due_at=after(90))
    assert told(payment).next[0].at == after(90)


def test_money_went_back_in_part_or_whole() -> None:
    payment = with_money()
    refund(payment, RefundStatus.SUCCEEDED, 5000)
    note = Paper(DocumentKind.CREDIT_NOTE, ReceiptStatus.ISSUED, "GC-1")
    said = told(payment, beside=Beside(papers=(RECEIPT, note)))
    assert said.code == "completed.refunded"
    assert said.why == "50.00 USD of 275.50 USD went back 2026-11-20 12:00:56 UTC. Credit note GC-1."
    assert said.you.text == "Refund the rest."
    refund(payment, RefundStatus.SUCCEEDED, ASKED.minor - 5000)
    whole = told(payment)
    assert whole.why.startswith("All of it, 275.50 USD, went back")
    assert whole.you.kind is Duty.NOTHING


def test_a_refund_failed() -> None:
    payment = with_money()
    refund(payment, RefundStatus.FAILED, failure_reason="lost_or_stolen_card", stripe_refund_id="re_1")
    said = told(payment)
    assert said.code == "completed.refund_failed"
    assert said.why.endswith("did not arrive: lost or stolen card. Stripe returned the money to us.")
    assert said.you.kind is Duty.MUST
    refund(payment, RefundStatus.PENDING)
    assert told(payment).code == "completed.refunding"


def test_unwanted_money_whose_refund_was_canceled_waits_for_a_person() -> None:
    payment = with_money(Disposition.LATE, Status.EXPIRED, paid_at=end(9))
    refund(payment, RefundStatus.CANCELED)
    assert told(payment, end(60)).you.kind is Duty.MUST


def test_the_bank_warned_of_fraud() -> None:
    payment = with_money()
    signal(payment, Kind.FRAUD_WARNING, after(58))
    said = told(payment)
    assert (said.code, said.you.text) == ("completed.fraud_warning", "Refund, or keep it with a reason.")
    refund(payment, RefundStatus.PENDING)
    assert told(payment).code == "completed.refunding"


def test_the_payment_is_disputed() -> None:
    payment = with_money()
    one = dispute(payment, DisputeStatus.NEEDS_RESPONSE, evidence_due_at=after(9000))
    said = told(payment)
    assert said.code == "completed.disputed"
    assert said.why == "The buyer's bank disputes 275.50 USD: product not received."
    assert (said.next[0].at, said.you.text) == (after(9000), "Answer at Stripe.")
    one.status = DisputeStatus.UNDER_REVIEW
    assert (told(payment).code, told(payment).you.kind) == ("completed.dispute_reviewed", Duty.NOTHING)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (DisputeStatus.WON, "The dispute was won 2026-11-20 12:00:59 UTC. The money stays."),
        (
            DisputeStatus.LOST,
            "The dispute was lost 2026-11-20 12:00:59 UTC. 275.50 USD and the fee of 15.00 USD are gone.",
        ),
        (DisputeStatus.WARNING_CLOSED, "The bank's inquiry came to nothing 2026-11-20 12:00:59 UTC. The money stays."),
    ],
)
def test_a_dispute_is_decided(status: DisputeStatus, words: str) -> None:
    payment = with_money()
    dispute(payment, status, closed_at=after(59), fee_minor=1500, fee_currency="USD")
    said = told(payment)
    assert (said.code, said.why) == ("completed.dispute_decided", words)


def test_late_money_is_kept() -> None:
    payment = with_money(paid_at=end(12))
    said = told(payment, end(60), beside=Beside(papers=(RECEIPT,), ended=Ended("system", before="expired")))
    assert said.code == "completed.honored"
    assert said.why == "275.50 USD came 12 s after the end and is kept: the lot was not yet reopened."
    slow = told(payment, end(60), beside=Beside(papers=(RECEIPT,), ended=Ended("system", before="processing")))
    assert slow.code == "completed.done"
