"""Our books and Stripe's explain each other to the cent, or the difference is there to be seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry

from domain.lifecycle import Status
from domain.movements import WAITED
from domain.transaction import RefundStatus
from runtime.gauges import StandingCollector
from services.compare_movements import FEW
from services.explain_money import ExplainMoney
from tests.crashes import Died, DiesAfterCall, DiesBeforeCall, DiesBeforeCommit
from tests.house import House
from tests.services.reconciling import calls, drain, lose, only

POINTS = ["before the claim is committed", "before the call", "after the call", "before the books", "before the record"]


def dying(home: House, point: str) -> ExplainMoney:
    use_case = home.app.explain_money
    changes: dict[str, Any] = {
        POINTS[0]: {"begin": DiesBeforeCommit(use_case.begin, 1)},
        POINTS[1]: {"stripe": DiesBeforeCall(use_case.stripe, "list_movements")},
        POINTS[2]: {"stripe": DiesAfterCall(use_case.stripe, "list_movements")},
        POINTS[3]: {"compare": replace(use_case.compare, begin=DiesBeforeCommit(use_case.begin, 1))},
        POINTS[4]: {"begin": DiesBeforeCommit(use_case.begin, 2)},
    }
    return replace(use_case, **changes[point])


def paid(home: House, number: int = 1, **changes: Any) -> UUID:
    """A completed payment whose charge Stripe has booked."""
    session_id = home.opened(auction_id=f"auction-{number}", **changes)
    home.pay(session_id)
    home.forward(seconds=5)
    home.hear()
    return session_id


def compared(home: House) -> dict[str, int]:
    """Unexplained minor units after the next comparison by the clock."""
    home.forward(minutes=WAITED.total_seconds() / 60 + 1)
    drain(home.app.explain_money)
    return home.app.explain_money.unexplained()


def reasons(home: House) -> list[tuple[str, int]]:
    rows = home.app.database.rows("SELECT reason, amount_minor FROM money_differences WHERE explained_at IS NULL")
    return sorted(rows)


def gauge(home: House, currency: str = "USD") -> float | None:
    registry = CollectorRegistry()
    registry.register(StandingCollector(home.app.database))
    return registry.get_sample_value("payments_unexplained_minor_units", {"currency": currency})


def test_money_that_was_not_compared_yet_reads_zero_from_the_first(home: House) -> None:
    assert gauge(home) is None
    paid(home)
    assert gauge(home) == 0
    assert gauge(home, "EUR") is None
    assert home.app.explain_money.unexplained() == {}


def listings(home: House) -> int:
    return calls(home).get("balance_transactions.list", 0)


def test_what_stripe_kept_is_learned_for_a_hundred_payments_in_a_call(home: House) -> None:
    sessions = [paid(home, number) for number in range(5)]
    assert drain(home.app.explain_money) == 0, "five are not worth a call yet"
    assert compared(home) == {"USD": 0}
    assert listings(home) == 1
    (transaction,) = home.payment(sessions[0]).transactions
    assert transaction.stripe_fee_minor == 829
    assert transaction.net_minor == 27550 - 829
    assert home.actions(sessions[0]).count("fee_recorded") == 1
    assert compared(home) == {"USD": 0}
    assert listings(home) == 1, "nothing is new"
    assert gauge(home) == 0


def test_a_gauge_is_there_when_money_has_moved(home: House) -> None:
    assert gauge(home) is None
    paid(home)
    compared(home)
    assert gauge(home) == 0


def test_money_settled_in_another_currency_is_compared_in_that_one(home: House) -> None:
    home.sandbox.core.world.settings.settlement["eur"] = ("usd", "1.25")  # type: ignore[index]
    session_id = paid(home, amount="100.00", currency="EUR")
    assert compared(home) == {"USD": 0}
    (transaction,) = home.payment(session_id).transactions
    assert (transaction.settlement_currency, transaction.currency) == ("USD", "EUR")
    assert (transaction.stripe_fee_minor or 0) + (transaction.net_minor or 0) == 12_500


def test_all_that_lost_events_would_have_told_of_money_is_filled_in(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=5)
    home.hear(*only(home.new_events(), "checkout.session.completed"))
    assert home.payment(session_id).transactions[0].stripe_charge_id is None
    assert compared(home) == {"USD": 0}
    (transaction,) = home.payment(session_id).transactions
    assert transaction.stripe_charge_id
    assert (transaction.method_type, transaction.method_last4) == ("card", "4242")
    assert transaction.stripe_fee_minor == 829


def test_a_payment_that_only_stripes_books_know_is_looked_up(home: House) -> None:
    paid(home, 1)
    home.forward(minutes=1)
    unheard = home.opened(auction_id="auction-2")
    home.pay(unheard)
    home.forward(seconds=5)
    lose(home)
    assert compared(home) == {"USD": 0}
    assert home.payment(unheard).session.status is Status.COMPLETED
    assert home.payment(unheard).transactions[0].stripe_fee_minor == 829


def test_a_payment_that_cannot_be_looked_up_stays_unexplained_until_it_can(home: House) -> None:
    paid(home, 1)
    unheard = home.opened(auction_id="auction-2")
    home.pay(unheard)
    home.forward(seconds=5)
    lose(home)
    checkout = home.stripe_has()[1]
    home.sandbox.core.world.store.delete("checkout.session", checkout["id"])
    assert compared(home) == {"USD": 27550}
    assert reasons(home) == [("charge_not_recorded", 27550)]
    assert gauge(home) == 27550
    home.sandbox.core.world.store.save(checkout)
    home.forward(minutes=20)
    drain(home.app.explain_money)
    assert home.app.explain_money.unexplained() == {"USD": 0}
    assert home.payment(unheard).session.status is Status.COMPLETED
    explained = home.app.database.rows("SELECT count(*) FROM money_differences WHERE explained_at IS NOT NULL")
    assert explained == [(1,)]


def test_refunds_are_compared_and_those_of_the_dashboard_taken_over(home: House) -> None:
    session_id = paid(home)
    intent = home.payment(session_id).transactions[0].stripe_payment_intent_id
    compared(home)
    home.forward(minutes=1)
    home.sandbox.core.world.store.get("payment_intent", intent)
    made_at_stripe(home, intent, 5_000)
    lose(home)
    paid(home, 2)
    assert compared(home) == {"USD": 0}
    (refund,) = home.payment(session_id).refunds
    assert (refund.amount_minor, refund.status, refund.reason) == (5_000, RefundStatus.SUCCEEDED, "made_at_stripe")
    assert refund.stripe_balance_transaction_id is not None


def test_a_refund_that_came_back_unheard_is_taken_over(home: House) -> None:
    session_id = paid(home)
    intent = home.payment(session_id).transactions[0].stripe_payment_intent_id
    made_at_stripe(home, intent, 5_000)
    home.hear()
    assert compared(home) == {"USD": 0}
    home.sandbox.core.fail_refund(home.stripe_has("refund")[0]["id"])
    lose(home)
    paid(home, 2)
    assert compared(home) == {"USD": 0}
    assert home.payment(session_id).refunds[0].status is RefundStatus.FAILED
    assert home.payment(session_id).transactions[0].refunded_minor == 0


def sent_twice(home: House, session_id: UUID) -> None:
    """A refund of ours that is at Stripe a second time: a key that was forgotten, a database that was restored."""
    (refund,) = home.payment(session_id).refunds
    again = {key: (refund.request or {})[key] for key in ("payment_intent", "metadata")}
    home.app.stripe.refund({**again, "amount": 5_000}, idempotency_key="another")
    home.forward(seconds=5)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("is_heard", [False, True])
def test_a_refund_that_stripe_made_twice_is_two_refunds(home: House, *, fails: bool, is_heard: bool) -> None:
    session_id = paid(home)
    home.app.request_refund(session_id, reason="scratched", actor="admin:alice", amount="50.00")
    home.app.send_refunds()
    home.forward(seconds=5)
    home.hear()
    if fails:
        home.sandbox.core.fail_refund(home.payment(session_id).refunds[0].stripe_refund_id or "")
        home.hear()
    sent_twice(home, session_id)
    if is_heard:
        home.hear()
    home.app.explain_money.everything(home.time() - timedelta(hours=1))
    payment = home.payment(session_id)
    one, again = sorted(payment.refunds, key=lambda refund: refund.reason == "made_again_at_stripe")
    assert one.stripe_refund_id != again.stripe_refund_id
    assert (one.status, again.status) == (RefundStatus.FAILED if fails else RefundStatus.SUCCEEDED, "succeeded")
    assert again.reason == "made_again_at_stripe"
    assert payment.transactions[0].refunded_minor == (5_000 if fails else 10_000)
    assert home.app.explain_money.unexplained() == {}
    books = home.app.database.rows("SELECT sum(balance_minor) FROM ledger_balances WHERE account = 'stripe_balance'")
    assert books == [(sum(one["net"] for one in home.stripe_has("balance_transaction")),)]


def test_a_refund_that_stripe_booked_twice_is_unexplained(home: House) -> None:
    session_id = paid(home)
    made_at_stripe(home, home.payment(session_id).transactions[0].stripe_payment_intent_id, 5_000)
    home.hear()
    assert compared(home) == {"USD": 0}
    booked = next(one for one in home.stripe_has("balance_transaction") if one["type"] == "refund")
    home.sandbox.core.world.store.save({**booked, "id": "txn_again"})
    home.app.explain_money.everything(home.time() - timedelta(hours=1))
    assert reasons(home) == [("amount_differs", 5_000)]


def test_more_than_came_is_not_sent_back_before_it_is_heard_that_some_came_back(home: House) -> None:
    session_id = paid(home)
    intent = home.payment(session_id).transactions[0].stripe_payment_intent_id
    made_at_stripe(home, intent, 27_550)
    home.hear()
    home.sandbox.core.fail_refund(home.stripe_has("refund")[0]["id"])
    lose(home)
    made_at_stripe(home, intent, 27_550)
    home.hear()
    assert len(home.payment(session_id).refunds) == 1
    waiting = home.app.database.rows("SELECT DISTINCT reason FROM webhook_events WHERE status = 'waiting'")
    assert waiting == [("event_too_early",)]
    assert home.app.check_invariants() == []

    assert home.app.explain_money.everything(home.time() - timedelta(hours=1)).differences == []
    home.forward(minutes=10)
    home.process()
    payment = home.payment(session_id)
    assert {one.status for one in payment.refunds} == {RefundStatus.FAILED, RefundStatus.SUCCEEDED}
    assert payment.transactions[0].refunded_minor == 27_550


def test_a_dispute_that_nobody_heard_of_is_taken_over(home: House) -> None:
    session_id = paid(home)
    compared(home)
    home.sandbox.core.dispute(home.payment(session_id).transactions[0].stripe_charge_id or "")
    unheard = home.new_events()
    paid(home, 2)
    assert compared(home) == {"USD": 0}
    (dispute,) = home.payment(session_id).disputes
    assert (dispute.status, dispute.withdrawn_minor, dispute.fee_minor) == ("needs_response", 27550, 1500)
    home.hear(*unheard)
    assert len(home.payment(session_id).disputes) == 1


def test_a_dispute_that_we_do_not_understand_is_unexplained(home: House) -> None:
    session_id = paid(home)
    compared(home)
    made = home.sandbox.core.dispute(home.payment(session_id).transactions[0].stripe_charge_id or "")
    lose(home)
    home.sandbox.core.world.store.save({**made, "status": "new_word"})
    paid(home, 2)
    assert compared(home) == {"USD": 27550}
    assert reasons(home) == [("dispute_not_recorded", 27550)]


def disputed(home: House, session_id: UUID, *, heard: str) -> dict[str, Any]:
    """A dispute that was heard of with this status, before or after its money was taken; Stripe has a word for it since
    that nobody knows.
    """
    made = home.sandbox.core.dispute(home.payment(session_id).transactions[0].stripe_charge_id or "")
    (created,) = only(home.new_events(), "charge.dispute.created")
    told = created["data"]["object"]
    told["status"] = heard
    if heard.startswith("warning"):
        told["balance_transactions"] = []
    home.hear(created)
    home.sandbox.core.world.store.save({**made, "status": "new_word"})
    return made


@pytest.mark.parametrize(
    ("heard", "unexplained"),
    [("warning_needs_response", [("dispute_not_recorded", 27550)]), ("needs_response", [])],
)
def test_the_money_of_a_known_dispute_is_explained_only_if_it_is_recorded(
    home: House, heard: str, unexplained: list[tuple[str, int]]
) -> None:
    session_id = paid(home)
    made = disputed(home, session_id, heard=heard)
    home.app.explain_money.everything(home.time() - timedelta(hours=1))
    assert reasons(home) == unexplained
    home.sandbox.core.world.store.save(made)
    home.app.explain_money.everything(home.time() - timedelta(hours=1))
    assert reasons(home) == []
    assert home.payment(session_id).disputes[0].withdrawn_minor == 27550


def test_more_taken_for_a_dispute_than_is_booked_is_unexplained(home: House) -> None:
    session_id = paid(home)
    disputed(home, session_id, heard="needs_response")
    taken = next(one for one in home.stripe_has("balance_transaction") if one["type"] == "adjustment")
    home.sandbox.core.world.store.save({**taken, "amount": -30_000, "net": -31_500})
    home.app.explain_money.everything(home.time() - timedelta(hours=1))
    assert reasons(home) == [("amount_differs", 30_000)]


@pytest.mark.parametrize("passed", [True, False])
@pytest.mark.parametrize("is_heard", [True, False])
def test_a_bank_debit_is_explained_while_it_is_under_way_and_when_it_failed(
    home: House, *, passed: bool, is_heard: bool
) -> None:
    session_id = home.opened()
    home.pay(session_id, "bank_debit")
    home.forward(seconds=5)
    if is_heard:
        home.hear()
    else:
        lose(home)
    since = home.time() - timedelta(hours=1)
    home.app.explain_money.everything(since)
    assert home.payment(session_id).session.status is Status.PROCESSING
    assert home.app.explain_money.unexplained() == {}
    asked = calls(home)
    for _ in range(3):
        home.forward(minutes=6)
        drain(home.app.explain_money)
    assert calls(home) == asked, "what is explained is not asked for again"

    home.forward(days=4)
    home.sandbox.settle(home.payment(session_id).attempts[0].stripe_checkout_id or "", passed=passed)
    home.hear()
    home.work()
    assert compared(home) == ({"USD": 0} if passed else {})
    home.app.explain_money.everything(since)
    assert home.app.explain_money.unexplained().get("USD", 0) == 0
    assert [one.stripe_fee_minor for one in home.payment(session_id).transactions] == ([829] if passed else [])


def test_the_fee_of_a_bank_debit_is_known_though_nothing_told_of_its_charge(home: House) -> None:
    """Stripe's list told of it when it was submitted, and is read only from there on."""
    paid(home, 2)
    session_id = home.opened()
    home.pay(session_id, "bank_debit")
    home.forward(seconds=5)
    home.hear()
    for _ in range(4):
        home.forward(days=1)
        assert compared(home) == {"USD": 0}
    home.sandbox.settle(home.payment(session_id).attempts[0].stripe_checkout_id or "")
    home.hear(*only(home.new_events(), "checkout.session.async_payment_succeeded"))
    for _ in range(5):
        assert compared(home) == {"USD": 0}
    assert [one.stripe_fee_minor for one in home.payment(session_id).transactions] == [829]
    assert calls(home)["balance_transactions.retrieve"] == 1


