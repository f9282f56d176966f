"""What Stripe's reviews, warnings and opinions make of a payment, in any order, with any repeats."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from domain import radar
from domain.dispute import DisputeStatus
from domain.errors import ActRefused, EventTooEarly
from domain.facts import (
    ChargeJudged,
    ChargeReported,
    Declined,
    Fact,
    FraudWarned,
    Judgment,
    Paid,
    Processing,
    RefundReported,
    ReviewClosed,
    ReviewOpened,
    Where,
)
from domain.lifecycle import Status
from domain.money import Money
from domain.payment import Payment
from domain.releasing import release
from domain.risk import Kind
from domain.settlement import apply
from domain.transaction import Disposition, RefundStatus
from tests.domain.lives import dispute
from tests.domain.orders import ends
from tests.domain.payments import ASKED, END, INTENT, NOW, WHERE, a_payment, after, paid, terms
from tests.domain.standing.rows import told as explained
from tests.domain.test_settlement import CARD

MONEY = Where(payment_intent_id="pi_1", charge_id="ch_1")
OPENED = ReviewOpened(at=after(1), where=MONEY, review_id="prv_1")
APPROVED = ReviewClosed(at=after(60), where=MONEY, review_id="prv_1", reason="approved")
SENT_BACK = ReviewClosed(at=after(60), where=MONEY, review_id="prv_1", reason="refunded_as_fraud")
WARNED = FraudWarned(
    at=after(90), where=MONEY, warning_id="issfr_1", fraud_type="made_with_stolen_card", actionable=True
)
CONFIRMED = Processing(at=after(1), where=INTENT)
PAID = Paid(at=after(1), where=INTENT, amount=ASKED)
REFUNDED = RefundReported(
    at=after(60),
    where=INTENT,
    stripe_refund_id="re_1",
    refund_id=None,
    amount=ASKED,
    status=RefundStatus.SUCCEEDED,
    failure_reason=None,
)


def charge(level: str, outcome: str = "authorized", review_id: str | None = None) -> ChargeReported:
    return ChargeReported(
        at=after(1),
        where=INTENT,
        balance_transaction_id=None,
        method_type="card",
        method_brand="visa",
        method_last4="9235",
        judgment=Judgment(level, 68, outcome),
        review_id=review_id,
    )


def told(payment: Payment, facts: Sequence[Fact]) -> Payment:
    """Tell facts as the inbox does: one that comes too early is heard, and told again later."""
    waiting = list(facts)
    while waiting:
        early = []
        for fact in waiting:
            undo = payment.checkpoint()
            try:
                apply(payment, fact, NOW, terms())
            except EventTooEarly:
                undo()
                radar.hear(payment, fact, NOW)
                early.append(fact)
        if len(early) == len(waiting):
            break
        waiting = early
    return payment


def balances(payment: Payment) -> Mapping[str, int]:
    """What each account holds: however many steps it took to get there."""
    held: dict[str, int] = defaultdict(int)
    for line in payment.ledger:
        held[line.debit] += line.amount.minor
        held[line.credit] -= line.amount.minor
    return {account: minor for account, minor in sorted(held.items()) if minor}


def state(payment: Payment) -> str:
    session, (attempt,) = payment.session, payment.attempts
    parts = (
        (session.status, session.reason, session.hold_reason, session.held_at is not None, session.risk_score),
        (session.news_attempt, session.news_at, session.news_rank, session.fully_refunded),
        (attempt.status, attempt.decline_code),
        sorted((one.disposition, one.status, one.method_last4, one.platform_fee_minor) for one in payment.transactions),
        sorted((one.amount_minor, one.status) for one in payment.refunds),
        sorted((one.kind, one.source, one.points) for one in payment.signals),
        balances(payment),
    )
    return repr(parts)


def test_a_review_that_is_approved_ends_in_one_state_whatever_came_first() -> None:
    told_twice = [PAID, paid(after(1))]
    (end,) = ends([CONFIRMED, *told_twice, OPENED, APPROVED, charge("elevated", "manual_review", "prv_1"), WARNED])
    assert "Status.COMPLETED" in end
    assert "HELD" not in end


def test_one_whose_money_goes_back_depends_on_one_thing_alone_whether_it_was_sold_before_anyone_spoke_of_review() -> (
    None
):
    found = ends([CONFIRMED, PAID, OPENED, SENT_BACK, REFUNDED], watch=[PAID, OPENED, SENT_BACK])
    assert len(found) == 2
    for end, orders in found.items():
        for order in orders:
            sold = order.index(PAID) < min(order.index(OPENED), order.index(SENT_BACK))
            assert ("Status.COMPLETED" in end, "Disposition.KEPT" in end) == (sold, sold)


def test_an_open_review_holds_money_that_comes_after_it_and_only_that() -> None:
    found = ends([CONFIRMED, PAID, OPENED, CARD], watch=[PAID, OPENED])
    assert len(found) == 2
    for end, orders in found.items():
        for order in orders:
            assert ("stripe_review" in end) == (order.index(OPENED) < order.index(PAID))


@pytest.mark.parametrize(
    "word", [Paid(at=after(1), where=INTENT, amount=ASKED, review_id="prv_1"), charge("elevated", review_id="prv_1")]
)
def test_a_review_is_heard_of_by_what_comes_with_the_money_too(word: Fact) -> None:
    payment = told(a_payment(), [word, paid(after(1))])
    assert (payment.session.status, payment.session.reason) == (Status.PROCESSING, "stripe_review")
    assert (payment.session.hold_reason, payment.session.held_at) == ("stripe_review", NOW)
    assert payment.announcements == []


def test_money_at_the_highest_risk_is_held_unless_it_was_kept_before() -> None:
    held = told(a_payment(), [charge("highest"), paid(after(1))])
    assert held.session.reason == "highest_risk"
    assert [one.method_last4 for one in held.transactions] == ["9235"]
    kept = told(a_payment(), [paid(after(1)), charge("highest")])
    assert kept.session.status is Status.COMPLETED
    assert [note.action for note in kept.notes if note.action == "risk_alert"] == ["risk_alert"]


def test_a_review_that_is_approved_overrules_radar() -> None:
    payment = told(a_payment(), [charge("highest"), PAID, OPENED, APPROVED])
    assert payment.session.status is Status.COMPLETED


@pytest.mark.parametrize("reason", ["disputed", "redacted", "canceled", "payment_never_settled"])
def test_a_review_that_ends_without_a_decision_waits_for_an_operator(reason: str) -> None:
    closed = ReviewClosed(at=after(60), where=MONEY, review_id="prv_1", reason=reason)
    (end,) = {state(told(a_payment(), order)) for order in ([OPENED, PAID, closed], [closed, PAID, OPENED])}
    assert "stripe_review" in end


def test_radar_cannot_block_money_that_another_card_brings() -> None:
    blocked = ChargeJudged(
        at=after(1),
        where=Where(session_id=WHERE.session_id, attempt_no=1, payment_intent_id="pi_1", charge_id="ch_0"),
        judgment=Judgment("highest", 92, "blocked"),
    )
    (end,) = ends([blocked, PAID, CARD])
    assert "Status.COMPLETED" in end
    assert "Status.COMPLETED: 'completed'>, None, None, None, None)" in end


def test_too_many_declines_of_one_session_are_a_reason() -> None:
    def declined(number: int) -> Declined:
        where = Where(attempt_no=1, payment_intent_id="pi_1", charge_id=f"ch_{number}")
        return Declined(at=after(number), where=where, code="do_not_honor")

    payment = told(a_payment(), [declined(number) for number in (1, 2, 2, 3, 4, 4)])
    assert payment.session.risk_score == 0
    told(payment, [declined(5)])
    assert payment.session.risk_score == 30
    assert [one.detail for one in payment.signals if one.kind is Kind.OFTEN_DECLINED] == [{"declines": 5}]


def test_a_warning_alerts_and_moves_nothing() -> None:
    (end,) = ends([PAID, CARD, WARNED])
    assert "Status.COMPLETED" in end
    payment = told(a_payment(), [PAID, CARD, WARNED, WARNED])
    (alert,) = [note for note in payment.notes if note.action == "risk_alert"]
    assert (alert.data["kind"], alert.data["score"]) == (Kind.FRAUD_WARNING, 80)
    assert payment.session.held_at is None


def test_an_opinion_that_nobody_knows_alerts_and_holds_nothing() -> None:
    payment = told(a_payment(), [charge("beyond_all_bounds"), PAID])
    assert payment.session.status is Status.COMPLETED
    assert [note.data["kind"] for note in payment.notes if note.action == "risk_alert"] == [Kind.RADAR_UNKNOWN]


def test_a_review_does_not_make_late_money_good() -> None:
    late_at = END.replace(hour=END.hour + 1)
    late = Paid(at=late_at, where=WHERE, amount=ASKED, charged_at=late_at)
    (end,) = ends([OPENED, APPROVED, late])
    assert "Disposition.LATE" in end


def test_another_amount_is_an_operators_business_whatever_the_review_says() -> None:
    other = Paid(at=after(1), where=WHERE, amount=Money("USD", 1))
    (end,) = ends([OPENED, APPROVED, other])
    assert "amount_differs" in end
    payment = told(a_payment(), [other])
    with pytest.raises(ActRefused, match="another amount") as refused:
        release(payment, NOW, 500, terms().new_id, actor="admin:alice", reason="fine")
    assert refused.value.code == "amount_differs"


def test_money_that_is_approved_after_the_lot_was_paid_otherwise_goes_back() -> None:
    second = Where(session_id=WHERE.session_id, attempt_no=1, checkout_id="cs_1", payment_intent_id="pi_2")
    payment = told(a_payment(), [OPENED, PAID, paid(after(2), second), APPROVED])
    assert payment.session.status is Status.COMPLETED
    assert [one.disposition for one in payment.transactions] == [Disposition.DUPLICATE, Disposition.KEPT]
    assert [one.amount_minor for one in payment.refunds] == [ASKED.minor]


def test_an_operator_may_keep_money_under_review_and_the_review_changes_nothing_then() -> None:
    payment = told(a_payment(), [OPENED, PAID])
    release(payment, NOW, 500, terms().new_id, actor="admin:alice", reason="a known collector")
    told(payment, [APPROVED])
    assert payment.session.status is Status.COMPLETED
    assert balances(payment) == balances(told(a_payment(), [PAID]))
    (sold,) = [note for note in payment.notes if note.action == "checkout_completed"]
    assert sold.actor == "admin:alice"


def test_money_part_of_which_has_gone_back_cannot_be_kept() -> None:
    payment = told(a_payment(), [OPENED, PAID, replace(REFUNDED, amount=Money("USD", 100))])
    with pytest.raises(ActRefused) as refused:
        release(payment, NOW, 500, terms().new_id, actor="admin:alice", reason="fine")
    assert refused.value.code == "money_went_back"


def test_once_all_of_it_has_gone_back_a_release_lets_the_buyer_try_again() -> None:
    payment = told(a_payment(), [OPENED, PAID, REFUNDED, APPROVED])
    assert (payment.session.status, payment.session.hold_reason) == (Status.FAILED, "stripe_review")
    said = explained(payment, NOW)
    assert "Stripe wanted the payment reviewed. The money that came went back." in said.why
    assert said.you.text == "Release it, so that the buyer can pay again, or terminate."
    release(payment, NOW, 500, terms().new_id, actor="admin:alice", reason="fine")
    assert (payment.session.status, payment.session.held_at) == (Status.FAILED, None)


def test_money_under_review_whose_refund_bounced_is_told_to_be_with_us_and_is_owed() -> None:
    bounced = replace(REFUNDED, status=RefundStatus.FAILED)
    said = explained(told(a_payment(), [OPENED, PAID, REFUNDED, bounced]), NOW)
    assert "The money that came was sent back, and is with us again." in said.why
    assert any("The refund of 275.50 USD did not arrive" in one for one in said.also)


def test_what_went_back_of_money_under_review_is_not_booked_to_the_maker() -> None:
    part = RefundReported(
        at=after(9), where=INTENT, stripe_refund_id="re_1", refund_id=None, amount=Money("USD", 1000),
        status=RefundStatus.SUCCEEDED, failure_reason=None,
    )  # fmt: skip
    (one,) = {repr(balances(told(a_payment(), order))) for order in ([OPENED, PAID, APPROVED, part], [PAID, part])}
    assert "buyer_refundable" not in one


def test_money_part_of_which_went_back_before_it_was_approved_is_held_for_a_person() -> None:
    payment = told(a_payment(), [OPENED, PAID, replace(REFUNDED, amount=Money("USD", 1000)), APPROVED])
    assert (payment.session.status, payment.session.reason) == (Status.PROCESSING, "stripe_review")
    assert [one.disposition for one in payment.transactions] == [Disposition.HELD]
    assert payment.receipts == [one for one in payment.receipts if one.refund_id is not None]
    said = explained(payment, NOW)
    assert "was approved, but a part of the money has gone back" in str(said.why)
    assert str(said.you.text) == "Send the rest back."


def test_money_that_the_bank_has_is_held_for_a_person_whatever_the_review_says() -> None:
    payment = told(a_payment(), [OPENED, PAID, dispute(DisputeStatus.NEEDS_RESPONSE, 30), APPROVED])
    assert (payment.session.status, payment.session.reason) == (Status.PROCESSING, "stripe_review")
    assert "was approved, but the buyer's bank disputes the money" in str(explained(payment, NOW).why)
    inquiry = told(a_payment(), [OPENED, PAID, dispute(DisputeStatus.WARNING_NEEDS_RESPONSE, 30, moved=0), APPROVED])
    assert inquiry.session.status is Status.COMPLETED
