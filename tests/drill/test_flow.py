"""Whether work flows, asked of a real database."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from domain.bells import OPEN_CHECKOUTS
from models.database import Database, DatabaseUnavailable
from proof.drill.flow import Flow
from tests.house import House


@pytest.fixture
def flow(database_url: str) -> Iterator[Flow]:
    with closing(Database(database_url, pool_size=1)) as database:
        yield Flow(database, timedelta(seconds=5), timedelta(seconds=2))


def well() -> str:
    return ""


def test_it_flows_where_nothing_waits_and_all_processes_are_well(home: House, flow: Flow) -> None:
    assert flow.in_hand() == frozenset()
    assert flow.waiting() == {}
    assert flow.obstacle(frozenset(), well) == ""
    assert flow.obstacle(frozenset(), lambda: "api") == "api"


def test_it_does_not_flow_while_something_has_been_due_for_more_than_a_second(home: House, flow: Flow) -> None:
    home.time.at = datetime.now(UTC) - timedelta(minutes=1)
    home.require()
    assert flow.waiting()[OPEN_CHECKOUTS] == 1
    assert f"1 {OPEN_CHECKOUTS}" in flow.obstacle(frozenset(), well)


def test_it_does_not_flow_while_a_dead_hand_holds_something_and_does_when_another_has_it(
    home: House, flow: Flow
) -> None:
    home.time.forward(hours=1)  # so that it is not due
    home.require()
    flow.database.rows("UPDATE checkout_attempts SET leased_until = lease_now() + interval '6 s' RETURNING id")
    dead = flow.in_hand()
    assert len(dead) == 1
    assert "killed worker" in flow.obstacle(dead, well)
    flow.database.rows("UPDATE checkout_attempts SET fence = fence + 1 RETURNING id")
    assert flow.obstacle(dead, well) == ""


def test_nothing_flows_and_nothing_is_in_hand_while_the_database_is_away() -> None:
    with closing(Database("postgresql://nobody:none@127.0.0.1:1/none", pool_size=1)) as away:
        flow = Flow(away, timedelta(seconds=5), timedelta(seconds=2))
        assert flow.in_hand() == frozenset()
        assert "database" in flow.obstacle(frozenset(), well)
        with pytest.raises(DatabaseUnavailable):
            flow.waiting()
