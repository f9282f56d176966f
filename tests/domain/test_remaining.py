"""What is left of money to decide on, and what is owed back: told of once, used up once, settled for good."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from domain.dispute import DisputeStatus
from domain.errors import ActRefused
from domain.facts import Paid, ReviewClosed, ReviewOpened, Where
from domain.holds import HIGHEST_RISK, RISK_SCORE
from domain.lifecycle import Status
from domain.money import Money
from domain.payment import Payment
from domain.refund_requests import plan_refund, settle
from domain.refunds import add_refund, refused
from domain.releasing import accept_other_amount, release
from domain.remaining import left_of, owed
from domain.settlement import apply
from domain.transaction import Disposition, Refund, RefundStatus, Transaction
from tests.domain.lives import PAID, dispute, refund
from tests.domain.payments import ASKED, INTENT, NOW, WHERE, a_payment, after, terms

ALICE = "admin:alice"
D = DisputeStatus


def of(intent: str) -> Where:
    return Where(session_id=WHERE.session_id, attempt_no=1, payment_intent_id=intent, charge_id=f"ch_{intent}")


def come(payment: Payment, minor: int = ASKED.minor, intent: str = "pi_1", at: float = 2) -> Transaction:
    apply(payment, Paid(at=after(at), where=of(intent), amount=Money("USD", minor)), NOW, terms())
    return payment.transactions[-1]


def held() -> Payment:
    payment = a_payment()
    come(payment, 20_000)
    return payment


def reviewed(payment: Payment | None = None, intent: str = "pi_1") -> Payment:
    payment = payment or a_payment()
    apply(payment, ReviewOpened(at=after(1), where=of(intent), review_id=f"prv_{intent}"), NOW, terms())
    come(payment, intent=intent)
    return payment


def send(payment: Payment, minor: int, at: datetime = NOW) -> Refund:
    """Of the first money."""
    money = payment.transactions[0]
    return add_refund(payment, money, Money("USD", minor), "scratched", now=at, new_id=terms().new_id)


def fail(payment: Payment, minor: int) -> Refund:
    one = send(payment, minor)
    refused(payment, one, "insufficient_funds", "no", NOW)
    return one


def wire(payment: Payment, intent: str | None = None) -> int:
    return settle(payment, intent, "by bank transfer", ALICE, NOW).minor


def owes(payment: Payment) -> list[int]:
    return [one.amount.minor for one in owed(payment)]


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(ActRefused) as refusal:
        act()
    return refusal.value.code


def released(payment: Payment) -> None:
    release(payment, NOW, 500, terms().new_id, actor=ALICE, reason="a known collector")


def test_a_review_that_is_approved_sells_nothing_for_money_that_was_paid_back_another_way() -> None:
    payment = reviewed()
    fail(payment, ASKED.minor)
    approved = ReviewClosed(at=after(60), where=INTENT, review_id="prv_pi_1", reason="approved")
    apply(payment, approved, NOW, terms())
    assert payment.session.status is Status.PROCESSING, "it is owed back: a person decides"
    wire(payment)
    apply(payment, replace(approved, at=after(90)), NOW, terms())
    assert (payment.session.status, payment.session.reason) == (Status.FAILED, "held_money_returned")
    assert "auction.sold" not in [one.type for one in payment.announcements]
    assert payment.transactions[0].settled_minor == ASKED.minor


@pytest.mark.parametrize("settled", [True, False])
def test_a_release_keeps_the_money_that_nobody_sends_back(settled: bool) -> None:
    payment = reviewed()
    first = payment.transactions[0]
    fail(payment, ASKED.minor)
    if settled:
        wire(payment)
    reviewed(payment, "pi_2")
    released(payment)
    assert payment.kept_transaction is payment.transactions[1]
    # What is owed of the other is a person's to send again; what was settled is the buyer's.
    assert (first.disposition, owes(payment)) == ((Disposition.HELD, []) if settled else ("duplicate", [ASKED.minor]))
    assert len(payment.refunds) == 1


def test_of_two_that_could_be_kept_a_person_sends_one_back_first() -> None:
    payment = reviewed(reviewed(), "pi_2")
    assert code_of(lambda: released(payment)) == "more_is_held"
    send(payment, ASKED.minor)
    released(payment)
    assert payment.kept_transaction is payment.transactions[1]


@pytest.mark.parametrize("in_vain", [True, False])
def test_a_release_keeps_the_right_amount_beside_another_that_is_sent_back(in_vain: bool) -> None:
    payment = reviewed()
    other = come(payment, 20_000, "pi_2", at=60)
    assert code_of(lambda: released(payment)) == "amount_differs"
    one = add_refund(payment, other, Money("USD", 20_000), "a slip", now=NOW, new_id=terms().new_id)
    if in_vain:
        refused(payment, one, "insufficient_funds", "no", NOW)
    released(payment)
    assert payment.kept_transaction is payment.transactions[0]
    assert (owes(payment), len(payment.refunds)) == ([20_000] if in_vain else [], 1)


def test_a_hold_for_risk_is_no_reason_for_which_money_is_held() -> None:
    payment = reviewed()
    fail(payment, 1_000)
    apply(payment, ReviewClosed(at=after(60), where=INTENT, review_id="prv_pi_1", reason="approved"), NOW, terms())
    come(payment, 10_000, "pi_2", at=60)
    payment.session.hold_reason = RISK_SCORE
    apply(payment, replace(refund(1, 10_000, RefundStatus.SUCCEEDED), where=of("pi_2")), NOW, terms())
    assert (payment.session.status, payment.session.reason) == (Status.PROCESSING, HIGHEST_RISK)
    released(payment)


def test_another_amount_is_accepted_beside_money_that_is_owed_back_or_was_settled() -> None:
    payment = held()
    fail(payment, 20_000)
    second = come(payment, 10_000, "pi_2", at=60)
    accept_other_amount(payment, NOW, 500, terms().new_id, actor=ALICE, reason="agreed")
    assert payment.kept_transaction is second


def test_money_that_was_settled_in_part_is_not_sold_for() -> None:
    payment = reviewed()
    fail(payment, 1_000)
    wire(payment)
    assert code_of(lambda: released(payment)) == "money_went_back"


@pytest.mark.parametrize("settled", [True, False])
def test_beside_a_part_that_failed_the_rest_goes_back_when_the_lot_is_paid_otherwise(settled: bool) -> None:
    payment = held()
    fail(payment, 1_000)
    if settled:
        wire(payment)
    come(payment, intent="pi_2", at=60)
    assert payment.refunds[-1].amount_minor == 19_000
    assert owes(payment) == ([] if settled else [1_000])


@pytest.mark.parametrize("minor", [1_000, 20_000])
def test_what_the_release_before_marked_as_settled_is_neither_sent_again_nor_hidden(minor: int) -> None:
    payment = held()
    fail(payment, minor).settled_at = after(9)
    assert owes(payment) == [minor], "a mark tells no amount"
    come(payment, intent="pi_2", at=60)
    assert payment.session.status is Status.COMPLETED
    assert [one.amount_minor for one in payment.refunds[1:]] == ([19_000] if minor == 1_000 else [])
    assert wire(payment) == minor
    assert owes(payment) == []


def test_a_mark_of_the_release_before_has_nothing_sent_again_beside_what_was_settled_since() -> None:
    payment = held()
    fail(payment, 5_000)
    wire(payment)
    fail(payment, 10_000).settled_at = after(9)
    come(payment, intent="pi_2", at=60)
    assert [one.amount_minor for one in payment.refunds[2:]] == [5_000]
    assert owes(payment) == [10_000]


def test_a_part_is_settled_once_and_beside_one_that_was_declined() -> None:
    payment = held()
    fail(payment, 1_000)
    declined = send(payment, 500)
    declined.status = RefundStatus.CANCELED
    assert wire(payment) == 1_000
    assert (declined.settled_at, code_of(lambda: wire(payment))) == (None, "nothing_owed")


def test_money_that_a_second_person_would_not_send_is_no_money_that_was_settled() -> None:
    payment = held()
    send(payment, 1_000).status = RefundStatus.CANCELED
    assert code_of(lambda: wire(payment)) == "nothing_owed"


def test_of_two_that_are_owed_the_one_that_was_settled_is_named() -> None:
    payment = a_payment()
    for number in (1, 2, 3):
        come(payment, intent=f"pi_{number}")
    for one in payment.refunds:
        refused(payment, one, "insufficient_funds", "no", NOW)
    with pytest.raises(ActRefused, match=r"275.50 USD \(pi_2\), 275.50 USD \(pi_3\)") as refusal:
        wire(payment)
    assert refusal.value.code == "which_money"
    assert code_of(lambda: wire(payment, "pi_1")) == "nothing_owed"
    assert wire(payment, "pi_2") == ASKED.minor
    assert [one.transaction.stripe_payment_intent_id for one in owed(payment)] == ["pi_3"]


def test_held_money_that_was_settled_waits_no_longer() -> None:
    payment = held()
    fail(payment, 20_000)
    wire(payment)
    assert (payment.session.status, payment.session.reason) == (Status.FAILED, "held_money_returned")
    assert code_of(lambda: plan_refund(payment, None, None, Decimal(500))) == "nothing_left"


def test_what_was_settled_is_not_refunded_again() -> None:
    payment = a_payment()
    come(payment)
    fail(payment, 10_000)
    wire(payment)
    plan = plan_refund(payment, None, None, Decimal(500))
    assert (plan.amount.minor, plan.takes_sale_back) == (17_550, False)
    assert plan.from_maker.minor + plan.from_platform.minor == 17_550


def test_one_that_is_sent_again_makes_up_for_one_that_failed() -> None:
    payment = a_payment()
    come(payment)
    first, second = send(payment, 3_000), send(payment, 4_000)
    for one in (first, second):
        refused(payment, one, "insufficient_funds", "no", after(5))
    assert owes(payment) == [7_000]
    again = send(payment, 4_000, at=after(9))
    assert owes(payment) == [3_000], "while it is on its way"
    again.status, payment.transactions[0].refunded_minor = RefundStatus.SUCCEEDED, 4_000
    (still,) = owed(payment)
    assert (still.amount.minor, still.refunds) == (3_000, [second])
    assert first.settled_at is None


def test_more_may_be_on_its_way_than_is_left() -> None:
    payment = held()
    send(payment, 20_000)
    apply(payment, refund(1, 5_000, RefundStatus.SUCCEEDED), NOW, terms())
    assert left_of(payment, payment.transactions[0]).minor == 0
    come(payment, intent="pi_2", at=60)
    assert payment.session.status is Status.COMPLETED
    assert [one.amount_minor for one in payment.refunds] == [20_000, 5_000]


def test_what_a_bank_has_is_owed_to_nobody_and_what_it_has_left_is() -> None:
    payment = a_payment()
    apply(payment, PAID, NOW, terms())
    fail(payment, 3_000)
    apply(payment, dispute(D.NEEDS_RESPONSE, 20), NOW, terms())
    assert owes(payment) == []
    apply(payment, dispute(D.LOST, 30), NOW, terms())
    assert owes(payment) == []
    assert code_of(lambda: plan_refund(payment, None, None, Decimal(500))) == "disputed"


@pytest.mark.parametrize(
    ("end", "sent"), [(dispute(D.LOST, 30, minor=5_000), 15_000), (dispute(D.WON, 30, 2, minor=5_000), 20_000)]
)
def test_a_second_payment_goes_back_once_its_bank_has_decided(end: object, sent: int) -> None:
    payment = held()
    apply(payment, dispute(D.NEEDS_RESPONSE, 20, minor=5_000), NOW, terms())
    come(payment, intent="pi_2", at=60)
    assert (payment.transactions[0].disposition, payment.refunds) == (Disposition.DUPLICATE, [])
    for _ in range(2):
        apply(payment, end, NOW, terms())  # type: ignore[arg-type]
    assert [one.amount_minor for one in payment.refunds] == [sent]
    refused(payment, payment.refunds[0], "charge_disputed", "no", NOW)
    apply(payment, replace(end, at=after(90)), NOW, terms())  # type: ignore[type-var]
    assert owes(payment) == [sent], "a person was told"


def test_held_money_that_was_lost_and_is_won_after_all_goes_back_where_the_lot_is_paid() -> None:
    payment = held()
    apply(payment, dispute(D.LOST, 30, minor=20_000), NOW, terms())
    come(payment, intent="pi_2", at=60)
    apply(payment, dispute(D.WON, 90, 2, minor=20_000), NOW, terms())
    assert [one.amount_minor for one in payment.refunds] == [20_000]


@pytest.mark.parametrize("part", ["owed", "settled", "declined"])
def test_beside_a_part_that_failed_what_a_bank_gives_back_goes_back_by_itself(part: str) -> None:
    payment = held()
    apply(payment, dispute(D.NEEDS_RESPONSE, 20, minor=5_000), NOW, terms())
    if part == "declined":
        send(payment, 1_000).status = RefundStatus.CANCELED
    else:
        fail(payment, 1_000)
    come(payment, intent="pi_2", at=60)
    apply(payment, dispute(D.LOST, 30, minor=5_000), NOW, terms())
    assert [one.amount_minor for one in payment.refunds[1:]] == [14_000]
    if part == "settled":
        wire(payment)
    for _ in range(2):
        apply(payment, dispute(D.WON, 90, 2, minor=5_000), NOW, terms())
    assert [one.amount_minor for one in payment.refunds[1:]] == [14_000, 5_000]
    assert owes(payment) == ([] if part == "settled" else [1_000])


def test_nothing_of_a_sale_that_was_taken_back_is_sent_again_by_itself() -> None:
    payment = a_payment()
    come(payment)
    fail(payment, 10_000).settled_at = after(9)  # by the release before, which keeps no amount
    apply(payment, refund(1, ASKED.minor, RefundStatus.SUCCEEDED), NOW, terms())
    for minor in (ASKED.minor, 5_000):
        apply(payment, refund(1, minor, RefundStatus.FAILED), NOW, terms())
    assert payment.session.fully_refunded
    assert len(payment.refunds) == 2
