"""Velocity is one cheap query for any number of requests."""

from collections.abc import Iterator

import pytest

from models import velocity
from models.velocity import Who, velocities
from tests.databases import Databases
from tests.house import House, house, prepare


@pytest.fixture(scope="session")
def database_template(databases: Databases) -> str:
    return databases.template("migrated", prepare)


@pytest.fixture
def home(database_url: str) -> Iterator[House]:
    with house(database_url) as home:
        yield home


def test_each_is_answered_in_its_place_and_strangers_with_nothing(home: House) -> None:
    home.require(risk={"device_id": "phone-1"})
    asked = [
        Who("stranger", None, None),
        Who("stranger", "BUYER@example.com", None),
        Who("buyer-1", None, None),
        Who("stranger", None, "phone-1"),
        Who("stranger", "stranger@example.com", "phone-2"),
    ]
    with home.app.store.begin() as uow:
        found = velocities(uow.connection, uow.cipher, asked, home.time())
    assert [(one.buyer.sessions, one.email.sessions, one.device.sessions) for one in found] == [
        (0, 0, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1), (0, 0, 0),
    ]  # fmt: skip
    assert found[3].device.buyers == {"buyer-1"}


def test_nobody_asked_is_nothing_asked_of_the_database(home: House) -> None:
    with home.app.store.begin() as uow:
        assert velocities(uow.connection, uow.cipher, [], home.time()) == []


def test_the_query_walks_along_indexes(home: House) -> None:
    params = {"buyers": ["a"], "emails": [b"a"], "devices": [b"a"], "enough": 100} | dict.fromkeys(
        ("since", "sessions_since", "declines_since", "buyers_since"), home.time()
    )
    with home.app.database.transaction() as connection:
        connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        rows = connection.execute(f"EXPLAIN {velocity._SEEN}", params)
        plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan on payment_sessions" not in plan
    assert "Seq Scan on risk_signals" not in plan
    for index in ("payment_sessions_buyer ", "payment_sessions_buyer_email ", "payment_sessions_device "):
        assert f"using {index}" in plan
    assert "Sort" not in plan.split("Append")[-1], "newest first comes from the index"