def test_a_debit_that_failed_after_we_heard_that_it_arrived_is_unexplained(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, "bank_debit")
    home.sandbox.settle(home.payment(session_id).attempts[0].stripe_checkout_id or "")
    home.hear()
    (booked,) = home.stripe_has("balance_transaction")
    failed = {"id": "txn_back", "type": "payment_failure_refund", "amount": -27_550, "fee": -829, "net": -26_721}
    home.sandbox.core.world.store.save({**booked, **failed})
    home.app.explain_money.everything(home.time() - timedelta(hours=1))
    assert reasons(home) == [("amount_differs", 27_550)]


def test_a_fee_that_stripe_booked_at_another_time_is_read_all_the_same(home: House) -> None:
    session_id = paid(home)
    (booked,) = home.stripe_has("balance_transaction")
    home.sandbox.core.world.store.save(booked | {"created": booked["created"] - 3 * 86_400})
    assert compared(home) == {"USD": 0}
    assert home.payment(session_id).transactions[0].stripe_fee_minor == booked["fee"]


def test_a_fee_that_stripe_does_not_know_is_not_asked_for_without_end(home: House) -> None:
    session_id = paid(home)
    (booked,) = home.stripe_has("balance_transaction")
    home.sandbox.core.world.store.delete("balance_transaction", booked["id"])
    compared(home)
    assert "fee_not_found" in home.actions(session_id)
    assert home.payment(session_id).transactions[0].stripe_fee_minor is None
    for _ in range(8):
        compared(home)
    assert calls(home)["balance_transactions.retrieve"] == 1
    assert listings(home) <= 5
    assert reasons(home) == [("charge_not_booked", 27550)]


