"""What is old and over goes; what somebody waits for, and what proof rests on, stays."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from domain.messaging import DeadLetter
from models.pruning import OVER
from runtime.months import MonthsCollector
from services.deliver_events import DELIVERIES_QUEUE
from tests.house import House, house

DELIVERY = """
    INSERT INTO deliveries (event_id, endpoint, auction_id, order_no, status, tries, fence, created_at, waiting_since,
                            finished_at, late)
    SELECT id, 'auction', auction_id, order_no, 'sent', 1, 1, occurred_at, occurred_at, occurred_at, false FROM outbox
"""
PROOF = ("payment_sessions", "checkout_attempts", "transactions", "ledger_entries", "audit_entries", "auctions")


@pytest.fixture
def home(database_url: str) -> Iterator[House]:
    """A house with one paid lot of which everybody was told, and nothing else to do."""
    with house(database_url) as home:
        home.pay(home.opened())
        home.forward(minutes=1)
        home.hear()
        home.app.database.rows(f"{DELIVERY} RETURNING 1")
        yield home


def count(home: House, table: str) -> int:
    ((rows,),) = home.app.database.rows(f"SELECT count(*) FROM {table}")
    return int(rows)


def prune(home: House) -> int:
    steps = 0
    while home.app.prune("operator:ada"):
        steps += 1
    return steps


def test_what_is_over_goes_after_its_time_and_what_proof_rests_on_stays(home: House) -> None:
    before = {table: count(home, table) for table in PROOF}
    assert count(home, "webhook_events") > 0
    assert prune(home) == 0
    home.time.forward(days=150)
    assert prune(home) == 0
    assert count(home, "outbox") == count(home, "deliveries") == 3

    home.time.forward(days=100)
    planned = {(one.what, one.table) for one in home.app.prune.plan()}
    assert planned >= {("drop", "webhook_events"), ("drop", "outbox"), ("delete", "deliveries")}
    assert prune(home) >= 3
    assert [count(home, table) for table in ("webhook_events", "outbox", "deliveries")] == [0, 0, 0]
    note = home.app.database.rows("SELECT data FROM security_events WHERE kind = 'old_pruned'")[0][0]
    assert note["gone"]["outbox"] == 3
    assert {table: count(home, table) for table in PROOF} == before | {"audit_entries": before["audit_entries"] + 1}
    assert home.app.check_invariants() == []
    assert list(home.app.prune.plan()) == []
    shown = {family.name: family.samples for family in MonthsCollector(home.app.database, home.time).collect()}
    assert {one.labels["table"]: one.value for one in shown["payments_months_ahead"]} == {
        "webhook_events": 2,
        "outbox": 2,
    }
    assert prune(home) == 0


@pytest.mark.parametrize("named", [True, False])
def test_what_somebody_waits_for_stays_whatever_its_age(home: House, named: bool) -> None:
    rows = home.app.database.rows
    ((event_id,),) = rows(
        "UPDATE webhook_events SET status = 'set_aside' WHERE type = 'checkout.session.completed' RETURNING id"
    )
    (_, sold, _) = (row[0] for row in rows("SELECT id FROM outbox ORDER BY order_no"))
    given_up = "UPDATE deliveries SET status = 'given_up' WHERE event_id = %s RETURNING finished_at"
    ((at,),) = rows(given_up, (sold,))
    letter = DeadLetter(UUID(int=1), DELIVERIES_QUEUE, "auction:auction.sold", b"{}", "not_delivered", "", at)
    letter.row_id = sold if named else None
    home.app.keep_dead_letters([letter])

    home.time.forward(days=400)
    prune(home)
    assert rows("SELECT id FROM webhook_events") == [(event_id,)]
    assert rows("SELECT id FROM outbox") == rows("SELECT event_id FROM deliveries") == [(sold,)]

    with home.app.store.begin() as uow:
        assert uow.inbox.replay(event_id, home.time())
    home.work()
    rows("UPDATE dead_letters SET status = 'discarded' RETURNING 1")
    home.time.forward(days=2)
    prune(home)
    assert [count(home, table) for table in ("webhook_events", "outbox", "deliveries")] == [0, 0, 0]
    assert home.app.check_invariants() == []


def test_letters_that_name_no_row_are_gone_through_once_and_not_for_each_delivery(home: House) -> None:
    plan = "\n".join(row[0] for row in home.app.database.rows(f"EXPLAIN SELECT FROM deliveries r WHERE {OVER}"))
    _, once, letters = plan.rpartition("\n  InitPlan")
    assert once
    assert "row_id IS NULL" in letters


def test_a_backup_is_not_waited_for(home: House, database_url: str) -> None:
    home.time.forward(days=400)
    with psycopg.connect(database_url) as backup:
        backup.execute("SELECT FROM webhook_events LIMIT 1")
        assert home.app.prune() == 0
        assert count(home, "webhook_events") > 0
    assert home.app.prune() == 0
    home.time.forward(hours=1)
    prune(home)
    assert count(home, "webhook_events") == 0
