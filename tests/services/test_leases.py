"""Leases are renewed without waiting for anybody, so that nobody can wait in a circle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import pytest

from models.database import DatabaseUnavailable
from models.leases import LeaseRenewer
from models.unit_of_work import UnitOfWork
from models.work import ATTEMPT_WORK
from tests.house import House


def test_a_row_that_another_holds_keeps_no_other_lease_from_being_renewed(home: House) -> None:
    for number in (1, 2):
        home.require(auction_id=f"auction-{number}")
    store, now = home.app.store, home.time()
    with store.begin() as uow:
        one, other = ATTEMPT_WORK.claim(uow.connection, store.cipher, now, limit=2)
    with home.app.database.transaction() as connection:
        connection.execute("UPDATE checkout_attempts SET leased_until = '2020-01-01'")

    with store.begin() as busy:
        assert busy.payments.lock_one(one.session_id) is not None
        with home.app.database.transaction() as connection:
            connection.execute("SET LOCAL lock_timeout = '300ms'")
            ATTEMPT_WORK.renew(connection, [(record.id, record.fence) for record in (one, other)])

    leases: dict[object, datetime] = dict(home.app.database.rows("SELECT id, leased_until FROM checkout_attempts"))
    assert leases[other.id].year > 2020
    assert leases[one.id].year == 2020


def test_a_lease_ends_with_the_try_that_held_it_though_the_database_went_away(home: House) -> None:
    home.require()
    claimed: list[bool] = []

    @contextmanager
    def goes_away() -> Iterator[UnitOfWork]:
        if claimed:
            raise DatabaseUnavailable("away")
        claimed.append(True)
        with home.app.store.begin() as uow:
            yield uow

    renewer = LeaseRenewer(home.app.database)
    use_case = replace(home.app.open_checkouts, begin=goes_away, hold=renewer.hold)
    gc.disable()  # A worker looks for garbage rarely: nothing may rest on that.
    try:
        with pytest.raises(DatabaseUnavailable):
            use_case()
        assert renewer.held() == 0
    finally:
        gc.enable()
        renewer.stop()