def test_fees_that_stripe_never_tells_keep_no_other_from_being_asked_for(home: House) -> None:
    session_id = paid(home)
    (booked,) = home.stripe_has("balance_transaction")
    home.sandbox.core.world.store.save(booked | {"created": booked["created"] - 3 * 86_400})
    with home.app.database.transaction() as connection:
        connection.execute(
            """INSERT INTO transactions
               SELECT (jsonb_populate_record(t, jsonb_build_object(
                          'id', lpad(n::text, 32, '0'), 'stripe_payment_intent_id', 'pi_silent_' || n,
                          'stripe_balance_transaction_id', 'txn_silent_' || n, 'stripe_charge_id', 'ch_silent_' || n,
                          'disposition', 'late', 'settled_minor', t.amount_minor,
                          'created_at', t.created_at - interval '1 minute'))).*
                 FROM transactions t, generate_series(1, %s) n""",
            (FEW,),
        )
    home.sandbox.fault("error_before", "balance_transactions.retrieve", count=FEW, status=500)
    for _ in range(2):
        compared(home)
    fees = {one.id: one.stripe_fee_minor for one in home.payment(session_id).transactions}
    with home.app.database.transaction() as connection:
        connection.execute("DELETE FROM transactions WHERE stripe_charge_id LIKE 'ch_silent_%'")
    assert sorted(fees.values(), key=str) == [booked["fee"]] + [None] * FEW


