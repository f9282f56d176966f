"""Two endpoints at one address: an auction has one line there, whoever of the two is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.bells import TELL_ORDER
from domain.delivering import GIVE_UP
from tests.house import House, house
from tests.listener import SECRET, Listener, listening

SOLD = ["auction.payment_pending", "auction.sold", "order.requested"]


@pytest.fixture
def service() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def telling(database_url: str, service: Listener) -> Iterator[House]:
    with house(
        database_url,
        AUCTION_WEBHOOK_URL=service.url,
        AUCTION_WEBHOOK_SECRET=SECRET,
        ORDER_WEBHOOK_URL=service.url.replace("http://", "HTTP://"),
        ORDER_WEBHOOK_SECRET=SECRET,
    ) as home:
        yield home
        assert home.app.check_invariants() == []


def sold(home: House, auction_id: str = "auction-1") -> None:
    home.pay(home.opened(auction_id=auction_id))
    home.hear()


def test_an_order_is_not_told_of_before_the_sale_that_it_follows(telling: House, service: Listener) -> None:
    sold(telling)
    assert telling.app.deliver_events(endpoint="order") == 0
    assert service.types == []
    telling.rung.clear()
    telling.app.deliver_events(endpoint="auction")
    assert telling.rung[TELL_ORDER] >= 1
    telling.app.deliver_events(endpoint="order")
    assert service.types == SOLD


def test_several_workers_keep_one_order_at_one_address(telling: House, service: Listener) -> None:
    for number in range(6):
        sold(telling, f"auction-{number}")
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda n: telling.app.deliver_events(3, endpoint=("order", "auction")[n % 2]), range(40)))
    telling.work()
    for number in range(6):
        numbers = [e["data"]["sequence"] for _, e in service.told if e["data"]["auctionId"] == f"auction-{number}"]
        assert numbers == [1, 2, 3]


def test_what_waits_behind_an_event_of_the_other_family_is_due_with_it_and_goes_when_it_is_given_up(
    telling: House, service: Listener
) -> None:
    service.refuses = lambda event: 500 if event["type"].startswith("auction.") else None
    sold(telling)
    telling.app.deliver_events()
    due = "SELECT count(DISTINCT due_at), min(due_at) > %s FROM deliveries WHERE status = 'waiting'"
    assert telling.app.database.rows(due, (telling.time(),)) == [(1, True)]
    for _ in range(2):
        telling.forward(seconds=GIVE_UP.total_seconds())
        telling.app.deliver_events()
    telling.app.deliver_events()
    assert service.types == ["order.requested"]
    assert len(telling.app.dead_letters.listed()) == 2


def test_what_waited_behind_a_dropped_event_of_the_other_family_goes_out_at_once(
    telling: House, service: Listener
) -> None:
    service.answers = [500]
    sold(telling)
    with telling.app.database.transaction() as connection:
        connection.execute("UPDATE deliveries SET status = 'sent', finished_at = now() WHERE order_no = 1")
    telling.app.deliver_events(endpoint="auction")
    ((event_id,),) = telling.app.database.rows("SELECT event_id FROM deliveries WHERE status = 'waiting' AND tries > 0")
    telling.rung.clear()
    telling.app.manage_deliveries.drop(event_id, "auction", "admin:ann", "they know")
    assert telling.rung[TELL_ORDER] == 1
    telling.app.deliver_events(endpoint="order")
    assert service.types == ["order.requested"]


def test_an_endpoint_that_is_paused_holds_up_no_other_at_its_address(telling: House, service: Listener) -> None:
    service.answers = [500]
    sold(telling)
    telling.app.deliver_events(endpoint="auction")  # what follows is put off with what was refused
    telling.app.manage_endpoints.pause("auction", "admin:ann", "they move house")
    telling.app.deliver_events()
    assert service.types == ["order.requested"]
    telling.app.manage_endpoints.resume("auction", "admin:ann", "they have moved")
    telling.work()
    assert service.types == ["order.requested", *SOLD[:2]]


def test_when_the_address_is_back_nothing_that_waited_for_the_other_family_is_left_lying(
    telling: House, service: Listener
) -> None:
    service.refuses = lambda _event: 503
    for number in range(6):
        sold(telling, f"auction-{number}")
    telling.app.deliver_events()
    service.refuses = lambda _event: None
    telling.forward(seconds=80)
    for _ in range(4):
        telling.app.deliver_events()
    assert len(service.told) == 18
