"""Leases are renewed without waiting for anybody, so that nobody can wait in a circle."""

from datetime import datetime

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
