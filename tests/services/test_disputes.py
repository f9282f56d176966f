"""Disputes, from the sandbox to the books."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.dispute import DisputeStatus
from domain.errors import ActRefused
from domain.transaction import TransactionStatus
from tests.house import House
from tests.services.reconciling import lose


def sold(home: House, **changes: Any) -> UUID:
    session_id = home.opened(**changes)
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    return session_id


def dispute(home: House, session_id: UUID, amount: int | None = None) -> str:
    charge = home.payment(session_id).transactions[0].stripe_charge_id or ""
    with home.sandbox.host.using() as core:
        return str(core.dispute(charge, amount=amount)["id"])


def decide(home: House, dispute_id: str, *, won: bool, returned: int = 0) -> None:
    home.forward(days=3)
    with home.sandbox.host.using() as core:
        core.close_dispute(dispute_id, won=won, returned=returned)


def accounts(home: House, session_id: UUID) -> dict[str, int]:
    rows = home.app.database.rows(
        "SELECT account, balance_minor FROM ledger_balances WHERE session_id = %s AND balance_minor <> 0", (session_id,)
    )
    return dict(rows)


def test_a_dispute_takes_the_money_at_once_and_gives_it_back_when_it_is_won(home: House) -> None:
    session_id = sold(home)
    dispute_id = dispute(home, session_id)
    home.hear()
    payment = home.payment(session_id)
    (known,) = payment.disputes
    assert (known.stripe_dispute_id, known.status) == (dispute_id, DisputeStatus.NEEDS_RESPONSE)
    assert known.evidence_due_at is not None
    assert payment.transactions[0].status is TransactionStatus.DISPUTED
    assert accounts(home, session_id)["disputed_funds"] == 27_550
    with pytest.raises(ActRefused) as refused:
        home.app.request_refund(session_id, reason="scratched", actor="admin:alice")
    assert refused.value.code == "disputed"
    told = home.told()

    decide(home, dispute_id, won=True)
    home.hear()
    payment = home.payment(session_id)
    assert payment.disputes[0].status is DisputeStatus.WON
    assert payment.transactions[0].status is TransactionStatus.SUCCEEDED
    books = accounts(home, session_id)
    assert "disputed_funds" not in books
    assert books["dispute_fees"] == 1500
    assert home.told() == told, "the auction is told nothing of disputes"
    assert home.actions(session_id)[-4:] == [
        "dispute_opened", "dispute_changed", "refund_request_refused", "dispute_changed",
    ]  # fmt: skip


def test_a_lost_dispute_costs_the_platform_and_stays(home: House) -> None:
    session_id = sold(home)
    dispute_id = dispute(home, session_id, 10_000)
    decide(home, dispute_id, won=False)
    home.hear()
    payment = home.payment(session_id)
    assert payment.disputes[0].status is DisputeStatus.LOST
    assert payment.transactions[0].status is TransactionStatus.DISPUTED
    books = accounts(home, session_id)
    assert (books["dispute_losses"], books["dispute_fees"]) == (10_000, 1500)
    assert books["stripe_balance"] == 27_550 - 10_000 - 1500


@pytest.mark.parametrize("is_heard", [True, False])
def test_a_dispute_won_in_part_gives_back_what_had_been_refunded(home: House, *, is_heard: bool) -> None:
    session_id = sold(home)
    home.app.request_refund(session_id, reason="scratched", actor="admin:alice", amount="50.00")
    home.app.send_refunds()
    home.forward(seconds=30)
    home.hear()
    dispute_id = dispute(home, session_id, 27_550)
    home.hear()
    decide(home, dispute_id, won=False, returned=5_000)
    if is_heard:
        home.hear()
    else:
        lose(home)
    home.app.explain_money.everything(home.time() - timedelta(days=4))
    books = accounts(home, session_id)
    assert "disputed_funds" not in books
    assert books["dispute_losses"] == 22_550
    assert books["stripe_balance"] == sum(one["net"] for one in home.stripe_has("balance_transaction"))
    assert home.app.explain_money.unexplained() == {}
    assert home.app.check_invariants() == []


def test_a_dispute_that_overtakes_its_payment_waits_for_it(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, "dispute")
    home.forward(seconds=30)
    events = home.new_events()
    disputes = [event for event in events if "dispute" in event["type"]]
    assert disputes
    home.hear(*disputes)
    assert home.payment(session_id).disputes == []
    home.hear(*(event for event in events if event not in disputes))
    home.forward(minutes=10)
    home.process()
    assert home.payment(session_id).transactions[0].status is TransactionStatus.DISPUTED


def test_a_status_that_nobody_knows_is_set_aside(home: House) -> None:
    session_id = sold(home)
    dispute(home, session_id)
    (first, *_) = [event for event in home.new_events() if event["type"] == "charge.dispute.created"]
    first["data"]["object"]["status"] = "drawn"
    home.hear(first)
    assert home.payment(session_id).disputes == []
    rows = home.app.database.rows("SELECT reason FROM webhook_events WHERE status = 'set_aside'")
    assert [row[0].partition(":")[0] for row in rows] == ["unknown_provider_status"]
