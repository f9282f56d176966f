"""Refunds and disputes: the same in any order, with any repeats; and the books say what is owed."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import ledger
from domain.dispute import DisputeStatus
from domain.facts import Fact
from domain.lifecycle import Status
from domain.money import Money
from domain.payment import Payment
from domain.transaction import Disposition, RefundStatus, TransactionStatus
from tests.domain.lives import AFTERMATHS, PAID, balances, booked_twice, dispute, money_state, of_others, refund
from tests.domain.orders import ends
from tests.domain.payments import ASKED, NOW, a_payment, end, paid, told
from tests.domain.standing.rows import told as explained

#: 5 % of 275.50, rounded half up.
FEE = 1378
STRIPE, MAKER, REVENUE = (ledger.STRIPE, "USD"), (ledger.MAKER, "USD"), (ledger.REVENUE, "USD")
UNWANTED, DISPUTED, LOSSES = (ledger.UNWANTED, "USD"), (ledger.DISPUTED, "USD"), (ledger.LOSSES, "USD")
DISPUTE_FEES = (ledger.DISPUTE_FEES, "USD")


@pytest.mark.parametrize("life", AFTERMATHS)
def test_any_order_with_any_repeated_anywhere_ends_in_one_state(life: str) -> None:
    (_only,) = ends([PAID, *AFTERMATHS[life]])


@pytest.mark.parametrize("life", AFTERMATHS)
@given(st.data())
def test_any_mix_of_two_lives_ends_in_one_state(life: str, data: st.DataObject) -> None:
    other = data.draw(st.sampled_from(sorted(AFTERMATHS)))
    facts = [PAID, *AFTERMATHS[life], *of_others(AFTERMATHS[other])]
    # Stripe refuses to refund more than there is.
    whole = sum(one.amount.minor for one in facts if getattr(one, "status", None) is RefundStatus.SUCCEEDED)
    if whole > ASKED.minor:
        return
    order = data.draw(st.permutations([*facts, *data.draw(st.lists(st.sampled_from(facts), max_size=3))]))
    assert money_state(told(a_payment(), order)) == money_state(told(a_payment(), facts))


@pytest.mark.parametrize(
    ("life", "status"),
    [
        ("refunded in three odd parts", TransactionStatus.REFUNDED),
        ("refunded in part, and the refund comes back", TransactionStatus.PARTIALLY_REFUNDED),
        ("refunded in full, and the refund comes back", TransactionStatus.SUCCEEDED),
        ("refunded in full once more, for the first refund came back", TransactionStatus.REFUNDED),
        ("a refund that is canceled", TransactionStatus.SUCCEEDED),
        ("an inquiry that comes to nothing", TransactionStatus.SUCCEEDED),
        ("a dispute that is won", TransactionStatus.SUCCEEDED),
        ("a dispute that is lost after a part went back", TransactionStatus.DISPUTED),
        ("lost, appealed, and won at last", TransactionStatus.SUCCEEDED),
        ("opened and lost in one second", TransactionStatus.DISPUTED),
        ("disputed in full after a part went back, and won for that part", TransactionStatus.DISPUTED),
        ("an inquiry over the whole that becomes a dispute over a part", TransactionStatus.DISPUTED),
    ],
)
def test_each_life_ends_where_it_should(life: str, status: TransactionStatus) -> None:
    payment = told(a_payment(), [PAID, *AFTERMATHS[life]])
    assert payment.transactions[0].status is status
    assert payment.session.status is Status.COMPLETED


@pytest.mark.parametrize(
    ("life", "owed"),
    [
        ("refunded in three odd parts", {}),
        # 7 cents: one bears no share of the fee that a cent could show.
        (
            "refunded in part, and the refund comes back",
            {STRIPE: ASKED.minor - 7, MAKER: -(ASKED.minor - FEE - 7), REVENUE: -FEE},
        ),
        ("refunded in full once more, for the first refund came back", {}),
        ("a refund that is canceled", {STRIPE: ASKED.minor, MAKER: FEE - ASKED.minor, REVENUE: -FEE}),
        ("an inquiry that comes to nothing", {STRIPE: ASKED.minor, MAKER: FEE - ASKED.minor, REVENUE: -FEE}),
        (
            "a dispute that is won",
            {STRIPE: ASKED.minor - 1500, MAKER: FEE - ASKED.minor, REVENUE: -FEE, DISPUTE_FEES: 1500},
        ),
        (
            "lost, appealed, and won at last",
            {STRIPE: ASKED.minor - 1500, MAKER: FEE - ASKED.minor, REVENUE: -FEE, DISPUTE_FEES: 1500},
        ),
        (
            "opened and lost in one second",
            {STRIPE: -1500, MAKER: FEE - ASKED.minor, REVENUE: -FEE, DISPUTE_FEES: 1500, LOSSES: ASKED.minor},
        ),
        (
            "disputed in full after a part went back, and won for that part",
            {
                STRIPE: -1500,
                MAKER: -(ASKED.minor - 5000 - (FEE - 250)),
                REVENUE: -(FEE - 250),
                DISPUTE_FEES: 1500,
                LOSSES: ASKED.minor - 5000,
            },
        ),
        (
            "an inquiry over the whole that becomes a dispute over a part",
            {
                STRIPE: ASKED.minor - 10000 - 1500,
                MAKER: FEE - ASKED.minor,
                REVENUE: -FEE,
                DISPUTE_FEES: 1500,
                DISPUTED: 10000,
            },
        ),
    ],
)
def test_the_books_end_at_zero_or_at_what_is_owed(life: str, owed: dict[tuple[str, str], int]) -> None:
    assert balances(told(a_payment(), [PAID, *AFTERMATHS[life]])) == owed


@given(st.lists(st.integers(1, ASKED.minor), min_size=1, max_size=8), st.integers(0, 10_000))
def test_parts_of_refunds_sum_to_the_whole_whatever_the_fee(cuts: list[int], fee: int) -> None:
    payment = told(a_payment(), [PAID])
    (transaction,) = payment.transactions
    transaction.platform_fee_minor = Money("USD", ASKED.minor).share(fee).minor
    payment.ledger.clear()
    ledger.book_payment(payment, transaction, NOW)
    edges = sorted({0, *cuts, ASKED.minor})
    parts = [end - start for start, end in pairwise(edges)]
    told(payment, [refund(number, part, RefundStatus.SUCCEEDED) for number, part in enumerate(parts)])
    for line in payment.ledger:
        assert line.amount.minor > 0
    assert balances(payment) == {}
    assert booked_twice(payment) == []


def test_late_money_that_went_back_leaves_nothing() -> None:
    payment = told(a_payment(), [paid(end(60))], charged=end(60))
    assert balances(payment) == {STRIPE: ASKED.minor, UNWANTED: -ASKED.minor}
    told(payment, [refund(1, ASKED.minor, RefundStatus.SUCCEEDED)])
    assert balances(payment) == {}
    assert not payment.session.fully_refunded, "there was no sale"
    assert [one.type for one in payment.announcements] == ["auction.reopened"]


def test_late_money_that_a_bank_took_back_leaves_the_fee() -> None:
    payment = told(a_payment(), [paid(end(60)), *AFTERMATHS["opened and lost in one second"]], charged=end(60))
    assert balances(payment) == {STRIPE: -1500, DISPUTE_FEES: 1500}


def test_an_open_dispute_holds_the_money_in_doubt() -> None:
    payment = told(a_payment(), [PAID, dispute(DisputeStatus.NEEDS_RESPONSE, 20)])
    assert balances(payment)[DISPUTED] == ASKED.minor
    assert payment.transactions[0].status is TransactionStatus.DISPUTED
    assert [note.action for note in payment.notes][-2:] == ["dispute_opened", "dispute_changed"]
    assert [one.type for one in payment.announcements] == ["auction.sold", "order.requested"]


@pytest.mark.parametrize(
    ("status", "moved", "withdrawn", "reinstated"),
    [
        (DisputeStatus.LOST, [-22_000], ASKED.minor, 0),
        # Rates have moved: all of it is back where it was won, and else the part that this is of what was taken.
        (DisputeStatus.WON, [-22_000, 21_500], ASKED.minor, ASKED.minor),
        (DisputeStatus.LOST, [-22_000, 4_000], ASKED.minor, 5009),
        (DisputeStatus.LOST, [-22_000, 22_000, -22_000], 2 * ASKED.minor, ASKED.minor),
    ],
)
def test_what_is_settled_in_another_currency_is_booked_in_the_buyers(
    status: DisputeStatus, moved: list[int], withdrawn: int, reinstated: int
) -> None:
    euros = tuple(Money("EUR", minor) for minor in moved)
    report = replace(dispute(status, 30), moved=euros, fee=Money("EUR", 1500))
    (known,) = told(a_payment(), [PAID, report]).disputes
    assert (known.withdrawn_minor, known.reinstated_minor) == (withdrawn, reinstated)
    assert known.lost_minor == withdrawn - reinstated


def test_a_full_refund_takes_the_sale_back_once_and_for_good() -> None:
    facts: list[Fact] = [PAID, *AFTERMATHS["refunded in full, and the refund comes back"]]
    payment = told(a_payment(), [*facts, refund(2, ASKED.minor, RefundStatus.SUCCEEDED)])
    kinds = [one.type for one in payment.announcements]
    assert kinds == ["auction.sold", "order.requested", "auction.refunded", "order.canceled", "auction.refunded"]
    assert payment.session.fully_refunded
    assert balances(payment) == {}
    body = payment.announcements[-1].data
    assert (body["amount"], body["refunded"], body["inFull"]) == ("275.50", "275.50", True)


def held(minor: int = 100) -> Payment:
    return told(a_payment(), [paid(PAID.at, amount=Money("USD", minor))])


def test_held_money_that_is_released_is_shared_out_and_ends_at_zero_when_it_goes_back() -> None:
    payment = told(held(1001), [refund(1, 334, RefundStatus.SUCCEEDED)])
    (transaction,) = payment.transactions
    transaction.disposition, transaction.platform_fee_minor = Disposition.KEPT, 50
    ledger.book_release(payment, transaction, NOW)
    assert balances(payment) == {STRIPE: 667, MAKER: -(667 - 33), REVENUE: -33}
    told(payment, [refund(2, 667, RefundStatus.SUCCEEDED)])
    assert balances(payment) == {}
    assert booked_twice(payment) == []


def test_held_money_that_went_back_lets_the_buyer_pay_again() -> None:
    payment = told(held(), [refund(1, 40, RefundStatus.SUCCEEDED)])
    assert payment.session.status is Status.PROCESSING
    told(payment, [refund(2, 60, RefundStatus.SUCCEEDED)])
    assert (payment.session.status, payment.session.reason) == (Status.FAILED, "held_money_returned")
    assert balances(payment) == {}
    assert [one.type for one in payment.announcements] == ["auction.payment_failed"]
    assert "declined" not in explained(payment, NOW).why