def test_while_stripe_is_silent_no_fee_is_given_up(home: House) -> None:
    session_id = paid(home)
    (booked,) = home.stripe_has("balance_transaction")
    home.sandbox.core.world.store.save(booked | {"created": booked["created"] - 3 * 86_400})
    home.sandbox.fault("lost_before", "balance_transactions.retrieve", count=1)
    compared(home)
    assert "fee_not_found" not in home.actions(session_id)
    compared(home)
    assert home.payment(session_id).transactions[0].stripe_fee_minor == booked["fee"]


@pytest.mark.parametrize(
    ("change", "reason", "minor"),
    [
        ({"fee": 830, "net": 27550 - 830}, "fee_differs", 2),
        ({"currency": "eur"}, "fee_differs", 27550),
        ({"id": "txn_again"}, "amount_differs", 27550),
    ],
)
def test_what_both_have_and_not_the_same_is_unexplained(
    home: House, change: dict[str, Any], reason: str, minor: int
) -> None:
    paid(home)
    assert compared(home) == {"USD": 0}
    store = home.sandbox.core.world.store
    movement = next(iter(store.table("balance_transaction").oldest()))
    store.save({**movement, **change, "created": int(home.time().timestamp())})
    paid(home, 2)
    compared(home)
    assert reasons(home) == [(reason, minor)]


