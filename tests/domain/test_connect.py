"""Money that Stripe passes on to makers at once, and takes back with refunds."""

from hypothesis import given
from hypothesis import strategies as st

from domain import connect, ledger
from domain.facts import Fact
from domain.money import Money
from domain.payment import Payment
from domain.transaction import RefundStatus
from tests.domain.lives import PAID, balances, booked_twice, refund
from tests.domain.payments import ASKED, a_payment, after, end, paid, told

FEE = 1378
STRIPE, MAKER, REVENUE = (ledger.STRIPE, "USD"), (ledger.MAKER, "USD"), (ledger.REVENUE, "USD")
UNWANTED = (ledger.UNWANTED, "USD")
S = RefundStatus


def on_connect() -> Payment:
    payment = a_payment(maker_stripe_account="acct_1")
    connect.agree(payment.attempts[0], payment.session, 500)
    return payment


def test_a_sale_leaves_the_platform_its_fee_alone() -> None:
    payment = told(on_connect(), [PAID])
    assert balances(payment) == {STRIPE: FEE, REVENUE: -FEE}
    (transaction,) = payment.transactions
    assert (transaction.destination, transaction.transferred_minor) == ("acct_1", ASKED.minor - FEE)
    assert transaction.platform_fee_minor == FEE


def test_a_maker_without_an_account_is_owed_their_part() -> None:
    payment = a_payment()
    connect.agree(payment.attempts[0], payment.session, 500)
    assert payment.attempts[0].destination is None
    assert balances(told(payment, [PAID])) == {STRIPE: ASKED.minor, MAKER: FEE - ASKED.minor, REVENUE: -FEE}


def test_late_money_was_passed_on_too_and_its_refund_takes_it_back() -> None:
    payment = told(on_connect(), [paid(end(60))], charged=end(60))
    assert balances(payment) == {STRIPE: FEE, UNWANTED: -ASKED.minor, MAKER: ASKED.minor - FEE}
    (sent,) = payment.refunds
    assert sent.reverses_transfer
    told(payment, [refund(1, ASKED.minor, S.SUCCEEDED, reversed_transfer=True)])
    assert balances(payment) == {}


def test_another_amount_is_passed_on_less_the_fee_that_it_can_bear() -> None:
    payment = told(on_connect(), [paid(after(1), amount=Money("USD", 1000))])
    assert payment.transactions[0].transferred_minor == 0
    assert balances(payment) == {STRIPE: 1000, UNWANTED: -1000}


@given(st.lists(st.integers(1, 60), min_size=1, max_size=4), st.data())
def test_partial_refunds_and_their_reversals_end_at_zero_in_any_order(cuts: list[int], data: st.DataObject) -> None:
    parts = [100 * cut + 33 for cut in cuts]
    parts.append(ASKED.minor - sum(parts))
    facts: list[Fact] = []
    for number, part in enumerate(parts):
        facts += [
            refund(number, part, S.PENDING, reversed_transfer=True),
            refund(number, part, S.SUCCEEDED, reversed_transfer=True),
        ]
    payment = told(on_connect(), [PAID, *data.draw(st.permutations(facts))])
    assert balances(payment) == {}
    assert booked_twice(payment) == []


@given(st.data())
def test_a_refund_that_fails_is_owed_to_the_maker_whether_or_not_it_had_arrived(data: st.DataObject) -> None:
    failing: list[Fact] = [refund(1, 10_000, one, reversed_transfer=True) for one in (S.PENDING, S.SUCCEEDED, S.FAILED)]
    payment = told(on_connect(), [PAID, *data.draw(st.permutations(failing))])
    assert balances(payment) == {STRIPE: FEE + 9500, MAKER: -9500, REVENUE: -FEE}
    only = told(on_connect(), [PAID, failing[2]])
    assert balances(only) == balances(payment)


def test_a_dashboard_refund_that_does_not_ask_the_maker_leaves_the_maker_owing() -> None:
    payment = told(on_connect(), [PAID, refund(1, 10_000, S.SUCCEEDED)])
    assert balances(payment) == {STRIPE: FEE - 10_000, MAKER: 9500, REVENUE: 500 - FEE}


def test_a_second_try_of_a_refund_that_failed_asks_the_maker_no_more() -> None:
    payment = told(on_connect(), [PAID, refund(1, 10_000, S.FAILED, reversed_transfer=True)])
    (transaction,) = payment.transactions
    assert connect.taken_back_in_vain(payment.refunds, transaction) == 10_000
    told(payment, [refund(2, 10_000, S.SUCCEEDED)])
    assert connect.taken_back_in_vain(payment.refunds, transaction) == 0
    assert balances(payment) == {STRIPE: FEE - 500, REVENUE: 500 - FEE}
