"""More money comes for a payment while some is held."""

from dataclasses import replace

import pytest

from domain.completion import give_back
from domain.errors import ActRefused
from domain.facts import Paid, Processing, ReviewClosed, ReviewOpened, Where
from domain.lifecycle import Status
from domain.money import Money
from domain.payment import Payment
from domain.refund_requests import settle
from domain.refunds import add_refund
from domain.releasing import accept_other_amount, acceptable
from domain.settlement import apply
from domain.transaction import Disposition, RefundStatus
from tests.domain.payments import ASKED, END, INTENT, NOW, WHERE, a_payment, after, end, terms
from tests.domain.standing.rows import told

SECOND = Where(session_id=WHERE.session_id, attempt_no=1, payment_intent_id="pi_2", charge_id="ch_2")


def held() -> Payment:
    payment = a_payment()
    apply(payment, Processing(at=after(1), where=INTENT), NOW, terms())
    apply(payment, Paid(at=after(2), where=INTENT, amount=Money("USD", 20_000)), NOW, terms())
    assert payment.session.reason == "amount_differs"
    return payment


def test_the_charge_tells_whether_other_money_was_in_time_and_the_hold_stays() -> None:
    payment = held()
    second = Paid(at=end(60), where=SECOND, amount=ASKED)
    apply(payment, second, NOW, terms())
    assert (payment.session.status, payment.session.reason) == (Status.PROCESSING, "amount_differs")
    assert payment.attempts[0].paid_near_end_at is not None
    in_time = replace(second, charged_at=END)
    apply(payment, in_time, NOW, terms())
    assert [one.disposition for one in payment.transactions] == [Disposition.DUPLICATE, Disposition.KEPT]


def test_late_money_ends_no_payment_whose_money_waits_for_a_decision() -> None:
    payment = held()
    apply(payment, Paid(at=end(60), where=SECOND, amount=ASKED, charged_at=end(60)), NOW, terms())
    assert (payment.session.status, payment.session.reason) == (Status.PROCESSING, "amount_differs")
    assert [one.disposition for one in payment.transactions] == [Disposition.HELD, Disposition.LATE]
    assert [one.amount_minor for one in payment.refunds] == [ASKED.minor]


@pytest.mark.parametrize("gone", [0, 5_000])
def test_what_has_gone_back_already_is_not_sent_back_again(gone: int) -> None:
    payment = held()
    (money,) = payment.transactions
    money.refunded_minor, money.disposition = money.amount_minor - gone, Disposition.DUPLICATE
    give_back(payment, money, NOW, terms().new_id)
    assert [one.amount_minor for one in payment.refunds] == ([gone] if gone else [])


def test_what_a_person_has_settled_is_not_sent_back_when_the_lot_is_paid_otherwise() -> None:
    payment = held()
    (money,) = payment.transactions
    part = add_refund(payment, money, Money("USD", 1_000), "a slip", now=NOW, new_id=terms().new_id)
    part.status = RefundStatus.FAILED
    assert settle(payment, None, "by bank transfer", "admin:alice", NOW) == Money("USD", 1_000)
    apply(payment, Paid(at=after(60), where=SECOND, amount=ASKED), NOW, terms())
    assert money.disposition is Disposition.DUPLICATE
    assert [one.amount_minor for one in payment.refunds if one is not part] == [19_000], "and the rest is"


def accept(payment: Payment) -> None:
    accept_other_amount(payment, NOW, 500, terms().new_id, actor="admin:alice", reason="agreed on 200")


def refused(payment: Payment) -> str:
    with pytest.raises(ActRefused) as preview:
        acceptable(payment)
    with pytest.raises(ActRefused) as refusal:
        accept(payment)
    assert (preview.value.code, payment.session.status) == (refusal.value.code, Status.PROCESSING)
    return refusal.value.code


def test_money_under_review_is_not_accepted_as_another_amount() -> None:
    payment = a_payment()
    apply(payment, ReviewOpened(at=after(1), where=INTENT, review_id="prv_1"), NOW, terms())
    apply(payment, Paid(at=after(2), where=INTENT, amount=ASKED), NOW, terms())
    assert refused(payment) == "nothing_held"
    apply(payment, Paid(at=after(60), where=SECOND, amount=Money("USD", 20_000)), NOW, terms())
    assert payment.session.reason == "amount_differs"
    assert refused(payment) == "more_is_held"
    assert {one.disposition for one in payment.transactions} == {Disposition.HELD}
    assert "2 payments are held." in str(told(payment).why)

    first, second = payment.transactions
    first.refunded_minor = first.amount_minor
    assert acceptable(payment) == Money("USD", 20_000)
    accept(payment)
    assert (first.disposition, second.disposition) == (Disposition.HELD, Disposition.KEPT)


def test_another_amount_is_not_accepted_before_its_review_is_over() -> None:
    payment = held()
    apply(payment, ReviewOpened(at=after(3), where=INTENT, review_id="prv_1"), NOW, terms())
    assert refused(payment) == "under_review"
    assert str(told(payment).you.text).startswith("Review it at Stripe")
    apply(payment, ReviewClosed(at=after(60), where=INTENT, review_id="prv_1", reason="approved"), NOW, terms())
    accept(payment)
    assert payment.session.status is Status.COMPLETED