@pytest.mark.parametrize("what", ["charge", "refund"])
def test_an_amount_that_differs_is_unexplained(home: House, what: str) -> None:
    session_id = paid(home)
    if what == "refund":
        made_at_stripe(home, home.payment(session_id).transactions[0].stripe_payment_intent_id, 5_000)
        home.hear()
    source = home.stripe_has(what)[0]
    source |= {"amount": 300, "amount_captured": 300} if what == "charge" else {"amount": 300}
    home.sandbox.core.world.store.save(source)
    compared(home)
    assert [reason for reason, _ in reasons(home)] == ["amount_differs"]
    home.forward(hours=3)
    drain(home.app.explain_money)
    assert [reason for reason, _ in reasons(home)] == ["amount_differs"], "it is counted once"


def test_an_amount_that_differs_counts_once_and_its_fee_is_booked(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=5)
    charge = home.stripe_has("charge")[0]
    home.sandbox.core.world.store.save({**charge, "amount_captured": 20_000})
    home.hear()
    compared(home)
    home.forward(hours=3)
    drain(home.app.explain_money)
    assert reasons(home) == [("amount_differs", 27_550)]
    assert home.payment(session_id).transactions[0].stripe_fee_minor == 829


def test_what_stripe_has_not_booked_after_hours_is_unexplained_until_it_has(home: House) -> None:
    settings = home.sandbox.core.world.settings
    with changed(settings, "capture_delay", 3 * 3600.0):
        session_id = paid(home)
    assert compared(home) == {}
    home.forward(hours=2)
    drain(home.app.explain_money)
    assert reasons(home) == [("charge_not_booked", 27550)]
    home.forward(hours=1)
    home.hear()
    paid(home, 2)
    assert compared(home) == {"USD": 0}
    assert home.payment(session_id).transactions[0].stripe_fee_minor == 829


