"""Refunds that people ask for: how much can go back, which money, and when two people are needed."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.dispute import DisputeStatus
from domain.errors import ActRefused
from domain.facts import Where
from domain.money import Money
from domain.payment import Payment
from domain.refund_requests import CONSENT, approve, decline, plan_refund, request, void
from domain.remaining import left_of
from domain.transaction import Disposition, Refund, RefundStatus
from tests.domain.lives import PAID, dispute, refund
from tests.domain.payments import ASKED, NOW, WHERE, a_payment, after, paid, told

THRESHOLD = Decimal("200.00")


def sold() -> Payment:
    return told(a_payment(), [PAID])


def ask(payment: Payment, amount: str | None = None, actor: str = "admin:alice", above: Decimal = THRESHOLD) -> Refund:
    plan = plan_refund(payment, amount, None, above)
    return request(payment, plan, "scratched", actor, now=NOW, new_id=uuid4)


def code_of(act: Callable[..., Any], *args: Any) -> str:
    with pytest.raises(ActRefused) as refusal:
        act(*args)
    return refusal.value.code


def test_what_is_on_its_way_cannot_go_back_again() -> None:
    payment = sold()
    ask(payment, "100.00")
    ask(payment, "100.00")
    assert left_of(payment, payment.transactions[0]) == Money("USD", 7550)
    assert code_of(ask, payment, "75.51") == "amount_out_of_range"
    assert ask(payment).amount_minor == 7550
    assert code_of(ask, payment) == "nothing_left"
    assert code_of(ask, payment, "0.01") == "nothing_left"
    assert [one.idempotency_key for one in payment.refunds] == [f"a:b:refund:pi_1:{number}" for number in (1, 2, 3)]


def test_a_refund_that_failed_can_be_asked_for_again_under_another_key() -> None:
    payment = sold()
    first = ask(payment, "27.55")
    first.status = RefundStatus.FAILED
    second = ask(payment, "275.50")
    assert second.amount_minor == ASKED.minor
    assert second.idempotency_key != first.idempotency_key


@pytest.mark.parametrize("amount", ["0", "-1", "1.001", "ten", "1e3", "", "275.51", "NaN"])
def test_an_amount_that_is_none_or_too_much_is_refused(amount: str) -> None:
    assert code_of(plan_refund, sold(), amount, None, THRESHOLD) in {"invalid_amount", "amount_out_of_range"}


def test_a_cent_can_go_back_although_no_cent_could_be_charged() -> None:
    assert ask(sold(), "0.01").amount_minor == 1


def test_a_plan_tells_who_bears_it_and_whether_the_sale_stands() -> None:
    plan = plan_refund(sold(), "100.00", None, THRESHOLD)
    assert (plan.from_maker, plan.from_platform) == (Money("USD", 9500), Money("USD", 500))
    assert (plan.left, plan.takes_sale_back, plan.needs_second) == (Money("USD", 17550), False, False)
    assert plan_refund(sold(), None, None, THRESHOLD).takes_sale_back
    assert plan_refund(sold(), None, None, THRESHOLD).needs_second


def test_there_must_be_money_and_it_must_be_clear_which() -> None:
    assert code_of(plan_refund, a_payment(), None, None, THRESHOLD) == "no_such_money"
    second = Where(session_id=WHERE.session_id, attempt_no=1, payment_intent_id="pi_2")
    payment = told(a_payment(), [PAID, paid(after(2), second)])
    assert plan_refund(payment, "1", None, THRESHOLD).transaction.disposition is Disposition.KEPT
    payment.refunds[0].status = RefundStatus.FAILED
    assert code_of(plan_refund, payment, "1", None, THRESHOLD) == "which_money"
    assert plan_refund(payment, None, "pi_2", THRESHOLD).amount == ASKED
    assert code_of(plan_refund, payment, None, "pi_3", THRESHOLD) == "no_such_money"


@pytest.mark.parametrize("status", list(DisputeStatus))
def test_money_that_a_bank_may_take_does_not_go_back_twice(status: DisputeStatus) -> None:
    payment = told(sold(), [dispute(status, 20)])
    blocked = status.value not in {
        "warning_needs_response",
        "warning_under_review",
        "warning_closed",
        "won",
        "prevented",
    }
    if blocked:
        assert code_of(ask, payment) == "disputed"
    else:
        assert ask(payment).amount_minor == ASKED.minor


def test_small_parts_of_one_person_add_up_to_a_large_refund() -> None:
    payment = sold()
    assert not ask(payment, "100.00").awaits_approval
    assert not ask(payment, "100.00").awaits_approval
    assert ask(payment, "0.01").awaits_approval


def test_what_two_people_decided_or_nobody_did_does_not_count_for_one_alone() -> None:
    payment = told(sold(), [refund(1, 5000, RefundStatus.SUCCEEDED)])
    large = ask(payment, "205.00")
    approve(payment, large.id, "yes", "admin:bob", NOW)
    assert not ask(payment, "1.00").awaits_approval


@pytest.mark.parametrize(
    ("currency", "minor", "second"),
    [("EUR", 20_000, False), ("EUR", 20_001, True), ("JPY", 201, True), ("KWD", 50_000, False), ("KWD", 50_010, True)],
)
def test_the_threshold_elsewhere_errs_towards_two_people(currency: str, minor: int, second: bool) -> None:
    amount = Money(currency, minor)
    payment = told(a_payment(amount_minor=minor, currency=currency), [paid(after(1), amount=amount)])
    assert plan_refund(payment, None, None, THRESHOLD).needs_second is second


def test_a_second_person_agrees_and_it_is_sent() -> None:
    payment = sold()
    large = ask(payment)
    assert (large.status, large.awaits_approval, large.due_at) == (RefundStatus.REQUESTED, True, NOW + CONSENT)
    assert code_of(approve, payment, large.id, "yes", "cli:Alice", NOW) == "same_person"
    approve(payment, large.id, "yes", "admin:bob", NOW)
    assert (large.awaits_approval, large.approved_by, large.due_at) == (False, "admin:bob", NOW)
    assert code_of(approve, payment, large.id, "yes", "admin:carol", NOW) == "not_waiting"
    assert code_of(decline, payment, large.id, "no", "admin:carol", NOW) == "not_waiting"
    assert [note.action for note in payment.notes][-2:] == ["refund_requested", "refund_approved"]


def test_a_second_person_declines_and_the_money_can_be_asked_for_again() -> None:
    payment = sold()
    large = ask(payment)
    decline(payment, large.id, "no", "admin:bob", NOW)
    assert (large.status, large.failure_reason, large.due_at) == (RefundStatus.CANCELED, "declined", None)
    assert ask(payment).amount_minor == ASKED.minor


def test_nobody_agrees_to_what_has_waited_too_long_or_is_disputed_by_now() -> None:
    payment = sold()
    large = ask(payment)
    assert code_of(approve, payment, large.id, "yes", "admin:bob", NOW + CONSENT) == "approval_expired"
    told(payment, [dispute(DisputeStatus.NEEDS_RESPONSE, 20)])
    assert code_of(approve, payment, large.id, "yes", "admin:bob", NOW) == "disputed"
    assert code_of(approve, payment, UUID(int=9), "yes", "admin:bob", NOW) == "no_such_refund"


def test_nobody_agrees_to_more_than_is_not_back_with_its_buyer_and_no_bank_is_blamed_for_that() -> None:
    payment = sold()
    large = ask(payment)
    payment.transactions[0].refunded_minor, payment.transactions[0].settled_minor = 20_000, 5_000
    with pytest.raises(ActRefused) as refused:
        approve(payment, large.id, "yes", "admin:bob", NOW)
    assert refused.value.code == "amount_out_of_range"
    assert str(refused.value) == "only 25.50 USD of this money is not back with its buyer; decline it"


def test_what_nobody_agreed_to_is_void_after_its_time_and_not_before() -> None:
    payment = sold()
    large = ask(payment)
    void(payment, large, NOW + CONSENT - timedelta(seconds=1))
    assert (large.status, large.due_at) == (RefundStatus.REQUESTED, NOW + CONSENT)
    void(payment, large, NOW + CONSENT)
    assert (large.status, large.failure_reason) == (RefundStatus.CANCELED, "approval_expired")
    assert payment.notes[-1].action == "refund_voided"
    void(payment, large, NOW + CONSENT)
    assert large.due_at is None


def test_what_is_agreed_to_just_when_it_would_be_void_is_sent() -> None:
    payment = sold()
    large = ask(payment)
    approve(payment, large.id, "yes", "admin:bob", NOW)
    large.due_at = None
    void(payment, large, NOW + CONSENT)
    assert (large.status, large.due_at) == (RefundStatus.REQUESTED, NOW + CONSENT)


@pytest.mark.parametrize("actor", ["admin:Alice", "support:alice", "admin: alice\u200b", "admin:\uff41lice"])
def test_a_person_is_the_same_in_every_role_and_spelling(actor: str) -> None:
    payment = sold()
    large = ask(payment)
    assert code_of(approve, payment, large.id, "yes", actor, NOW) == "same_person"


@pytest.mark.parametrize(("asks", "agrees"), [("admin:alice", "cli:gavelpay"), ("cli:gavelpay", "admin:alice")])
def test_a_machines_account_is_no_second_person_beside_one_who_has_signed_in(asks: str, agrees: str) -> None:
    payment = sold()
    large = ask(payment, actor=asks)
    assert code_of(approve, payment, large.id, "yes", agrees, NOW) == "cannot_tell_apart"
    decline(payment, large.id, "no", agrees, NOW)
    assert large.status is RefundStatus.CANCELED


def on_connect() -> Payment:
    payment = a_payment(maker_stripe_account="acct_1")
    payment.attempts[0].destination, payment.attempts[0].application_fee_minor = "acct_1", 1378
    return told(payment, [PAID])


def test_what_was_taken_from_a_maker_in_vain_is_not_taken_again() -> None:
    payment = on_connect()
    first = ask(payment, "100.00")
    assert first.reverses_transfer
    first.status, first.stripe_refund_id, first.reversed_minor = RefundStatus.FAILED, "re_1", 9500
    assert code_of(ask, payment, "100.01") == "in_two_parts"
    assert not ask(payment, "60.00").reverses_transfer
    assert not ask(payment, "40.00").reverses_transfer
    assert ask(payment, "100.00").reverses_transfer
