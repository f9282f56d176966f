"""Makers with an account of their own: paid at once, and asked to give back. Compared with Stripe's own books."""

from typing import Any
from uuid import UUID

import pytest

from domain.movements import WAITED
from domain.transaction import Disposition, RefundStatus
from tests.house import House

FEE = 1378
INSTANT = {"policy": "instant"}


@pytest.fixture
def maker(home: House) -> str:
    """A maker's account at Stripe."""
    made: dict[str, Any] = home.app.stripe._call(
        "account.create", "post", "/v1/accounts", {"country": "DE"}, dict, idempotency_key="maker"
    )
    return str(made["id"])


def balance(home: House) -> int:
    """What Stripe's own books say that the platform has, in cents."""
    return sum(row["net"] for row in home.stripe_has("balance_transaction"))


def booked(home: House, account: str = "stripe_balance") -> int:
    sql = "SELECT coalesce(sum(balance_minor), 0)::bigint FROM ledger_balances WHERE account = %s"
    return int(home.app.database.rows(sql, (account,))[0][0])


def settle(home: House) -> None:
    home.work()
    home.forward(minutes=3)
    home.hear()
    home.forward(seconds=WAITED.total_seconds() + 60)
    for _ in range(20):
        if not home.app.explain_money():
            break


def sold(home: House, maker: str, card: str = "4242424242424242", **changes: Any) -> UUID:
    session_id = home.opened(maker_stripe_account=maker, **changes)
    home.pay(session_id, card)
    settle(home)
    return session_id


@pytest.mark.parametrize("policy", [{}, INSTANT])
def test_a_maker_gets_their_part_at_once_by_either_way_to_pay(home: House, maker: str, policy: dict[str, str]) -> None:
    session_id = sold(home, maker, **policy)
    (transaction,) = home.payment(session_id).transactions
    assert (transaction.destination, transaction.transferred_minor) == (maker, 27_550 - FEE)
    assert (transaction.disposition, transaction.platform_fee_minor) == (Disposition.KEPT, FEE)
    (transfer,) = home.stripe_has("transfer")
    assert (transfer["destination"], transfer["amount"]) == (maker, 27_550)
    assert booked(home, "maker_payable") == 0
    assert booked(home) == balance(home) == FEE - (transaction.stripe_fee_minor or 0)


def test_partial_refunds_take_back_what_stripe_takes_back_to_the_cent(home: House, maker: str) -> None:
    session_id = sold(home, maker)
    for amount in ("33.33", "0.07", "100.01", None):
        home.app.request_refund(session_id, reason="scratched", actor="admin:alice", amount=amount)
        settle(home)
        assert booked(home) == balance(home)
        assert booked(home, "maker_payable") == 0
    assert booked(home, "platform_revenue") == 0
    (transfer,) = home.stripe_has("transfer")
    (fee,) = home.stripe_has("application_fee")
    assert (transfer["reversed"], fee["refunded"]) == (True, True)


def test_a_refund_that_fails_is_owed_to_the_maker_and_the_next_one_does_not_ask_them_again(
    home: House, maker: str
) -> None:
    session_id = sold(home, maker, "4000000000005126")
    home.app.request_refund(session_id, reason="scratched", actor="admin:alice", amount="100.00")
    settle(home)
    assert home.payment(session_id).refunds[0].status is RefundStatus.FAILED
    assert booked(home, "maker_payable") == -9500
    assert booked(home) == balance(home)
    home.app.request_refund(session_id, reason="again", actor="admin:alice", amount="100.00")
    home.work()
    first, second = home.payment(session_id).refunds
    assert (first.reverses_transfer, second.reverses_transfer) == (True, False)
    assert "reverse_transfer" not in (second.request or {})
    assert booked(home, "maker_payable") == 0
    settle(home)


def test_late_money_was_passed_on_and_is_taken_back(home: House, maker: str) -> None:
    session_id = home.opened(maker_stripe_account=maker)
    home.pay(session_id)
    home.time.forward(hours=25)
    home.app.expire_windows()
    home.hear()
    assert booked(home, "maker_payable") == 27_550 - FEE, "the maker owes us that meanwhile"
    settle(home)
    assert [one.status for one in home.payment(session_id).refunds] == [RefundStatus.SUCCEEDED]
    assert (booked(home, "maker_payable"), booked(home, "buyer_refundable")) == (0, 0)
    assert booked(home) == balance(home)


def test_an_account_that_stripe_does_not_take_waits_for_a_person(home: House) -> None:
    session_id = home.require(maker_stripe_account="acct_1OfNobodyAtAll")
    home.work()
    payment = home.payment(session_id)
    assert payment.session.reason == "checkout_refused"
    assert payment.attempts[0].stripe_checkout_id is None


def test_a_dispute_is_the_platforms_to_bear(home: House, maker: str) -> None:
    session_id = sold(home, maker)
    charge = home.payment(session_id).transactions[0].stripe_charge_id or ""
    with home.sandbox.host.using() as core:
        opened = core.dispute(charge)
        core.close_dispute(opened["id"], won=False)
    settle(home)
    assert booked(home, "dispute_losses") == 27_550
    assert booked(home) == balance(home)
