"""Fees that Stripe's list does not show hold up no others, and are not asked for without end."""

from typing import Any

import pytest

from domain.bells import READ_FEES
from domain.errors import GatewayUnavailable
from tests.house import House


def paid(home: House) -> tuple[Any, dict[str, Any]]:
    """A payment that Stripe has booked, and the booking."""
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    (booked,) = home.stripe_has("balance_transaction")
    return session_id, booked


def test_a_fee_that_stripe_booked_before_the_payment_is_read_all_the_same(home: House) -> None:
    session_id, booked = paid(home)
    home.sandbox.core.world.store.save(booked | {"created": booked["created"] - 3 * 86_400})
    assert home.app.read_fees(at_once=True) == 1
    transaction = home.payment(session_id).transactions[0]
    assert transaction.stripe_fee_minor == booked["fee"]


def test_a_fee_that_stripe_does_not_know_is_not_asked_for_again(home: House) -> None:
    session_id, booked = paid(home)
    home.sandbox.core.world.store.delete("balance_transaction", booked["id"])
    assert home.app.read_fees(at_once=True) == 0
    home.forward(minutes=5)
    assert home.app.due[READ_FEES]() == 0
    assert "fee_not_found" in home.actions(session_id)
    assert home.payment(session_id).transactions[0].stripe_fee_minor is None


def test_while_stripe_is_silent_no_fee_is_given_up(home: House) -> None:
    session_id, booked = paid(home)
    home.sandbox.core.world.store.save(booked | {"created": booked["created"] - 3 * 86_400})
    home.sandbox.fault("lost_before", "balance_transactions.retrieve", count=1)
    with pytest.raises(GatewayUnavailable):
        home.app.read_fees(at_once=True)
    assert "fee_not_found" not in home.actions(session_id)
    assert home.app.read_fees(at_once=True) == 1
