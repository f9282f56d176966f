"""The books of money that does not pay for a lot: what its buyer is owed is never less than nothing."""

from itertools import permutations

import pytest

from domain import ledger
from domain.facts import Fact
from domain.transaction import Disposition
from tests.domain.lives import AFTERMATHS, D, S, balances, booked_twice, dispute, refund
from tests.domain.payments import ASKED, NOW, a_payment, end, paid, told
from tests.domain.test_aftermaths import DISPUTE_FEES, FEE, LOSSES, STRIPE, UNWANTED

LIVES: dict[str, tuple[list[Fact], dict[tuple[str, str], int]]] = {
    # Nothing is owed to a buyer who has it back: what a bank takes then is our loss, and never owed by the buyer.
    "all of it went back, and a bank took it as well": (
        [refund(1, ASKED.minor, S.SUCCEEDED), dispute(D.NEEDS_RESPONSE, 20), dispute(D.LOST, 30)],
        {STRIPE: -ASKED.minor - 1500, LOSSES: ASKED.minor, DISPUTE_FEES: 1500},
    ),
    "half of it went back, and a bank took all": (
        [refund(1, 13_775, S.SUCCEEDED), dispute(D.NEEDS_RESPONSE, 20), dispute(D.LOST, 30)],
        {STRIPE: -13_775 - 1500, LOSSES: 13_775, DISPUTE_FEES: 1500},
    ),
    "all of it went back and bounced, and a bank took it": (
        [*AFTERMATHS["refunded in full, and the refund comes back"], dispute(D.LOST, 30)],
        {STRIPE: -1500, DISPUTE_FEES: 1500},
    ),
    "half of it went back, a bank took all, and we won at last": (
        [refund(1, 13_775, S.SUCCEEDED), *AFTERMATHS["lost, appealed, and won at last"]],
        {STRIPE: 13_775 - 1500, UNWANTED: -13_775, DISPUTE_FEES: 1500},
    ),
    "a part went back, and a bank took a part of the rest": (
        [refund(1, 5000, S.SUCCEEDED), dispute(D.NEEDS_RESPONSE, 20, 1, 10_000), dispute(D.LOST, 30, 1, 10_000)],
        {STRIPE: 12_550 - 1500, UNWANTED: -12_550, DISPUTE_FEES: 1500},
    ),
}


@pytest.mark.parametrize("life", LIVES)
def test_buyers_are_owed_what_neither_went_back_nor_is_lost_and_never_less_than_nothing(life: str) -> None:
    facts, owed = LIVES[life]
    for order in permutations(facts):
        payment = told(a_payment(), [paid(end(60))], charged=end(60))
        assert balances(told(payment, order)) == owed, order
        assert booked_twice(payment) == []


@pytest.mark.parametrize("life", LIVES)
def test_money_that_is_kept_after_all_is_booked_alike_whenever_that_is(life: str) -> None:
    facts, _ = LIVES[life]
    found = set()
    for order in permutations(facts):
        for released_after in range(len(order) + 1):
            payment = told(a_payment(), [paid(end(60))], charged=end(60))
            told(payment, order[:released_after])
            (transaction,) = payment.transactions
            transaction.disposition, transaction.platform_fee_minor = Disposition.KEPT, FEE
            ledger.book_release(payment, transaction, NOW)
            told(payment, [*order[released_after:], *order])
            found.add(repr(sorted(balances(payment).items())))
            assert UNWANTED not in balances(payment)
    assert len(found) == 1, "\n".join(sorted(found))
