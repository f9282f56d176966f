"""Telling the services downstream: signed, each event until it is received, each auction's in order."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import orjson
import pytest

from domain.bells import TELL_AUCTION, TELL_ORDER
from domain.delivering import GIVE_UP, GIVE_UP_REFUSED
from domain.errors import GatewayUnavailable
from domain.messaging import DeadLetter, Delivery, OutgoingEvent
from models.deliveries import Wanted
from runtime.gauges import StandingCollector
from services.deliver_events import DeliverEvents, one_by_one
from tests.crashes import Died, DiesAfterCall, DiesBeforeCall, DiesBeforeCommit
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
        ORDER_WEBHOOK_URL=f"{auction.url}/of-orders",
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


@pytest.mark.parametrize("where", ["before the claim", "before the call", "before the record"])
def test_death_at_any_line_loses_nothing_and_tells_one_thing(telling: House, auction: Listener, where: str) -> None:
    telling.require()
    deliver: DeliverEvents = telling.app.deliver_events
    dying = {
        "before the claim": replace(deliver, begin=DiesBeforeCommit(deliver.begin, 1)),
        "before the call": replace(deliver, downstream=DiesBeforeCall(deliver.downstream, "send")),
        "before the record": replace(deliver, begin=DiesBeforeCommit(deliver.begin, 2)),
    }[where]
    with pytest.raises(Died):
        dying(endpoint="auction")
    telling.leases_run_out()
    telling.work()
    assert len({str(one) for one in auction.told}) == 1
    assert len(auction.told) == (2 if where == "before the record" else 1)


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


def test_a_delivery_is_held_until_it_is_recorded(telling: House) -> None:
    """What was taken over in between would be told again, after what follows it."""
    for number in range(3):
        telling.require(auction_id=f"auction-{number}")
    held: set[object] = set()
    seen: list[int] = []

    @contextmanager
    def hold(_work: object, delivery: Delivery) -> Iterator[None]:
        held.add(delivery.event_id)
        yield
        rows = telling.app.database.rows("SELECT status FROM deliveries WHERE event_id = %s", (delivery.event_id,))
        assert rows == [("sent",)]
        held.discard(delivery.event_id)

    class Watching:
        def send(self, _endpoint: str, _event: object, *, late: bool) -> None:
            seen.append(len(held))

    watched = replace(telling.app.deliver_events, hold=hold, downstream=Watching(), senders=one_by_one)
    assert watched() == 3
    assert seen == [3, 3, 3]
    assert not held


def test_behind_one_that_does_not_answer_nobody_waits(telling: House) -> None:
    for number in range(4):
        telling.require(auction_id=f"auction-{number}")
    others = threading.Semaphore(0)

    class OneIsSilent:
        def send(self, _endpoint: str, event: OutgoingEvent, *, late: bool) -> None:
            if event.auction_id != "auction-0":
                others.release()
                return
            # It ends only when all the others were told.
            assert all(others.acquire(timeout=20) for _ in range(3))
            raise GatewayUnavailable("it did not answer")

    assert replace(telling.app.deliver_events, downstream=OneIsSilent())() == 4
    rows = telling.app.database.rows("SELECT auction_id, status FROM deliveries ORDER BY auction_id")
    assert [status for _, status in rows] == ["waiting", "sent", "sent", "sent"]
    telling.app.database.rows("UPDATE deliveries SET status = 'sent', finished_at = now() RETURNING 1")


def test_one_endpoint_does_not_take_the_turn_of_another(telling: House, auction: Listener) -> None:
    auction.answers = [500] * 5
    telling.pay(telling.opened())
    telling.hear()
    assert telling.app.deliver_events(endpoint="order") == 1
    assert telling.app.due[TELL_AUCTION]() == 1
    assert telling.app.due[TELL_ORDER]() == 0
    assert telling.rung[TELL_AUCTION] == 2
    assert telling.rung[TELL_ORDER] == 1


def test_what_is_sent_again_is_marked_as_late_and_holds_up_nothing(telling: House, auction: Listener) -> None:
    auction.refuses = lambda event: 500 if event["type"] == "auction.payment_pending" else None
    telling.opened()
    telling.work()
    telling.forward(seconds=GIVE_UP.total_seconds())
    telling.app.deliver_events()
    (letter,) = telling.app.dead_letters.listed()
    telling.app.dead_letters.requeue(letter.id, "cli:test")
    telling.app.deliver_events()
    assert telling.app.expire_windows() == 1
    telling.forward(seconds=1)
    telling.app.deliver_events()
    assert auction.types == ["auction.reopened"]  # while the old one is refused again
    assert auction.late == []

    auction.refuses = lambda _event: None
    telling.forward(seconds=3600)
    telling.work()
    (pending,) = [name for name, event in auction.told if event["type"] == "auction.payment_pending"]
    assert auction.late == [pending]


def test_a_receiver_that_is_gone_is_left_alone_until_a_person_resumes_it(telling: House, auction: Listener) -> None:
    auction.answers = [410]
    telling.require()
    telling.app.deliver_events()
    telling.require(auction_id="auction-2")
    telling.forward(days=4)
    telling.app.deliver_events()
    assert auction.asked == 1
    ((kind, data),) = telling.app.database.rows("SELECT kind, data FROM security_events")
    assert (kind, data["endpoint"]) == ("endpoint_paused", "auction")

    telling.app.manage_endpoints.resume("auction", "cli:test", "they are back")
    auction.answers = [500]
    telling.app.deliver_events()  # one is refused once more, and not given up for having waited so long
    telling.forward(seconds=1)
    telling.app.deliver_events()
    assert len(auction.told) == 2
    telling.work()


def test_a_receiver_that_asks_for_rest_gets_it(telling: House, auction: Listener) -> None:
    auction.answers, auction.headers = [429], {"retry-after": "120"}
    for number in range(3):
        telling.require(auction_id=f"auction-{number}")
    telling.app.deliver_events(1)
    telling.forward(seconds=100)
    assert telling.app.deliver_events() == 0
    telling.forward(seconds=21)
    telling.app.deliver_events()
    assert len(auction.told) == 3


def test_an_event_that_a_receiver_calls_wrong_is_given_up_after_hours_where_it_takes_others(
    telling: House, auction: Listener
) -> None:
    auction.refuses = lambda event: 422 if event["data"]["auctionId"] == "auction-1" else None
    telling.require()
    telling.app.deliver_events()
    telling.forward(seconds=GIVE_UP_REFUSED.total_seconds())
    telling.app.deliver_events()
    assert telling.app.dead_letters.listed() == []  # it may be the secret that is wrong
    telling.require(auction_id="auction-2")
    telling.forward(hours=1)
    telling.app.deliver_events()
    telling.forward(hours=1)
    telling.app.deliver_events()
    assert [letter.error for letter in telling.app.dead_letters.listed()] == ["auction answered 422"]
    telling.work()


def test_an_endpoint_that_fails_is_asked_by_one_probe_until_it_answers(telling: House, auction: Listener) -> None:
    auction.refuses = lambda _event: 503
    for number in range(30):
        telling.require(auction_id=f"auction-{number}")
    telling.app.deliver_events()
    first = auction.asked
    assert 5 <= first <= 20  # what was under way when it failed
    for _ in range(10):
        telling.forward(seconds=80)
        telling.app.deliver_events()
        telling.app.deliver_events()
    assert auction.asked == first + 10
    auction.refuses = lambda _event: None
    telling.forward(seconds=80)
    telling.app.deliver_events()
    telling.app.deliver_events()
    assert len(auction.told) == 30


def test_what_waited_for_an_endpoint_that_was_away_for_days_is_given_up_too(telling: House, auction: Listener) -> None:
    auction.refuses = lambda _event: 503
    for number in range(30):
        telling.require(auction_id=f"auction-{number}")
    telling.app.deliver_events()
    telling.forward(seconds=GIVE_UP.total_seconds() + 100)
    health = {
        (sample.name, *sample.labels.values()): sample.value
        for family in StandingCollector(telling.app.database).collect()
        for sample in family.samples
    }
    assert health["payments_endpoint_backlog", "auction"] == 30
    assert health["payments_endpoint_oldest_age_seconds", "auction"] < 60  # by the database's clock
    assert health["payments_endpoint_unhealthy", "auction", "failing"] == 1
    assert health["payments_endpoint_unhealthy", "order", "failing"] == 0
    telling.app.deliver_events()
    assert len(telling.app.dead_letters.listed()) == 30
    assert auction.asked < 30
    telling.work()


def test_what_waits_for_an_endpoint_that_a_person_has_paused_is_not_given_up(telling: House, auction: Listener) -> None:
    auction.refuses = lambda _event: 503
    for number in range(30):
        telling.require(auction_id=f"auction-{number}")
    telling.app.deliver_events()
    telling.forward(seconds=GIVE_UP.total_seconds() + 100)

    class PausedMeanwhile:
        def send(self, endpoint: str, _event: OutgoingEvent, *, late: bool) -> None:
            assert not late
            telling.app.manage_endpoints.pause(endpoint, "admin:ada", "they move")
            raise GatewayUnavailable("it is away")

    assert replace(telling.app.deliver_events, downstream=PausedMeanwhile())() == 1
    assert telling.app.dead_letters.listed() == []
    telling.app.manage_endpoints.resume("auction", "admin:ada", "they have moved")
    auction.refuses = lambda _event: None
    assert telling.app.deliver_events() == len(auction.told) == 30
    telling.work()


def test_an_event_that_cannot_be_sent_at_all_holds_up_no_other_auction(telling: House, auction: Listener) -> None:
    class Torn:
        def send(self, _endpoint: str, event: OutgoingEvent, *, late: bool) -> None:
            if event.auction_id == "auction-1":
                raise ZeroDivisionError
            assert not late

    telling.require()
    telling.require(auction_id="auction-2")
    assert replace(telling.app.deliver_events, downstream=Torn())() == 2
    rows = telling.app.database.rows("SELECT status, last_error FROM deliveries ORDER BY auction_id")
    assert rows == [("waiting", "it could not be sent: ZeroDivisionError"), ("sent", None)]
    telling.forward(seconds=1)
    telling.work()


def test_what_is_sent_again_settles_its_own_letters_whatever_lies_beside_them(
    telling: House, auction: Listener
) -> None:
    auction.answers = [500] * 99
    for number in (1, 2, 3):
        telling.require(auction_id=f"auction-{number}")
    telling.app.deliver_events()
    telling.forward(days=3, hours=1)
    telling.app.deliver_events()
    app = telling.app
    sold, lost, other = sorted(app.dead_letters.listed(), key=lambda one: one.id)
    with app.database.transaction() as connection:
        connection.execute("UPDATE dead_letters SET message = '\\xdeadbeef00' WHERE id = %s", (lost.id,))
    stranger = DeadLetter(app.new_id(), "deliveries", "auction:x", b"no event of ours", "invalid", "", telling.time())
    app.keep_dead_letters([stranger])
    events = [orjson.loads(letter.message)["event_id"] for letter in (sold, lost)]
    for event_id in events:
        assert app.manage_deliveries.resend(UUID(event_id), "auction", "admin:ann", "it is back") == 1
    assert {one.id for one in app.dead_letters.listed()} == {other.id, stranger.id}
    settled = app.dead_letters.show(sold.id)
    assert (settled.status, settled.resolved_by, settled.resolved_at) == ("requeued", "system", telling.time())
    telling.app.expire_windows()


def test_a_replay_that_dies_half_way_is_on_record_as_far_as_it_came(telling: House, auction: Listener) -> None:
    for number in (1, 2):
        telling.require(auction_id=f"auction-{number}")
    telling.app.deliver_events()
    app, wanted = telling.app, Wanted("auction", since=telling.time() - GIVE_UP)
    dying = replace(app.manage_deliveries, begin=DiesBeforeCommit(app.store.begin, 2), batch=1)
    with pytest.raises(Died):
        dying.replay(wanted, "admin:ann", "they lost a day")
    telling.work()
    assert len(auction.told) == 3
    recorded = "SELECT actor, data ->> 'count' FROM security_events WHERE kind = 'events_resent'"
    assert app.database.rows(recorded) == [("admin:ann", "1")]
    assert app.manage_deliveries.replay(wanted, "admin:ann", "the rest") == 2
    telling.work()
    assert len(auction.told) == 5


def due_rows(home: House) -> int:
    ((count,),) = home.app.database.rows(
        "SELECT count(*) FROM deliveries WHERE endpoint = 'auction' AND status = 'waiting' AND due_at <= %s",
        (home.time(),),
    )
    return int(count)


def test_what_waits_behind_an_event_that_was_put_off_is_not_due_before_it(telling: House, auction: Listener) -> None:
    auction.answers = [500, 500]
    telling.pay(telling.opened())
    telling.hear()
    telling.app.deliver_events(endpoint="auction")
    assert due_rows(telling) == 0
    telling.forward(seconds=30)
    telling.app.deliver_events(endpoint="auction")
    assert due_rows(telling) == 0
    telling.forward(seconds=30)
    telling.work()
    assert [one for one in auction.types if one.startswith("auction.")] == ["auction.payment_pending", "auction.sold"]


def test_what_waited_behind_an_event_that_is_dropped_goes_out_at_once(telling: House, auction: Listener) -> None:
    auction.answers = [500]
    telling.pay(telling.opened())
    telling.hear()
    telling.app.deliver_events(endpoint="auction")
    ((event_id,),) = telling.app.database.rows("SELECT event_id FROM deliveries WHERE tries > 0")
    telling.app.manage_deliveries.drop(event_id, "auction", "admin:ann", "they know")
    telling.app.deliver_events(endpoint="auction")
    assert auction.types == ["auction.sold"]


def test_what_waited_behind_an_event_that_was_held_back_for_days_is_due_when_that_is_given_up(
    telling: House, auction: Listener
) -> None:
    auction.refuses = lambda _event: 503
    for number in range(6):
        telling.require(auction_id=f"auction-{number}")
    telling.app.deliver_events()
    telling.forward(seconds=GIVE_UP.total_seconds() - 60)
    telling.app.expire_windows()
    with telling.app.database.transaction() as connection:
        connection.execute("UPDATE deliveries SET due_at = %s", (telling.time() + timedelta(hours=1),))
    telling.forward(minutes=2)
    ((probe,),) = telling.app.database.rows(
        "SELECT id FROM outbox WHERE auction_id = 'auction-0' ORDER BY order_no LIMIT 1"
    )
    with telling.app.database.transaction() as connection:
        connection.execute("UPDATE deliveries SET due_at = %s WHERE event_id = %s", (telling.time(), probe))
    telling.app.deliver_events(endpoint="auction")
    assert len(telling.app.dead_letters.listed()) == 6
    assert due_rows(telling) == 6