def test_a_refund_that_stripe_never_booked_is_unexplained(home: House) -> None:
    session_id = paid(home)
    made_at_stripe(home, home.payment(session_id).transactions[0].stripe_payment_intent_id, 5_000)
    home.hear()
    store = home.sandbox.core.world.store
    store.delete("balance_transaction", home.stripe_has("refund")[0]["balance_transaction"])
    compared(home)
    home.forward(hours=2)
    drain(home.app.explain_money)
    assert reasons(home) == [("refund_not_booked", 5_000)]


def test_what_others_do_on_the_account_is_listed_and_not_counted(home: House) -> None:
    paid(home)
    store = home.sandbox.core.world.store
    movement = next(iter(store.table("balance_transaction").oldest()))
    payout = {"id": "txn_po", "type": "payout", "source": "po_1", "amount": -900, "net": -900, "fee": 0}
    store.save({**movement, **payout})
    stranger = {**home.stripe_has("charge")[0], "id": "ch_x", "payment_intent": "pi_x", "metadata": {}}
    store.save(stranger)
    store.save({**movement, "id": "txn_x", "source": "ch_x"})

    shown = home.app.explain_money.everything(home.time() - timedelta(hours=1))

    assert (shown.ours, shown.differences) == (1, [])
    assert shown.others == {("payout", "USD"): 1, ("charge", "USD"): 1}
    assert shown.other_sums == {("payout", "USD"): -900, ("charge", "USD"): 27550}
    assert home.app.explain_money.unexplained() == {}


