"""What waits for workers is shown by queue, with its age, once."""

from datetime import timedelta

from actors.registry import ACTORS, QUEUES
from domain.bells import queue_of
from domain.promptness import PROMISED
from domain.queues import INTAKE
from models.database import Database
from runtime.load import LoadCollector
from runtime.server_gauges import ServerCollector
from tests.house import House

#: Its work is a comparison that comes by the clock: nothing waits for it.
BY_THE_CLOCK = {"mirror"}


def shown(database: Database) -> dict[tuple[str, str], float]:
    families = LoadCollector(database, timedelta(seconds=10)).collect()
    return {(sample.name, sample.labels["queue"]): sample.value for family in families for sample in family.samples}


def test_what_is_due_and_since_when_is_told_by_queue(home: House) -> None:
    home.require()
    database = home.app.database  # its clock stands for the house's, which stands still
    database.rows("UPDATE checkout_attempts SET due_at = now() - interval '1 minute' RETURNING 1")
    database.rows("UPDATE payment_sessions SET window_expires_at = now() - interval '30 seconds' RETURNING 1")
    database.rows("INSERT INTO queue_pauses VALUES ('refunds', now(), 'ann', 'a test', NULL) RETURNING 1")
    found = shown(database)
    assert (found["payments_queue_paused", "refunds"], found["payments_queue_paused", "events"]) == (1, 0)
    assert found["payments_work_due", "checkouts"] == 1
    assert 60 <= found["payments_work_oldest_age_seconds", "checkouts"] < 120
    assert 20 <= found["payments_work_oldest_age_seconds", "windows"] < 80
    assert found["payments_work_due", "refunds"] == found["payments_work_oldest_age_seconds", "refunds"] == 0
    assert {queue for name, queue in found if name == "payments_work_due"} == set(PROMISED) - {INTAKE}
    server = {family.name: family for family in ServerCollector(database).collect()}
    assert server["payments_database_up"].samples[0].value == 1
    tables = {sample.labels["table"] for sample in server["payments_database_table_bytes"].samples}
    assert {"outbox", "payment_sessions"} <= tables


def test_every_queue_promises_something_and_rings_under_its_own_name() -> None:
    assert set(PROMISED) == set(QUEUES) - BY_THE_CLOCK
    assert all(actor.queue == queue_of(name) for name, actor in ACTORS.items())


def test_while_the_database_is_away_nothing_false_is_said() -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    try:
        assert {name for name, _ in shown(away)} == {"payments_work_promised_seconds"}
        (up,) = ServerCollector(away).collect()
        assert up.samples[0].value == 0
    finally:
        away.close()
