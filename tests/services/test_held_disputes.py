"""Money that is held, while its buyer's bank has it, or has taken some of it for good."""

from collections.abc import Callable
from uuid import UUID

import pytest

from domain.errors import ActRefused
from domain.lifecycle import Status
from tests.house import House
from tests.services.test_accept_other_amount import held
from tests.services.test_disputes import accounts, decide, dispute
from tests.services.test_owed import send
from tests.services.test_risk import under_review

ALICE = "admin:alice"


def another_amount(home: House) -> UUID:
    session_id = held(home)
    home.forward(seconds=30)
    home.hear()
    return session_id


def accept(home: House, session_id: UUID) -> None:
    home.app.accept_other_amount(session_id, ALICE, "agreed")


def release(home: House, session_id: UUID) -> None:
    home.app.release_hold(session_id, ALICE, "looked at")


@pytest.mark.parametrize(("build", "keep"), [(another_amount, accept), (under_review, release)])
def test_it_is_not_kept_while_the_bank_has_it(
    home: House, build: Callable[[House], UUID], keep: Callable[[House, UUID], None]
) -> None:
    session_id = build(home)
    dispute_id = dispute(home, session_id)
    home.hear()
    with pytest.raises(ActRefused) as refused:
        keep(home, session_id)
    assert refused.value.code == "disputed"
    assert home.payment(session_id).session.status is Status.PROCESSING
    decide(home, dispute_id, won=True)
    home.hear()
    keep(home, session_id)
    assert home.payment(session_id).session.status is Status.COMPLETED
    assert "buyer_refundable" not in accounts(home, session_id)


def test_what_the_bank_took_for_good_of_money_that_is_kept_is_a_loss_of_ours(home: House) -> None:
    session_id = another_amount(home)
    decide(home, dispute(home, session_id, 8_000), won=False)
    home.hear()
    assert accounts(home, session_id)["buyer_refundable"] == -12_000
    accept(home, session_id)
    books = accounts(home, session_id)
    assert "buyer_refundable" not in books
    assert books["dispute_losses"] == 8_000
    assert books["maker_payable"] + books["platform_revenue"] == -20_000


def test_what_a_bank_takes_of_money_that_its_buyer_has_back_is_a_loss_and_breaks_no_invariant(home: House) -> None:
    session_id = another_amount(home)
    send(home, session_id)
    decide(home, dispute(home, session_id, 20_000), won=False)
    home.hear()
    home.work()
    books = accounts(home, session_id)
    assert (books["dispute_losses"], books.get("buyer_refundable")) == (20_000, None)
    assert home.app.check_invariants() == []


def test_books_that_owe_a_buyer_what_is_kept_break_an_invariant(home: House) -> None:
    session_id = another_amount(home)
    assert home.app.check_invariants() == []
    accept(home, session_id)
    home.app.database.rows(
        "INSERT INTO ledger_entries (session_id, cause, line, debit, credit, amount_minor, currency, booked_at)"
        " VALUES (%s, 'test', 1, 'buyer_refundable', 'dispute_losses', 1, 'USD', now()) RETURNING line",
        (session_id,),
    )
    broken = home.app.check_invariants()
    home.app.database.rows("DELETE FROM ledger_entries WHERE cause = 'test' RETURNING line")
    assert [one for one in broken if "owes its buyer -1 USD" in one]
