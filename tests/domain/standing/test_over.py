"""Why a payment ended unpaid, and causes that stand beside any status: one payment for each row."""

import pytest

from domain.lifecycle import Status
from domain.standing.beside import Beside, Ended, GaveUp, SetAside, Waiting
from domain.standing.explanation import Duty
from domain.standing.refused import explain_refusal
from domain.transaction import Disposition, RefundStatus
from tests.domain.payments import ASKED, END, after, end
from tests.domain.standing.rows import change, refund, told, unpaid, with_money


def test_nobody_paid() -> None:
    said = told(unpaid(Status.EXPIRED, reason="window_elapsed", closed_at=end(10)), end(60))
    assert said.code == "expired.nobody_paid"
    assert said.why == "Nobody paid until 2026-11-21 12:00:00 UTC."
    assert said.next[0].text == "Done: the lot was reopened 2026-11-21 12:00:10 UTC."


def test_stripe_has_not_confirmed_the_closing() -> None:
    payment = unpaid(Status.EXPIRED, closed_at=after(10))
    change(payment.attempts[0], close_requested_at=after(10), due_at=after(70))
    said = told(payment)
    assert (said.code, said.next[0].at) == ("expired.closing", after(70))


def test_the_auction_does_not_know_yet() -> None:
    payment = unpaid(Status.EXPIRED, reason="window_elapsed", closed_at=end(10))
    waits = Waiting("auction", "auction.reopened", end(10), 4, "500", end(90))
    said = told(payment, end(60), beside=Beside(waiting=(waits,)))
    assert said.code == "expired.not_told"
    assert said.why.endswith("The auction service does not know yet: 500.")
    assert (said.next[0].at, said.you.kind) == (end(90), Duty.NOTHING)
    late = told(payment, end(7200), beside=Beside(waiting=(waits,)))
    assert (late.you.kind, late.you.text) == (Duty.MUST, "Look at deliveries.")


def test_money_came_late_and_goes_back() -> None:
    payment = with_money(Disposition.LATE, Status.EXPIRED, paid_at=end(42))
    payment.session.closed_at = end(10)
    one = refund(payment, RefundStatus.PENDING)
    said = told(payment, end(60))
    assert said.code == "expired.paid_late"
    assert said.why == "275.50 USD came 32 s after the end. It is going back because the lot was reopened."
    one.status, payment.transactions[0].refunded_minor = RefundStatus.SUCCEEDED, ASKED.minor
    assert told(payment, end(60)).why.endswith("It has gone back.")


def test_a_person_canceled_it() -> None:
    payment = unpaid(Status.CANCELED, reason="terminated", closed_at=after(10))
    said = told(payment, beside=Beside(ended=Ended("admin:alice", "the vase broke", "pending")))
    assert said.code == "canceled.done"
    assert said.why == 'alice canceled it 2026-11-20 12:00:10 UTC: "the vase broke".'
    assert told(payment).why == "Canceled 2026-11-20 12:00:10 UTC."


def test_the_auction_withdrew_the_lot() -> None:
    payment = unpaid(Status.EXPIRED, reason="closed_by_request", closed_at=after(10))
    said = told(payment, beside=Beside(ended=Ended("service:auctions", before="pending")))
    assert said.why == "The auction service withdrew the lot 2026-11-20 12:00:10 UTC."
    assert said.next[0].text == "Nothing. Money that comes is sent back."
    by_hand = told(payment, beside=Beside(ended=Ended("admin:alice", before="pending")))
    assert by_hand.why.startswith("alice withdrew the lot")


def test_an_event_was_set_aside_and_the_window_still_ends() -> None:
    events = (SetAside("charge.weird", "unknown status", after(40)),) * 3
    said = told(unpaid(), beside=Beside(set_aside=events))
    assert said.code == "any.set_aside"
    assert "charge.weird (unknown status). Nothing was guessed. So were 2 more." in said.why
    assert (said.you.kind, said.you.text) == (Duty.MUST, "Replay it after an update.")
    assert said.also[0].startswith("The buyer has not paid yet.")
    assert END in [step.at for step in said.next]


def test_a_message_gave_up() -> None:
    letter = GaveUp("telling order of order.requested", 40, "503 for three days")
    said = told(with_money(), beside=Beside(gave_up=(letter,)))
    assert said.code == "any.gave_up"
    assert said.why == (
        "Telling order of order.requested gave up after 40 tries: 503 for three days. It waits in dead letters."
    )
    assert said.also[0].startswith("Paid ")


def test_work_waits() -> None:
    paused = Waiting("order", "auction.payment_pending", after(2), paused_at=after(1), paused_by="alice")
    said = told(unpaid(), beside=Beside(waiting=(paused,)))
    assert said.code == "any.work_waits"
    assert said.why.endswith("paused by alice.")
    assert said.you.kind is Duty.MUST
    failing = Waiting("auction", "auction.payment_pending", after(2), 4, "503", after(90))
    said = told(unpaid(), beside=Beside(waiting=(failing,)))
    assert said.code == "pending.waiting"
    assert said.also[0].startswith("The auction service has not taken auction.payment_pending since")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("auction_has_live_session", "another buyer's payment is open for this auction"),
        ("something_new", "something new"),
    ],
)
def test_a_refused_request_has_no_payment(code: str, words: str) -> None:
    said = explain_refusal(code, after(3))
    assert said.code == "search.refused"
    assert said.why == f"There is no payment: {words}. Told to the auction 2026-11-20 12:00:03 UTC."
    assert said.next[0].text == "Nothing."
