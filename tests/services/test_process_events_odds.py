"""Events that nobody foresaw, and money that does not stay where it went."""

import time as pause
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain.lifecycle import Status
from domain.transaction import RefundStatus, TransactionStatus
from models.inbox import Inbox
from tests.house import House, house

#: How many wait for somebody else's transaction.
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
def greedy(database_url: str) -> Iterator[House]:
    """A house that keeps all."""
    with house(database_url, PLATFORM_FEE_BASIS_POINTS="10000") as home:
        yield home
        assert home.app.check_invariants() == []


def test_an_event_whose_time_is_out_of_this_world_holds_up_no_other(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    good = home.new_events()
    document = next(one["data"]["object"] for one in good if one["type"] == "checkout.session.completed")
    bad = good[0] | {
        "id": "evt_bad",
        "type": "checkout.session.async_payment_succeeded",
        "data": {"object": document | {"expires_at": 1e20}},
    }
    home.hear(bad, *good)
    assert home.payment(session_id).session.status is Status.COMPLETED
    ((status, reason),) = home.app.database.rows(
        "SELECT status, reason FROM webhook_events WHERE stripe_event_id = 'evt_bad'"
    )
    assert status == "set_aside"
    assert reason.startswith("unreadable")


def test_a_house_that_keeps_all_books_what_it_gets(greedy: House) -> None:
    session_id = greedy.opened()
    greedy.pay(session_id)
    greedy.hear()
    payment = greedy.payment(session_id)
    assert payment.session.status is Status.COMPLETED
    assert payment.transactions[0].platform_fee_minor == 27550


def refund_all(home: House, session_id: UUID) -> None:
    """As somebody does in Stripe's dashboard."""
    transaction = home.payment(session_id).transactions[0]
    request = {"payment_intent": transaction.stripe_payment_intent_id, "amount": transaction.amount_minor}
    home.app.stripe.refund(request, idempotency_key="dashboard")


def test_a_refund_that_fails_when_the_lot_is_sold_again_is_recorded(home: House) -> None:
    first = home.opened()
    home.pay(first, "4000000000005126")
    home.hear()
    refund_all(home, first)
    refunded = home.new_events()
    home.hear(*[one for one in refunded if one["type"] != "refund.failed"])
    assert home.payment(first).session.fully_refunded
    second = home.opened(buyer_id="buyer-2")

    home.forward(days=3)
    failed: list[Any] = [one for one in (*refunded, *home.new_events()) if one["type"] == "refund.failed"]
    assert failed
    home.hear(*failed)
    payment = home.payment(first)
    assert [refund.status for refund in payment.refunds] == [RefundStatus.FAILED]
    assert payment.transactions[0].status is TransactionStatus.SUCCEEDED
    assert payment.transactions[0].refunded_minor == 0
    assert home.payment(second).session.status is Status.PENDING
    assert home.told().count("order.canceled") == 1
    home.time.at = home.payment(second).session.created_at


def test_batches_with_the_same_events_in_other_orders_do_not_wait_in_a_circle(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    events = [home.app.read_event(orjson.dumps(event)) for event in home.new_events()]
    assert len(events) >= 3
    events.sort(key=lambda event: event.stripe_event_id)
    middle = len(events) // 2
    orders = (events, [*events[:middle:-1], *events[: middle + 1][::-1]])

    with ThreadPoolExecutor(2) as threads, home.app.database.transaction() as first:
        # Whoever comes to this one waits until we are gone, with what came before it in hand.
        Inbox(first, home.app.store.cipher).store([events[middle]])
        stored = [threads.submit(home.app.receive_events, order) for order in orders]
        for _ in range(500):
            if home.app.database.rows(WAITING) == [(2,)]:
                break
            pause.sleep(0.01)
        first.rollback()
        assert sum(one.result() for one in stored) == len(events)
    home.process()
    assert home.payment(session_id).session.status is Status.COMPLETED
