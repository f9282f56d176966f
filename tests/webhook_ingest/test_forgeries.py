"""A flood of bad signatures is one security event, and costs whoever answers webhooks nothing."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from domain.security import SecurityEventKind
from models.database import DatabaseUnavailable
from models.unit_of_work import Store
from runtime.metrics import declare_metrics
from runtime.observing import MetricsObserver
from services.record_security_event import RecordSecurityEvent
from tests.webhook_ingest.harness import PATIENCE, Clock, Ingest, event, signature, wait_until
from webhook_ingest.forgeries import ForgeryAlarm


class Recorded:
    """Writes events down in a list."""

    def __init__(self, failures: int = 0) -> None:
        self.events: list[dict[str, Any]] = []
        self.tries = 0
        self._failures = failures

    def __call__(self, kind: SecurityEventKind, **data: Any) -> None:
        self.tries += 1
        if self.tries <= self._failures:
            raise DatabaseUnavailable("away")
        self.events.append({"kind": kind} | data)


def forge(alarm: ForgeryAlarm, times: int, reason: str = "wrong") -> None:
    for _ in range(times):
        alarm(reason)
        alarm.close()  # waits for an event that is being recorded


def test_a_few_bad_signatures_are_borne() -> None:
    recorded, clock = Recorded(), Clock()
    alarm = ForgeryAlarm(recorded, clock, above=20)
    for _ in range(10):
        forge(alarm, 20)
        clock.move(61)
    assert recorded.events == []


def test_a_flood_is_one_event_in_its_interval() -> None:
    recorded, clock = Recorded(), Clock()
    alarm = ForgeryAlarm(recorded, clock, above=20, interval=timedelta(minutes=5))

    forge(alarm, 15, "missing")
    forge(alarm, 200)
    clock.move(299)
    forge(alarm, 200)
    assert [one["reasons"] for one in recorded.events] == [{"missing": 15, "wrong": 6}]
    assert recorded.events[0]["refused"] == 21

    clock.move(1)
    forge(alarm, 1)
    assert [one["refused"] for one in recorded.events] == [21, 395]


def test_a_slow_trickle_is_no_flood() -> None:
    recorded, clock = Recorded(), Clock()
    alarm = ForgeryAlarm(recorded, clock, above=20)
    for _ in range(200):
        forge(alarm, 1)
        clock.move(3.1)
    assert recorded.events == []


def test_an_event_that_could_not_be_recorded_is_tried_again_and_tells_of_all() -> None:
    recorded, clock = Recorded(failures=1), Clock()
    alarm = ForgeryAlarm(recorded, clock, above=5)
    with capture_logs() as logs:
        forge(alarm, 50)
    assert [one["event"] for one in logs] == ["security_event.lost"]
    assert recorded.tries == 1

    clock.move(5)
    forge(alarm, 1)
    assert [one["refused"] for one in recorded.events] == [51]


def test_whoever_answers_webhooks_never_waits_for_the_record() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(_kind: SecurityEventKind, **_data: Any) -> None:
        begun.set()
        go_on.wait(PATIENCE)

    alarm = ForgeryAlarm(slow, lambda: datetime(2026, 11, 20, tzinfo=UTC), above=1)
    for _ in range(100):
        alarm("wrong")
    assert begun.wait(PATIENCE)
    go_on.set()
    alarm.close()


@pytest.mark.parametrize("processes", [1, 2])
def test_forged_webhooks_over_http_become_one_event_without_their_bodies(database_url: str, processes: int) -> None:
    registry = CollectorRegistry()
    observer = MetricsObserver(declare_metrics(registry, of_process=False))
    alarms = []

    def forged(store: Store, clock: Clock) -> ForgeryAlarm:
        watched = Store(store.database, store.cipher, store.endpoints, store.ring, alarmed=observer.alarmed)
        alarms.append(ForgeryAlarm(RecordSecurityEvent(watched.begin, clock), clock))
        return alarms[-1]

    for _ in range(processes):
        with Ingest(database_url, forged=forged) as ingest:
            body = event("evt_1", note="a secret")
            for _ in range(30):
                assert ingest.post(body, signature(body, ingest.clock.now, "whsec_other")).status_code == 400
            wait_until(lambda: security_events(database_url))
            alarms[-1].close()
            assert ingest.post(event("evt_2")).status_code == 200

    ((kind, actor, data),) = security_events(database_url)
    assert (kind, actor) == ("forged_webhooks", "system")
    assert data == {"refused": 21, "reasons": {"wrong": 21}, "above_per_minute": 20}
    assert registry.get_sample_value("payments_security_events_total", {"kind": "forged_webhooks"}) == 1


def security_events(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT kind, actor, data FROM security_events").fetchall()
