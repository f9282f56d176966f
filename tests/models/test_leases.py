"""Leases are kept while work goes on, run out when it does not, and never make anybody wait."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from models.leases import LeaseRenewer, unrenewed
from models.work import ATTEMPT_WORK, LEASE, RENEWAL
from tests.databases import Databases
from tests.house import House, house, prepare


@pytest.fixture(scope="session")
def database_template(databases: Databases) -> str:
    return databases.template("migrated", prepare)


@pytest.fixture
def home(database_url: str) -> Iterator[House]:
    with house(database_url) as home:
        yield home


def claim(home: House) -> Any:
    with home.app.store.begin() as uow:
        (attempt,) = ATTEMPT_WORK.claim(uow.connection, uow.cipher, home.time())
    return attempt


def left(home: House) -> list[float]:
    rows = home.app.database.rows(
        "SELECT extract(epoch FROM leased_until - lease_now()) FROM checkout_attempts ORDER BY id"
    )
    return [float(seconds) for (seconds,) in rows]


def renew(home: House, *attempts: Any) -> None:
    with home.app.database.transaction() as connection:
        ATTEMPT_WORK.renew(connection, [(attempt.id, attempt.fence) for attempt in attempts])


def age(home: House) -> None:
    with home.app.database.transaction() as connection:
        connection.execute("UPDATE checkout_attempts SET leased_until = lease_now() + interval '1 second'")


def test_a_lease_that_is_renewed_lasts_its_whole_time_again(home: House) -> None:
    home.require()
    attempt = claim(home)
    age(home)
    renew(home, attempt)
    assert left(home)[0] > LEASE.total_seconds() - 1


def test_a_lease_that_was_taken_over_is_not_renewed_by_its_former_holder(home: House) -> None:
    home.require()
    former = claim(home)
    home.leases_run_out()
    claim(home)
    age(home)
    renew(home, former)
    assert left(home)[0] < 2


def test_what_was_recorded_while_its_lease_was_about_to_be_renewed_stays_free(home: House) -> None:
    home.require()
    attempt = claim(home)
    home.leases_run_out()  # as recording does
    renew(home, attempt)
    assert claim(home).id == attempt.id


def test_renewing_passes_by_what_a_transaction_has_locked(home: House) -> None:
    home.require()
    home.require(auction_id="auction-2")
    first, second = claim(home), claim(home)
    age(home)
    with home.app.database.transaction() as connection:
        connection.execute("SELECT 1 FROM checkout_attempts WHERE id = %s FOR UPDATE", (first.id,))
        waiting = threading.Thread(target=renew, args=(home, second, first))
        waiting.start()
        waiting.join(5)
        assert not waiting.is_alive()
    assert sorted(seconds > 2 for seconds in left(home)) == [False, True]


def test_the_renewer_keeps_what_is_held_and_forgets_it_afterwards(home: House) -> None:
    home.require()
    attempt = claim(home)
    renewer = LeaseRenewer(home.app.database)
    try:
        with renewer.hold(ATTEMPT_WORK, attempt):
            age(home)
            threading.Event().wait(1.5 * RENEWAL.total_seconds())
            assert left(home)[0] > 2
        age(home)
        threading.Event().wait(1.5 * RENEWAL.total_seconds())
        assert left(home)[0] < 1
    finally:
        renewer.stop()


def test_work_that_is_not_renewed_may_be_held_as_well(home: House) -> None:
    home.require()
    with unrenewed(ATTEMPT_WORK, claim(home)):
        assert left(home)[0] > 0


def test_where_there_is_a_queue_those_come_first_whose_windows_end_first(home: House) -> None:
    """Stripe takes so many calls a second; the order of claiming is the order in which they have their turns."""
    for number, policy in enumerate(("standard", "instant", "standard", "instant")):
        home.require(auction_id=f"auction-{number}", policy=policy)
        home.forward(seconds=30)
    windows = dict(home.app.database.rows("SELECT id, window_expires_at FROM payment_sessions"))
    claimed = [windows[claim(home).session_id] for _ in windows]
    assert claimed == sorted(windows.values())