def test_money_of_a_payment_that_a_restored_database_has_lost_is_unexplained_until_it_is_sent_back(home: House) -> None:
    paid(home)
    store = home.sandbox.core.world.store
    movement = next(iter(store.table("balance_transaction").oldest()))
    lost = str(home.app.new_id())
    charge = {
        **home.stripe_has("charge")[0],
        "id": "ch_lost",
        "payment_intent": "pi_lost",
        "metadata": {"payment_session_id": lost},
    }
    store.save(charge)
    store.save({**movement, "id": "txn_lost", "source": "ch_lost"})
    hour = timedelta(hours=1)

    shown = home.app.explain_money.everything(home.time() - hour)

    assert [(one.reason, one.amount_minor, str(one.session_id)) for one in shown.differences] == [
        ("payment_not_known", 27550, lost)
    ]
    assert (shown.ours, shown.others) == (2, {})
    assert gauge(home) == 27550

    store.save({**charge, "refunded": True, "amount_refunded": charge["amount"]})
    assert home.app.explain_money.everything(home.time() - hour).differences == []
    assert home.app.explain_money.unexplained() == {}


def lost_payments(home: House, count: int) -> list[dict[str, Any]]:
    """Charges of payments that a restored database has lost."""
    paid(home)
    store = home.sandbox.core.world.store
    movement = next(iter(store.table("balance_transaction").oldest()))
    charge = home.stripe_has("charge")[0]
    made = []
    for number in range(count):
        ours = {"payment_session_id": str(home.app.new_id())}
        made.append(
            store.save({**charge, "id": f"ch_{number:02}", "payment_intent": f"pi_{number:02}", "metadata": ours})
        )
        store.save({**movement, "id": f"txn_{number:02}", "source": f"ch_{number:02}"})
    return made


def test_everything_that_differs_is_asked_for_again_in_turn(home: House) -> None:
    charges = lost_payments(home, FEW + 2)
    compared(home)
    assert len(reasons(home)) == FEW + 2
    home.sandbox.core.world.store.save({**charges[-1], "refunded": True, "amount_refunded": charges[-1]["amount"]})
    for _ in range(2):
        home.forward(minutes=6)
        drain(home.app.explain_money)
    assert len(reasons(home)) == FEW + 1


def test_one_movement_that_stripe_does_not_tell_keeps_no_other_from_being_asked_for(home: House) -> None:
    charges = lost_payments(home, 2)
    compared(home)
    for charge in charges:
        home.sandbox.core.world.store.save({**charge, "refunded": True, "amount_refunded": charge["amount"]})
    home.sandbox.fault("error_before", "balance_transactions.retrieve", count=1, status=500)
    home.forward(minutes=6)
    drain(home.app.explain_money)
    assert len(reasons(home)) == 1


def test_money_of_a_lost_payment_that_was_sent_back_and_came_back_is_unexplained_again(home: House) -> None:
    (charge,) = lost_payments(home, 1)
    store, since = home.sandbox.core.world.store, home.time() - timedelta(hours=1)
    assert len(home.app.explain_money.everything(since).differences) == 1
    store.save({**charge, "refunded": True, "amount_refunded": charge["amount"]})
    assert home.app.explain_money.everything(since).differences == []
    store.save(charge)
    refund = {"id": "re_0", "object": "refund", "charge": charge["id"], "payment_intent": charge["payment_intent"]}
    store.save({**refund, "status": "failed", "amount": 27_550, "currency": "usd", "created": charge["created"]})
    movement = next(iter(store.table("balance_transaction").oldest()))
    store.save({**movement, "id": "txn_back", "type": "refund_failure", "source": "re_0"})
    store.delete("balance_transaction", "txn_00")
    shown = home.app.explain_money.everything(since)
    assert [(one.reason, one.amount_minor) for one in shown.differences] == [("payment_not_known", 27_550)]


