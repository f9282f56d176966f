"""Stripe's events, processed in batches on the real database: any order, any repeats, any bad one among them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from random import Random
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain.lifecycle import Status
from domain.transaction import Disposition, RefundStatus, TransactionStatus
from tests.house import House
from tests.services.reconciling import drain


def life(home: House, session_id: UUID) -> list[dict[str, Any]]:
    """The events of a buyer who is declined, then pays."""
    home.pay(session_id, "4000000000000002")
    home.pay(session_id)
    home.forward(seconds=30)
    return home.new_events()


def summary(home: House, session_id: UUID) -> object:
    payment = home.payment(session_id)
    return (
        payment.session.status,
        [(one.disposition, one.amount_minor, one.method_last4, one.stripe_charge_id) for one in payment.transactions],
        [attempt.status for attempt in payment.attempts],
        len(payment.refunds),
    )


def test_events_in_any_order_end_in_the_same_state(home: House) -> None:
    first = home.opened()
    events = life(home, first)
    orders = Random(7).sample(  # noqa: S311 - the same orders each time
        list(permutations(range(len(events)))), 24
    )
    ends = []
    for number, order in enumerate(orders):
        session_id = home.opened(auction_id=f"auction-{number + 10}")
        mine = [_for(home, event, session_id, number) for event in events]
        for position in order:
            home.hear(mine[position], mine[position])
        home.forward(minutes=5)
        home.process()
        ends.append(repr(summary(home, session_id)).replace(f"_{number}_", ""))
    assert len(set(ends)) == 1, ends
    assert "COMPLETED" in ends[0]


def _for(home: House, event: dict[str, Any], session_id: UUID, number: int) -> dict[str, Any]:
    """The same event, as if it had been about another payment."""
    attempt = home.payment(session_id).newest_attempt
    assert attempt is not None
    text = orjson.dumps(event).decode()
    document = event["data"]["object"]
    text = (
        text.replace(document["id"], attempt.stripe_checkout_id or "")
        if document["object"] == "checkout.session"
        else text
    )
    for prefix in ("pi_", "ch_", "evt_", "py_"):
        text = text.replace(f'"{prefix}', f'"{prefix}_{number}_')
    owner = document["metadata"].get("payment_session_id", "")
    return dict(orjson.loads(text.replace(owner, str(session_id)))) if owner else dict(orjson.loads(text))


def test_many_workers_on_the_same_events_complete_a_payment_once(home: House) -> None:
    sessions = [home.opened(auction_id=f"auction-{number}") for number in range(12)]
    for session_id in sessions:
        home.pay(session_id)
    home.forward(seconds=30)
    for event in home.new_events():
        home.app.receive_events([home.app.read_event(orjson.dumps(event))] * 2)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: home.app.process_events(5), range(80)))
    home.forward(minutes=1)
    home.process()

    assert {home.payment(session_id).session.status for session_id in sessions} == {Status.COMPLETED}
    assert home.app.database.rows("SELECT count(*), count(DISTINCT session_id) FROM transactions") == [(12, 12)]
    assert home.app.database.rows("SELECT count(*) FROM outbox WHERE type = 'auction.sold'") == [(12,)]
    assert home.app.database.rows("SELECT count(*) FROM webhook_events WHERE status = 'waiting'") == [(0,)]


def test_a_decline_leaves_the_page_open_and_a_later_payment_completes(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, "4000000000009995")
    home.hear()
    payment = home.payment(session_id)
    assert (payment.session.status, payment.session.reason) == (Status.FAILED, "insufficient_funds")

    home.pay(session_id)
    home.hear()
    assert home.payment(session_id).session.status is Status.COMPLETED
    assert home.told() == [
        "auction.payment_pending",
        "auction.payment_failed",
        "auction.sold",
        "order.requested",
    ]


def test_an_event_of_a_payment_that_is_not_ours_is_set_aside_and_can_be_replayed(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    event = next(one for one in home.new_events() if one["type"] == "checkout.session.completed")
    stranger = orjson.loads(orjson.dumps(event).replace(str(session_id).encode(), str(UUID(int=7)).encode()))
    home.hear(stranger | {"id": "evt_stranger"}, event | {"id": "evt_live", "livemode": True})
    home.hear(event | {"id": "evt_other", "account": "acct_other"})

    rows = home.app.database.rows("SELECT stripe_event_id, status, reason FROM webhook_events ORDER BY 1")
    assert [row[:2] for row in rows] == [
        ("evt_live", "set_aside"),
        ("evt_other", "set_aside"),
        ("evt_stranger", "set_aside"),
    ]
    assert home.payment(session_id).session.status is Status.PENDING

    with home.app.store.begin() as uow:
        (stored,) = uow.inbox.find("r.stripe_event_id = 'evt_stranger'")
        assert uow.inbox.replay(stored.id, home.time())
    home.process()
    assert home.app.database.rows("SELECT count(*) FROM webhook_events WHERE status = 'set_aside'") == [(3,)]


def test_an_unknown_status_is_never_guessed(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    event = next(one for one in home.new_events() if one["type"] == "checkout.session.completed")
    event["data"]["object"]["payment_status"] = "paid_in_part"
    home.hear(event)
    assert home.payment(session_id).session.status is Status.PENDING
    ((status, reason),) = home.app.database.rows("SELECT status, reason FROM webhook_events")
    assert status == "set_aside"
    assert "paid_in_part" in reason


def test_one_event_that_cannot_be_written_is_set_aside_and_the_rest_is_done(home: House) -> None:
    bad, good = home.opened(), home.opened(auction_id="auction-2")
    home.pay(bad)
    home.pay(good)
    events = home.new_events()
    for event in events:
        document = event["data"]["object"]
        if event["type"] == "checkout.session.completed" and document["metadata"]["auction_id"] == "auction-1":
            document["payment_intent"] = "pi_\x00"  # no text column holds it
    home.hear(*[event for event in events if event["type"] == "checkout.session.completed"])

    assert home.payment(good).session.status is Status.COMPLETED
    assert home.payment(bad).session.status is Status.PENDING
    rows = home.app.database.rows("SELECT status FROM webhook_events ORDER BY status")
    assert rows == [("done",), ("set_aside",)]


def test_an_event_that_comes_before_its_cause_waits_for_it(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    events = home.new_events()
    charge = next(one for one in events if one["type"] == "charge.succeeded")
    home.hear(charge)
    assert home.app.database.rows("SELECT status FROM webhook_events") == [("waiting",)]
    home.hear(*[one for one in events if one["type"] == "checkout.session.completed"])
    home.forward(minutes=1)
    home.process()
    assert home.payment(session_id).transactions[0].method_last4 == "4242"


def test_an_event_whose_cause_never_comes_is_set_aside_after_a_day(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.hear(next(one for one in home.new_events() if one["type"] == "charge.succeeded"))
    home.time.forward(days=2)
    home.work()
    assert home.app.database.rows("SELECT status FROM webhook_events") == [("set_aside",)]


def test_types_that_move_nothing_are_kept_and_ignored(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    event = home.new_events()[0] | {"type": "brand.new_thing"}
    home.hear(event)
    assert home.app.database.rows("SELECT type, status FROM webhook_events") == [("brand.new_thing", "ignored")]


def test_a_payment_that_came_too_late_is_sent_back_once(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    events = home.new_events()
    home.time.forward(hours=25)
    home.app.expire_windows()
    assert home.payment(session_id).session.status is Status.EXPIRED

    home.hear(*events)
    home.work()
    home.hear()

    payment = home.payment(session_id)
    assert [one.disposition for one in payment.transactions] == [Disposition.LATE]
    assert [refund.status for refund in payment.refunds] == [RefundStatus.SUCCEEDED]
    assert payment.transactions[0].status is TransactionStatus.REFUNDED
    assert len(home.stripe_has("refund")) == 1
    assert home.told() == ["auction.payment_pending", "auction.reopened"]
    balance = (
        "SELECT sum(CASE WHEN debit = 'stripe_balance' THEN amount_minor ELSE -amount_minor END) FROM ledger_entries"
    )
    assert home.app.database.rows(balance) == [(0,)]


@pytest.mark.parametrize("seconds", [-1, 0, 1, 60])
def test_what_was_confirmed_before_the_end_counts_whatever_time_its_events_bear(home: House, seconds: int) -> None:
    session_id = home.opened()
    end = home.payment(session_id).session.window_expires_at
    home.time.at = end - timedelta(seconds=60)
    home.pay(session_id)
    events = home.new_events()
    for event in events:
        event["created"] = int((end + timedelta(seconds=seconds)).timestamp())
    home.time.at = end + timedelta(seconds=5)
    home.hear(*events)
    home.work()
    assert home.payment(session_id).session.status is (Status.COMPLETED if seconds <= 0 else Status.PROCESSING)
    home.time.forward(seconds=seconds + 1)
    assert drain(home.app.reconcile_attempts) == (seconds > 0)
    payment = home.payment(session_id)
    assert payment.session.status is Status.COMPLETED
    assert payment.refunds == []
