"""Whether work flows, asked of a real database."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from domain.bells import ISSUE_RECEIPTS, OPEN_CHECKOUTS
from gateways.queue.redis_store import RedisStore
from models.database import Database, DatabaseUnavailable
from proof.drill.flow import Flow
from proof.drill.hands import Hands
from tests.house import House


@pytest.fixture
def flow(database_url: str) -> Iterator[Flow]:
    with closing(Database(database_url, pool_size=1)) as database:
        yield Flow(database, Hands(database), timedelta(seconds=5), timedelta(seconds=2))


def well() -> str:
    return ""


def test_it_flows_where_nothing_waits_and_all_processes_are_well(home: House, flow: Flow) -> None:
    assert flow.hands.in_hand() == frozenset()
    assert flow.waiting() == {}
    assert flow.obstacle(well) == ""
    assert flow.obstacle(lambda: "api") == "api"


def test_it_does_not_flow_while_something_has_been_due_for_more_than_a_second(home: House, flow: Flow) -> None:
    home.time.at = datetime.now(UTC) - timedelta(minutes=1)
    home.require()
    assert flow.waiting()[OPEN_CHECKOUTS] == 1
    assert f"1 {OPEN_CHECKOUTS}" in flow.obstacle(well)


def test_what_a_dead_hand_held_is_taken_over_when_it_is_done_or_another_has_it_and_not_when_its_lease_ran_out(
    home: House, flow: Flow
) -> None:
    home.time.forward(hours=1)  # so that it is not due
    home.require()
    lease = "UPDATE checkout_attempts SET leased_until = lease_now() + '6 s', fence = fence + 1 RETURNING id"
    flow.database.rows(lease)
    dead = flow.hands.in_hand()
    assert len(dead) == 1
    assert not flow.taken_over(dead)
    flow.database.rows("UPDATE checkout_attempts SET leased_until = lease_now() RETURNING id")
    assert flow.hands.in_hand() == frozenset()
    assert not flow.taken_over(dead)

    flow.database.rows("UPDATE checkout_attempts SET leased_until = NULL RETURNING id")
    assert flow.taken_over(dead)
    flow.database.rows(lease)
    assert flow.taken_over(dead)


def test_what_stripe_has_told_meanwhile_is_in_no_dead_hand(home: House, flow: Flow) -> None:
    session_id = home.opened()
    # A worker asks Stripe what became of it, and dies.
    lease = "UPDATE checkout_attempts SET leased_until = lease_now() + '6 s', fence = fence + 1 RETURNING id"
    flow.database.rows(lease)
    dead = flow.hands.in_hand()
    assert dead
    home.pay(session_id)
    home.hear()
    assert flow.database.rows("SELECT leased_until IS NOT NULL FROM checkout_attempts") == [(True,)]
    assert flow.taken_over(dead)


def test_a_receipt_waits_only_when_it_could_have_been_numbered_for_a_second(home: House, flow: Flow) -> None:
    home.time.at = datetime.now(UTC) - timedelta(minutes=1)
    home.pay(home.opened())
    home.hear()
    assert ISSUE_RECEIPTS not in flow.waiting()
    time.sleep(1.05)  # it is the machine's clock that is measured with
    assert flow.waiting()[ISSUE_RECEIPTS] == 1


def test_messages_that_the_broker_has_handed_out_are_in_hand(redis_url: str, flow: Flow) -> None:
    with closing(Redis.from_url(redis_url)) as redis:
        hands = Hands(flow.database, redis)
        store = RedisStore(redis)
        store.enqueue("events", "1", b"a message")
        assert hands.in_hand() == frozenset()
        store.fetch("events", 1)
        dead = hands.in_hand()
        assert len(dead) == len(hands.still(dead)) == 1
        store.ack("events", [b"1"])
        assert hands.still(dead) == frozenset()


def test_nothing_flows_and_nothing_is_in_hand_while_the_database_is_away() -> None:
    with closing(Database("postgresql://nobody:none@127.0.0.1:1/none", pool_size=1)) as away:
        flow = Flow(away, Hands(away), timedelta(seconds=5), timedelta(seconds=2))
        assert flow.hands.in_hand() == frozenset()
        assert "database" in flow.obstacle(well)
        with pytest.raises(DatabaseUnavailable):
            flow.waiting()
