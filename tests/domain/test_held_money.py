"""More money comes for a payment while some is held."""

from dataclasses import replace

import pytest

from domain.completion import give_back
from domain.facts import Paid, Processing, Where
from domain.lifecycle import Status
from domain.money import Money
from domain.payment import Payment
from domain.settlement import apply
from domain.transaction import Disposition
from tests.domain.payments import ASKED, END, INTENT, NOW, WHERE, a_payment, after, end, terms

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
