"""Telling the services downstream: signed, each event until it is received, each auction's in order."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from domain.errors import GatewayUnavailable
from domain.messaging import Delivery, OutgoingEvent
from services.deliver_events import GIVE_UP, DeliverEvents
from tests.crashes import Died, DiesAfterCall
from tests.house import House, house
from tests.listener import SECRET, Listener, listening


@pytest.fixture
def auction() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def telling(database_url: str, auction: Listener) -> Iterator[House]:
    with house(
        database_url,
        AUCTION_WEBHOOK_URL=auction.url,
        AUCTION_WEBHOOK_SECRET=SECRET,
        ORDER_WEBHOOK_URL=auction.url,
        ORDER_WEBHOOK_SECRET=SECRET,
    ) as home:
        yield home
        assert home.app.check_invariants() == []


def test_what_happens_is_told_in_order_with_its_ids(telling: House, auction: Listener) -> None:
    session_id = telling.opened()
    telling.pay(session_id)
    telling.hear()
    telling.work()

    assert sorted(auction.types) == ["auction.payment_pending", "auction.sold", "order.requested"]
    assert [one for one in auction.types if one.startswith("auction.")] == ["auction.payment_pending", "auction.sold"]
    _, event = auction.told[0]
    assert event["data"]["sessionId"] == str(session_id)
    assert event["data"]["auctionId"] == "auction-1"
    assert event["data"]["amount"] == "275.50"


@pytest.mark.parametrize("status", [500, 404, 302])
def test_an_event_that_was_not_received_is_told_again_and_nothing_overtakes_it(
    telling: House, auction: Listener, status: int
) -> None:
    auction.answers = [status, status]
    telling.pay(telling.opened())
    telling.hear()
    telling.work()
    assert "auction.sold" not in auction.types
    telling.forward(seconds=30)
    telling.work()
    telling.forward(seconds=30)
    telling.work()
    assert [one for one in auction.types if one.startswith("auction.")] == ["auction.payment_pending", "auction.sold"]


def test_one_auction_that_is_stuck_does_not_hold_up_another(telling: House, auction: Listener) -> None:
    auction.answers = [500]
    telling.require()
    telling.app.deliver_events(1)
    telling.require(auction_id="auction-2")
    telling.work()
    assert [event["data"]["auctionId"] for _, event in auction.told] == ["auction-2"]


def test_death_after_the_call_tells_the_same_event_again_under_the_same_id(telling: House, auction: Listener) -> None:
    telling.require()
    deliver: DeliverEvents = telling.app.deliver_events
    with pytest.raises(Died):
        replace(deliver, downstream=DiesAfterCall(deliver.downstream, "send"))()
    telling.leases_run_out()
    telling.work()
    (first_id, first), (second_id, second) = auction.told
    assert first_id == second_id
    assert first == second


def test_many_workers_keep_the_order_of_each_auction(telling: House, auction: Listener) -> None:
    sessions = [telling.opened(auction_id=f"auction-{number}") for number in range(8)]
    for session_id in sessions:
        telling.pay(session_id, "4000000000000002")
    telling.forward(seconds=2)
    for session_id in sessions:
        telling.pay(session_id)
    telling.hear()
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: telling.app.deliver_events(3), range(60)))
    telling.work()
    for number in range(8):
        mine = [one["type"] for _, one in auction.told if one["data"]["auctionId"] == f"auction-{number}"]
        told = [one for one in mine if one.startswith("auction.")]
        assert told == ["auction.payment_pending", "auction.payment_failed", "auction.sold"]


def test_what_was_never_received_in_three_days_is_a_dead_letter_that_can_be_sent_again(
    telling: House, auction: Listener
) -> None:
    auction.answers = [500] * 50
    telling.require()
    telling.work()
    telling.forward(seconds=GIVE_UP.total_seconds())
    telling.app.deliver_events()

    (letter,) = telling.app.dead_letters.listed()
    assert (letter.queue, letter.reason) == ("deliveries", "not_delivered")
    auction.answers = []
    telling.app.dead_letters.requeue(letter.id, "operator")
    telling.app.deliver_events()
    assert auction.types[0] == "auction.payment_pending"
    telling.work()


def test_a_batch_is_held_to_its_end(telling: House) -> None:
    """What waits behind a slow one must not be taken over meanwhile, and then told again after what follows it."""
    for number in range(3):
        telling.require(auction_id=f"auction-{number}")
    held: set[object] = set()
    seen: list[int] = []

    @contextmanager
    def hold(_work: object, delivery: Delivery) -> Iterator[None]:
        held.add(delivery.event_id)
        yield
        held.discard(delivery.event_id)

    class Watching:
        def send(self, _endpoint: str, _event: object) -> None:
            seen.append(len(held))

    assert replace(telling.app.deliver_events, hold=hold, downstream=Watching())() == 3
    assert seen == [3, 2, 1]
    assert not held


def test_behind_one_that_does_not_answer_nobody_waits(telling: House, auction: Listener) -> None:
    for number in range(3):
        telling.require(auction_id=f"auction-{number}")
    asked: list[str] = []

    class Silent:
        def send(self, _endpoint: str, event: OutgoingEvent) -> None:
            asked.append(event.auction_id)
            raise GatewayUnavailable("it did not answer")

    assert replace(telling.app.deliver_events, downstream=Silent())() == 3
    assert len(asked) == 1
    telling.work()
    assert sorted(event["data"]["auctionId"] for _, event in auction.told) == sorted(
        {"auction-0", "auction-1", "auction-2"} - set(asked)
    )
    assert telling.app.database.rows("SELECT tries FROM deliveries ORDER BY tries") == [(1,), (1,), (1,)]
