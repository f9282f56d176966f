"""`gavelpay reconcile`."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from click.testing import Result

from domain.lifecycle import Status
from tests.house import House

Run = Callable[..., Result]
Told = Callable[..., Any]


def lost_sale(home: House) -> UUID:
    """Paid ten minutes ago, and every webhook was lost."""
    home.time.forward(minutes=-10)
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=5)
    return session_id


def test_it_finds_and_repairs_what_was_lost_and_nothing_the_second_time(home: House, told: Told) -> None:
    session_id = lost_sale(home)

    first, second = told("reconcile"), told("reconcile", "--since", "2h")

    assert home.payment(session_id).session.status is Status.COMPLETED
    assert home.told() == ["auction.payment_pending", "auction.sold", "order.requested"]
    assert first["events"]["listed"] == second["events"]["listed"] > 0
    assert first["money"]["compared"] == 1
    assert second["events"]["lost"] == []
    for report in (first, second):
        assert report["money"]["unexplained"] == {"USD": 0}
        assert report["money"]["differences"] == report["money"]["repaired"] == []
    assert home.payment(session_id).transactions[0].stripe_fee_minor == 829


def test_what_has_just_happened_is_taken_over_and_not_called_lost(home: House, told: Told, run: Run) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=5)
    plain, report = run("reconcile"), told("reconcile")
    assert home.payment(session_id).session.status is Status.COMPLETED
    assert re.search(r"events told before their webhooks +[1-9]", plain.output)
    assert report["events"]["lost"] == report["events"]["early"] == []


def test_what_it_found_is_told_in_words(home: House, run: Run) -> None:
    lost_sale(home)
    result = run("reconcile")
    assert result.exit_code == 0
    assert "checkout.session.completed" in result.output
    assert "0.00 USD" in result.output
    assert "stays unexplained" not in result.output


def test_money_that_stays_unexplained_is_listed_and_fails_the_command(home: House, run: Run) -> None:
    session_id = lost_sale(home)
    home.hear()
    made = home.sandbox.core.dispute(home.payment(session_id).transactions[0].stripe_charge_id or "")
    store = home.sandbox.core.world.store
    store.save({**made, "status": "new_word"})
    for event in [one for one in store.table("event").oldest() if one["type"].startswith("charge.dispute")]:
        store.delete("event", event["id"])
    charged = next(iter(store.table("balance_transaction").oldest()))
    store.save({**charged, "id": "txn_po", "type": "payout", "source": "po_1"})

    result, plain = run("reconcile", "--json"), run("reconcile")

    assert result.exit_code == plain.exit_code == 1
    report = orjson.loads(result.stdout)
    assert report["money"]["unexplained"] == {"USD": 27550}
    (difference,) = report["money"]["differences"]
    assert (difference["reason"], difference["amountMinor"]) == ("dispute_not_recorded", 27550)
    assert difference["sessionId"] == str(session_id)
    assert [one["type"] for one in report["money"]["otherActivity"]] == ["payout"]
    assert "dispute_not_recorded" in plain.output
    assert "payout" in plain.output


def test_a_stripe_that_is_away_is_told_in_one_sentence(home: House, run: Run) -> None:
    home.sandbox.fault("error_before", count=10, status=503)
    result = run("reconcile")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Stripe")
