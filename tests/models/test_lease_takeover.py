"""Whatever workers do and fail to do: a piece of work has one holder, and only who holds it can write."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.receipts import Receipts
from models.work import RECEIPT_WORK
from tests.databases import Databases
from tests.house import House, house, prepare

WORKERS = ("a", "b", "c")
#: What may come next: a worker claims, renews its lease, or writes what it found; or all are silent for a lease.
STEPS = st.tuples(st.sampled_from(["claim", "claim", "renew", "write", "silence"]), st.sampled_from(WORKERS))


@pytest.fixture(scope="module")
def home(databases: Databases) -> Iterator[House]:
    url = databases.create(databases.template("migrated", prepare))
    with house(url) as home:
        home.pay(home.opened())
        home.hear()
        home.app.issue_receipts()  # numbers it
        yield home
    databases.drop(url)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=25))
def test_there_are_never_two_holders_that_both_write(home: House, steps: list[tuple[str, str]]) -> None:
    database, holder = home.app.database, None
    held: dict[str, Any] = {}
    database.rows("UPDATE receipts SET leased_until = NULL, status = 'numbered', due_at = created_at RETURNING id")
    for step, worker in steps:
        if step == "silence":
            database.rows("UPDATE receipts SET leased_until = lease_now() WHERE leased_until IS NOT NULL RETURNING id")
            continue
        with home.app.store.begin() as uow:
            receipts = Receipts(uow.connection, uow.cipher)
            if step == "claim":
                is_free = database.rows("SELECT coalesce(leased_until <= lease_now(), true) FROM receipts") == [(True,)]
                claimed = RECEIPT_WORK.claim(uow.connection, uow.cipher, home.time())
                assert bool(claimed) == is_free, "work is claimed when nobody holds it, and not before"
                if claimed:
                    (held[worker],), holder = claimed, worker
            elif worker in held:
                if step == "renew":
                    RECEIPT_WORK.renew(uow.connection, [(held[worker].id, held[worker].fence)])
                    continue
                mine = list(receipts.locked([held[worker]]).values())
                assert bool(mine) == (worker == holder), "who was taken over from cannot write"
                for receipt in mine:
                    receipt.leased_until = None
                receipts.save(mine)
