"""Live updates over real HTTP: what listeners hear, how soon, how many they may be, and that none is forgotten."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from starlette.types import Message

from console.app import create_api
from console.limits import Limits
from console.live.hub import Hub
from console.live.snapshot import Snapshot
from console.live.statuses import Statuses
from console.live.stream import EventStream
from console.problems import Problem
from console.server import build_server
from domain.errors import TransientError
from domain.ids import SessionId
from runtime.serving import listen
from runtime.tokens import SharedSecret, TokenVerifier
from tests.console.conftest import SECRET
from tests.domain.payments import NOW, a_payment, terms
from tests.house import House, house

#: Looks often, so that tests without news need not wait.
BRISK = Limits(look_seconds_unheard=0.05, look_seconds=60, beat_seconds=0.2)


@pytest.fixture
def home(database_url: str, redis_url: str) -> Iterator[House]:
    with house(database_url, REDIS_URL=redis_url) as home:
        yield home


@contextmanager
def served(home: House, limits: Limits = BRISK) -> Iterator[str]:
    api = create_api(home.app, TokenVerifier(SharedSecret(SECRET), home.time), limits=limits)
    listener = listen("api", "127.0.0.1", 0, 8)
    server = build_server(api, limits)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()


@dataclass
class Heard:
    """One event."""

    id: str
    event: str
    data: dict[str, Any] = field(default_factory=dict)


@contextmanager
def listening(url: str, path: str, **headers: str) -> Iterator[Iterator[Heard]]:
    with httpx.Client(base_url=url, timeout=20) as http, http.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[Heard]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield Heard(fields["id"], fields["event"], orjson.loads(fields["data"]))
            fields = {}


def bearer(token: Callable[..., str], role: str = "admin", subject: str = "alice") -> dict[str, str]:
    return {"Authorization": f"Bearer {token(role, subject)}"}


def page_path(home: House, session_id: UUID) -> str:
    return f"/pay/{home.app.links.token(SessionId(session_id))}"


def test_a_listener_hears_the_status_now_and_each_change_at_once(home: House, token: Callable[..., str]) -> None:
    session_id = home.opened()
    patient = replace(BRISK, look_seconds_unheard=60)  # what is heard came through Redis
    with served(home, patient) as url, listening(url, f"/payments/{session_id}/events", **bearer(token)) as heard:
        first = next(heard)
        assert (first.event, first.data["paymentSession"]["status"]) == ("status", "pending")
        assert first.data["paymentWindow"]["remainingSeconds"] > 86_000

        home.pay(session_id)
        home.hear()
        paid = next(heard)

    assert paid.data["paymentSession"]["status"] == "completed"
    assert paid.data["transaction"]["amount"] == 275.5
    assert int(paid.id) > int(first.id)


def test_a_listener_hears_no_more_of_a_decline_than_their_role_may_know(home: House, token: Callable[..., str]) -> None:
    session_id = home.opened()
    home.pay(session_id, "4000000000009979")
    home.hear()
    told = {}
    with served(home) as url:
        for role, subject in (("admin", "alice"), ("buyer", "buyer-1"), ("maker", "maker-1")):
            with listening(url, f"/payments/{session_id}/events", **bearer(token, role, subject)) as heard:
                told[role] = next(heard).data["paymentSession"]["reason"]
        with listening(url, f"{page_path(home, session_id)}/events") as heard:
            assert "stolen" not in str(next(heard))
    assert told == {"admin": "stolen_card", "buyer": "declined", "maker": "declined"}


def test_who_only_listens_is_not_held_for_silent(home: House, token: Callable[..., str]) -> None:
    session_id = home.opened()
    impatient = replace(BRISK, head_seconds=0.1, read_seconds=0.1, keep_alive_seconds=0, connections=3)
    path = f"/payments/{session_id}/events"
    with served(home, impatient) as url, listening(url, path, **bearer(token)) as heard:
        next(heard)
        time.sleep(0.3)
        assert all(httpx.get(f"{url}/healthz").status_code == 200 for _ in range(3))
        home.pay(session_id)
        home.hear()
        assert next(heard).data["paymentSession"]["status"] == "completed"


def test_who_comes_back_hears_only_what_is_new(home: House, token: Callable[..., str]) -> None:
    session_id = home.opened()
    path = f"/payments/{session_id}/events"
    with served(home) as url:
        with listening(url, path, **bearer(token)) as heard:
            seen = next(heard).id
        with listening(url, path, **bearer(token), **{"Last-Event-ID": seen}) as heard:
            home.pay(session_id)
            home.hear()
            assert next(heard).data["paymentSession"]["status"] == "completed"
        for other in ("999", "x", "-1", "9" * 20):
            with listening(url, path, **bearer(token), **{"Last-Event-ID": other}) as heard:
                assert next(heard).data["paymentSession"]["status"] == "completed"


def test_without_redis_changes_are_found_by_looking(database_url: str, token: Callable[..., str]) -> None:
    with house(database_url) as home, served(home) as url:
        session_id = home.opened()
        with listening(url, f"{page_path(home, session_id)}/events") as heard:
            assert next(heard).data["stage"] == "pending"
            home.pay(session_id, "4000000000009995")
            home.hear()
            declined = next(heard)

        assert declined.data["stage"] == "declined"
        assert declined.data["retry"]["attemptsLeft"] == 3
        status = httpx.get(f"{url}{page_path(home, session_id)}/status").json()
        assert status["stage"] == "declined"


def test_others_payments_and_unknown_ones_have_no_events(home: House, token: Callable[..., str]) -> None:
    session_id = home.opened()
    with served(home) as url:
        ask = [
            (f"/payments/{session_id}/events", bearer(token, "buyer", "buyer-2"), 404),
            (f"/payments/{UUID(int=7)}/events", bearer(token), 404),
            ("/payments/nonsense/events", bearer(token), 404),
            (f"/payments/{session_id}/events", {}, 401),
            (f"/pay/{session_id}/events", {}, 404),
            (f"/pay/{session_id}/status", {}, 404),
        ]
        assert [httpx.get(url + path, headers=headers).status_code for path, headers, _ in ask] == [
            status for *_, status in ask
        ]
        with listening(url, f"/payments/{session_id}/events", **bearer(token, "buyer", "buyer-1")) as heard:
            assert next(heard).id


@pytest.mark.parametrize("bound", ["listeners", "listeners_per_payment", "listeners_per_caller"])
def test_above_the_bounds_listeners_are_told_to_come_back(home: House, token: Callable[..., str], bound: str) -> None:
    session_id = home.opened()
    path, who = f"/payments/{session_id}/events", bearer(token)
    with served(home, replace(BRISK, **{bound: 2})) as url, ExitStack() as stack:
        places = [stack.enter_context(listening(url, path, **who)) for _ in range(2)]
        for heard in places:
            next(heard)

        refused = httpx.get(url + path, headers=who)

        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_listeners")
        assert int(refused.headers["retry-after"]) > 0
        stack.close()
        deadline = time.monotonic() + 20
        while True:  # a place is free as soon as the server sees that they left
            with httpx.stream("GET", url + path, headers=who) as answer:
                if answer.status_code == 200:
                    break
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_stopping_server_lets_its_listeners_go(home: House, token: Callable[..., str]) -> None:
    session_id = home.opened()
    endless = replace(BRISK, stop_seconds=3600, beat_seconds=3600)
    with ExitStack() as stack:
        with served(home, endless) as url:
            heard = stack.enter_context(listening(url, f"/payments/{session_id}/events", **bearer(token)))
            next(heard)
        assert list(heard) == []


def test_a_stream_ends_after_a_while(home: House, token: Callable[..., str]) -> None:
    session_id = home.opened()
    short = replace(BRISK, listening_seconds=0.1, beat_seconds=0.02)
    with served(home, short) as url, listening(url, f"/payments/{session_id}/events", **bearer(token)) as heard:
        assert len(list(heard)) == 1


def test_statuses_come_from_the_cache_until_a_change_clears_it(home: House, token: Callable[..., str]) -> None:
    session_id = home.opened()
    path, who = f"/payments/checkout/{session_id}/status", bearer(token)
    with served(home) as url, httpx.Client(base_url=url, headers=who) as http:
        before = http.get(path).json()
        with home.app.database.transaction() as connection:  # a change that nobody tells
            connection.execute("UPDATE payment_sessions SET title = 'A jug'")
        home.time.forward(seconds=61)
        kept = http.get(path).json()
        other = httpx.get(url + path, headers=bearer(token, "buyer", "somebody"))
        home.pay(session_id)
        home.hear()
        after = http.get(path).json()

    assert kept["paymentSession"] == before["paymentSession"]
    assert before["paymentWindow"]["remainingSeconds"] - kept["paymentWindow"]["remainingSeconds"] == 61
    assert other.status_code == 404
    assert after["paymentSession"]["status"] == "completed"
    assert after["paymentSession"]["title"] == "A jug"


def test_a_lost_clearing_is_over_after_two_seconds(home: House, token: Callable[..., str]) -> None:
    session_id = home.opened()
    path, who = f"/payments/checkout/{session_id}/status", bearer(token)
    with served(home) as url, httpx.Client(base_url=url, headers=who) as http:
        http.get(path)
        with home.app.database.transaction() as connection:
            connection.execute("UPDATE payment_sessions SET title = 'A jug'")
        deadline = time.monotonic() + 20
        while http.get(path).json()["paymentSession"]["title"] != "A jug":
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_broken_entry_of_the_cache_is_read_anew(home: House, token: Callable[..., str], redis_url: str) -> None:
    from redis import Redis  # noqa: PLC0415 - this test alone

    session_id = home.opened()
    with Redis.from_url(redis_url) as redis:
        redis.set(f"payment:status:{session_id}", b'99 {"version": 1}')
    with served(home) as url:
        answer = httpx.get(f"{url}/payments/checkout/{session_id}/status", headers=bearer(token))
    assert answer.json()["paymentSession"]["status"] == "pending"


def test_a_listener_who_does_not_read_is_dropped(home: House) -> None:
    session_id = home.opened()
    hung_up: list[bool] = []

    class Cycle:
        """What a server hands to an application."""

        transport = type("Transport", (), {"abort": lambda self: hung_up.append(True)})()

        async def receive(self) -> Message:
            await asyncio.sleep(3600)
            return {"type": "http.disconnect"}

    async def never_taken(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.sleep(3600)

    async def story() -> int:
        api = create_api(home.app, TokenVerifier(SharedSecret(SECRET), home.time), limits=BRISK)
        async with api.state.house.live.opened():
            live = api.state.house.live.here()
            stream = EventStream(
                hub=live.hub,
                statuses=live.statuses,
                session_id=session_id,
                caller="page",
                show=lambda snapshot: snapshot.page,
                last_seen=-1,
                limits=replace(BRISK, slow_reader_seconds=0.05),
            )
            await stream({"type": "http"}, Cycle().receive, never_taken)
            return live.hub.watched

    assert asyncio.run(story()) == 0
    assert hung_up == [True]


def test_news_of_a_version_that_never_comes_costs_one_look_and_later_news_are_heard() -> None:
    policy, sent = terms().policies["standard"], bytearray()

    class Restored(Statuses):
        """A database that lost what Redis still tells of."""

        version, looks = 3, 0

        def __init__(self) -> None:
            pass

        async def read(self, _session_id: UUID, _at_least: int = 0, **_: int) -> Snapshot:
            self.looks += 1
            await asyncio.sleep(0)
            return Snapshot.of(a_payment(audit_seq=self.version), policy, NOW)

    async def receive() -> Message:
        await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.extend(message.get("body", b""))

    async def told(version: int) -> None:
        for _ in range(1000):
            if b"id: %d\n" % version in sent:
                return
            await asyncio.sleep(0)
        pytest.fail(f"version {version} was not told")

    async def story() -> int:
        statuses, hub, session_id = Restored(), Hub(lambda _: {}, BRISK), UUID(int=1)
        stream = EventStream(
            hub=hub,
            statuses=statuses,
            session_id=session_id,
            caller="page",
            show=lambda snapshot: snapshot.page,
            last_seen=-1,
            limits=replace(BRISK, beat_seconds=20),
        )
        listening = asyncio.create_task(stream({"type": "http"}, receive, send))
        await told(3)
        hub.hear({session_id: 9})
        for _ in range(500):
            await asyncio.sleep(0)
        in_vain = statuses.looks - 1
        statuses.version = 4
        hub.hear({session_id: 4})
        await told(4)
        hub.stop()
        await listening
        return in_vain

    assert asyncio.run(story()) == 1


def test_a_database_that_is_away_delays_news_and_loses_none() -> None:
    session_id, tries, follows = UUID(int=1), 0, 0

    def versions(_ids: object) -> Mapping[UUID, int]:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise TransientError("away")
        return {session_id: 5}

    class Silence:
        async def follow(self, heard: object, connected: Callable[[bool], None]) -> None:
            nonlocal follows
            follows += 1
            if follows == 1:
                raise RuntimeError("a fault of ours")
            connected(True)
            await asyncio.sleep(3600)

    async def story() -> None:
        hub = Hub(versions, replace(BRISK, look_seconds=0.05))
        running = asyncio.create_task(hub.run(Silence()))
        with hub.watching(session_id, "somebody") as watch:
            async with asyncio.timeout(20):
                while watch.version < 5:
                    await watch.wait(1)
        hub.stop()
        with pytest.raises(Problem), hub.watching(session_id, "late"):
            pass
        running.cancel()

    asyncio.run(story())
