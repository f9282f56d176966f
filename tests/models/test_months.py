"""Tables that are kept by the month: how they come to be, and that what is asked all day looks into few of them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from psycopg.errors import UniqueViolation

from domain.retention import month_of
from models import partitions, schema
from models.database import Database
from models.inbox import CLAIM, RECENT
from models.partitions import EVENTS, first_id, put_off

NOW = datetime.now(UTC)
LAST_YEAR, TO_COME = NOW - timedelta(days=400), NOW + timedelta(days=400)
EVENT = """
    INSERT INTO webhook_events (id, stripe_event_id, type, created, livemode, body, source, status, tries, due_at,
                                received_at)
    VALUES (%s, %s, 'x', %s, false, 'x', 'webhook', %s, 0, now(), now())
"""
TOLD = "INSERT INTO outbox (id, type, auction_id, order_no, body, occurred_at) VALUES (%s, 'x', 'a', %s, '{}', %s)"
DELIVERY = """
    INSERT INTO deliveries (event_id, endpoint, auction_id, order_no, status, tries, fence, created_at, waiting_since,
                            finished_at, late)
    VALUES (%s, 'auction', 'a', %s, %s, 0, 0, now(), now(), now(), false)
"""


@pytest.fixture
def database(fresh_database: Callable[..., str]) -> Any:
    database = Database(fresh_database(), pool_size=1)
    yield database
    database.close()


def migrate(database: Database, revision: str, way: Callable[..., None] = command.upgrade) -> None:
    with database.engine.begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        way(config, revision)


def fill(database: Database) -> dict[UUID, datetime]:
    """Events of Stripe's and of ours, of long ago, of now and of a time to come."""
    ids = {first_id(at): at for at in (LAST_YEAR, NOW, TO_COME)}
    with database.transaction() as connection:
        for number, (one, at) in enumerate(ids.items(), 1):
            connection.execute(EVENT, (one, f"evt_{number}", at, "waiting"))
            connection.execute(TOLD, (one, number, at))
            connection.execute(DELIVERY, (one, number, "sent"))
    return ids


def test_rows_that_are_there_stay_on_the_way_there_and_back(database: Database) -> None:
    migrate(database, "0018")
    ids = fill(database)
    for revision, way in (("0019", command.upgrade), ("0018", command.downgrade), ("0019", command.upgrade)):
        migrate(database, revision, way)
        for table in ("webhook_events", "outbox"):
            assert {row[0] for row in database.rows(f"SELECT id FROM {table}")} == set(ids)  # type: ignore[arg-type]
    for divided in partitions.DIVIDED:
        where = f"SELECT tableoid::regclass::text FROM {divided.table} ORDER BY id"
        assert [name.removeprefix(divided.table) for (name,) in database.rows(where)] == ["_before"] * 2 + ["_default"]  # type: ignore[arg-type]
    schema.migrate(database)
    with database.transaction() as connection:
        assert [partitions.missing(connection, divided, NOW) for divided in partitions.DIVIDED] == [[], []]


@pytest.fixture
def migrated(database: Database) -> Database:
    schema.migrate(database)
    return database


def test_months_are_made_ahead_and_strays_of_theirs_are_carried_over(migrated: Database) -> None:
    ids = fill(migrated)
    soon = month_of(TO_COME, -1)
    made = partitions.make_ready(migrated, soon)
    assert made == [soon, month_of(soon, 1), month_of(soon, 2)] * 2
    assert partitions.make_ready(migrated, soon) == []
    for divided in partitions.DIVIDED:
        where = f"SELECT id FROM {divided.table}_{TO_COME:%Y_%m}"
        assert migrated.rows(where) == [(id_,) for id_, at in ids.items() if at == TO_COME]  # type: ignore[arg-type]
    with migrated.transaction() as connection, pytest.raises(UniqueViolation):
        connection.execute(TOLD, (first_id(TO_COME + timedelta(seconds=1)), 3, TO_COME))


def test_a_month_goes_and_what_somebody_waits_for_stays(migrated: Database) -> None:
    ids = fill(migrated)
    partitions.make_ready(migrated, month_of(TO_COME))
    with migrated.transaction() as connection:
        connection.execute("UPDATE webhook_events SET status = 'done' WHERE created <> %s", (LAST_YEAR,))
        connection.execute("DELETE FROM deliveries WHERE event_id <> %s", (first_id(LAST_YEAR),))
    for divided in partitions.DIVIDED:
        with migrated.transaction() as connection:
            there = partitions.parts(connection, divided)
        old = [part for part in there if part.ends and part.ends < TO_COME]
        assert (
            sum(partitions.patiently(migrated, partial(put_off, divided=divided, part=part)) or 0 for part in old) == 1
        )
        left = {first_id(LAST_YEAR), first_id(TO_COME)}
        assert {row[0] for row in migrated.rows(f"SELECT id FROM {divided.table}")} == left  # type: ignore[arg-type]
    with migrated.transaction() as connection:
        assert partitions.drop_put_off(connection) == {"webhook_events": 2, "outbox": 2}
        assert partitions.drop_put_off(connection) == {}
    assert len(ids) == 3


def test_a_claim_looks_into_the_months_that_stripe_may_still_tell_of(migrated: Database) -> None:
    later = month_of(NOW, 12)
    partitions.make_ready(migrated, month_of(NOW, 6))
    partitions.make_ready(migrated, later)
    span = {"now": later, "limit": 9, "since": later - timedelta(days=35), "until": later + timedelta(days=1)}
    with migrated.transaction() as connection:
        connection.execute("SET LOCAL enable_seqscan = off")
        plan = "".join(row[0] for row in connection.execute(f"EXPLAIN {CLAIM.format(when=RECENT)}", span))
        total = len(partitions.parts(connection, EVENTS))
    touched = set(re.findall(r"on webhook_events_(\w+)", plan))
    assert touched == {f"{later:%Y_%m}", "default"}
    assert total > 8
    with migrated.transaction() as connection:
        by_id = f"EXPLAIN SELECT FROM outbox WHERE id = '{first_id(later)}'".encode()
        plan = "".join(row[0] for row in connection.execute(by_id))
    assert set(re.findall(r"on outbox_(\w+)", plan)) == {f"{later:%Y_%m}"}