def test_a_clock_that_is_ahead_of_stripes_misses_no_movement(home: House) -> None:
    session_id = paid(home)
    compared(home)
    ahead = replace(home.app.explain_money, now=lambda: home.time() + timedelta(minutes=10))
    home.forward(days=2)
    assert drain(ahead) == 1
    home.forward(seconds=5)
    made_at_stripe(home, home.payment(session_id).transactions[0].stripe_payment_intent_id, 5_000)
    lose(home)
    home.forward(days=2)
    drain(ahead)
    assert [one.amount_minor for one in home.payment(session_id).refunds] == [5_000]


@pytest.mark.parametrize("point", POINTS)
def test_it_survives_death_at_any_line(home: House, point: str) -> None:
    session_id = paid(home)
    home.forward(minutes=31)
    with pytest.raises(Died):
        dying(home, point)()
    with home.app.database.transaction() as connection:
        connection.execute("UPDATE cursors SET leased_until = NULL")
    drain(home.app.explain_money)
    assert home.payment(session_id).transactions[0].stripe_fee_minor == 829
    assert home.actions(session_id).count("fee_recorded") == 1
    assert home.app.explain_money.unexplained() == {"USD": 0}


def test_a_long_list_is_read_page_by_page(home: House) -> None:
    sessions = [home.opened(auction_id=f"auction-{number}", policy="instant") for number in range(110)]
    for session_id in sessions:
        home.pay(session_id)
    home.forward(seconds=5)
    home.hear()
    home.forward(minutes=2)
    assert drain(home.app.explain_money) == 2
    missing = home.app.database.rows("SELECT count(*) FROM transactions WHERE stripe_fee_minor IS NULL")
    assert missing == [(0,)]


def test_while_stripe_is_away_it_is_asked_again(home: House) -> None:
    session_id = paid(home)
    home.forward(minutes=31)
    home.sandbox.fault("error_before", "balance_transactions.list", count=1, status=503)
    assert home.app.explain_money() == 1
    assert home.app.explain_money() == 0
    home.forward(minutes=1)
    drain(home.app.explain_money)
    assert home.payment(session_id).transactions[0].stripe_fee_minor == 829


def test_a_place_that_stripe_has_forgotten_is_no_place_to_go_on_from(home: House) -> None:
    session_id = paid(home)
    drain(home.app.explain_money)
    with home.app.database.transaction() as connection:
        connection.execute(
            """UPDATE cursors SET value = value || jsonb_build_object('after', 'txn_gone', 'until', %s::text)
                WHERE name = 'stripe_balance'""",
            (home.time().isoformat(),),
        )
    for _ in range(3):
        home.forward(minutes=1)
        drain(home.app.explain_money)
    assert home.payment(session_id).transactions[0].stripe_fee_minor == 829


def test_who_has_lost_the_lease_does_not_move_the_cursor(home: House) -> None:
    session_id = paid(home)
    home.forward(minutes=31)

    class Slow:
        def list_movements(self, *args: Any, **kwargs: Any) -> Any:
            page = home.app.stripe.list_movements(*args, **kwargs)
            with home.app.database.transaction() as connection:
                connection.execute("UPDATE cursors SET leased_until = NULL")
            drain(home.app.explain_money)
            return replace(page, after="txn_stale")

    replace(home.app.explain_money, stripe=Slow())()
    ((value,),) = home.app.database.rows("SELECT value FROM cursors WHERE name = 'stripe_balance'")
    assert (value["until"], value["after"]) == (None, None)
    assert home.actions(session_id).count("fee_recorded") == 1


def made_at_stripe(home: House, intent: str, amount: int) -> None:
    """A refund made in Stripe's dashboard."""
    answer = home.app.stripe._client.raw_request("post", "/v1/refunds", payment_intent=intent, amount=amount)
    assert answer.code == 200


@contextmanager
def changed(settings: Any, name: str, value: Any) -> Iterator[None]:
    """A frozen setting, changed for a while."""
    old = getattr(settings, name)
    object.__setattr__(settings, name, value)
    try:
        yield
    finally:
        object.__setattr__(settings, name, old)
