"""PostgreSQL away, Redis away, one event that cannot be stored."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.errors import PermanentError
from domain.messaging import StoredEvent
from models.unit_of_work import Ring, Store
from services.receive_events import ReceiveEvents
from tests.webhook_ingest.harness import Ingest, Wire, event, locked_inbox, wait_until, waiting_for_locks
from webhook_ingest.bell import BackgroundBell
from webhook_ingest.limits import Limits


def broken(bells: Counter[str]) -> None:
    raise ConnectionError("Redis is away")


def test_postgresql_away_is_503_and_back_is_200_without_anybody_helping(database_url: str) -> None:
    with Wire(database_url) as wire, Ingest(wire.url) as ingest:
        assert ingest.post(event("evt_1")).status_code == 200
        wire.cut()
        for _ in range(3):
            answer = ingest.post(event("evt_2"))
            assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
            assert int(answer.headers["retry-after"]) > 0
        wire.mend()
        assert ingest.post(event("evt_2")).status_code == 200
        assert ingest.counts.outcomes["checkout.session.completed", "unavailable"] == 3


def test_a_connection_that_breaks_under_a_batch_is_503_for_all_of_it(database_url: str) -> None:
    with Wire(database_url) as wire, Ingest(wire.url) as ingest, ThreadPoolExecutor(10) as pool:
        with locked_inbox(database_url):
            under_way = [pool.submit(ingest.post, event(f"evt_{number}")) for number in range(10)]
            wait_until(lambda: waiting_for_locks(database_url) and ingest.app.committer.waiting == 10)
            wire.cut()
            assert {one.result().status_code for one in under_way} == {503}
        wire.mend()
        assert ingest.post(event("evt_a")).status_code == 200


def test_requests_during_a_commit_share_the_next_one(database_url: str) -> None:
    batches: list[int] = []

    def counting(store: Store) -> Callable[[Sequence[StoredEvent]], int]:
        receive = ReceiveEvents(store.begin_single)
        return lambda events: receive(events) if not batches.append(len(events)) else 0  # type: ignore[func-returns-value]

    with Ingest(database_url, receive=counting) as ingest, ThreadPoolExecutor(20) as pool:
        with locked_inbox(database_url):
            first = pool.submit(ingest.post, event("evt_0"))
            wait_until(lambda: waiting_for_locks(database_url))
            rest = [pool.submit(ingest.post, event(f"evt_{number}")) for number in range(1, 20)]
            wait_until(lambda: ingest.app.committer.waiting == 20)
        assert {one.result().status_code for one in [first, *rest]} == {200}
    assert batches == [1, 19]


def test_a_commit_that_takes_too_long_is_503_though_the_event_may_be_stored(database_url: str) -> None:
    with Ingest(database_url, limits=Limits(store_seconds=0.3)) as ingest:
        with locked_inbox(database_url):
            answer = ingest.post(event("evt_1"))
            assert (answer.status_code, answer.json()["error"]) == (503, "overdue")
        wait_until(lambda: ingest.stored() == ["evt_1"])
        assert ingest.post(event("evt_1")).status_code == 200


def test_one_event_that_cannot_be_stored_does_not_fail_its_neighbors(database_url: str) -> None:
    def picky(store: Store) -> Callable[[Sequence[StoredEvent]], int]:
        receive = ReceiveEvents(store.begin_single)

        def take(events: Sequence[StoredEvent]) -> int:
            names = {one.stripe_event_id for one in events}
            if "evt_poison" in names:
                raise LookupError("a value that the database does not take")
            if "evt_refused" in names:
                raise PermanentError("not what it seemed")
            return receive(events)

        return take

    with Ingest(database_url, receive=picky) as ingest, ThreadPoolExecutor(12) as pool:
        names = ["evt_first", "evt_poison", "evt_refused", *(f"evt_{number}" for number in range(8))]
        with locked_inbox(database_url):
            first = pool.submit(ingest.post, event("evt_first"))
            wait_until(lambda: waiting_for_locks(database_url))
            rest = [pool.submit(ingest.post, event(name)) for name in names[1:]]
            wait_until(lambda: ingest.app.committer.waiting == len(names))
        statuses = {name: one.result().status_code for name, one in zip(names, [first, *rest], strict=True)}
        assert statuses.pop("evt_poison") == 503
        assert statuses.pop("evt_refused") == 400
        assert set(statuses.values()) == {200}
        assert ingest.stored() == sorted(statuses)


@pytest.mark.parametrize("ring", [BackgroundBell(broken), broken], ids=["background", "bare"])
def test_a_bell_that_fails_is_200_all_the_same(database_url: str, ring: Ring) -> None:
    with Ingest(database_url, ring=ring) as ingest:
        assert [ingest.post(event(name)).status_code for name in ("evt_1", "evt_2")] == [200, 200]
        assert ingest.stored() == ["evt_1", "evt_2"]


def test_more_than_can_wait_is_503_until_some_is_stored(database_url: str) -> None:
    with Ingest(database_url, limits=Limits(waiting_events=1)) as ingest, ThreadPoolExecutor(1) as pool:
        with locked_inbox(database_url):
            first = pool.submit(ingest.post, event("evt_1"))
            wait_until(lambda: ingest.app.committer.waiting == 1)
            answer = ingest.post(event("evt_2"))
            assert (answer.status_code, answer.json()["error"]) == (503, "overloaded")
        assert first.result().status_code == 200
        assert ingest.post(event("evt_2")).status_code == 200
        assert ingest.stored() == ["evt_1", "evt_2"]
