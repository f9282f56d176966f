"""How often callers may ask, which denials are on record, and which websites' scripts may ask at all."""

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from redis import Redis

from console.app import create_api
from console.denials import Denials
from console.problems import Problem
from console.throttle import ALLOWANCES, PAGE
from domain.errors import TransientError
from gateways import window_mirror
from gateways.allowances import Allowance, LocalAllowances, SharedAllowances
from runtime.tokens import Caller as Known
from runtime.tokens import CallerRole, SharedSecret, TokenVerifier
from tests.console.calling import Client, Wire, wired
from tests.console.conftest import SECRET
from tests.house import House, house

Caller = Callable[..., Client]
FEW = Allowance(rate=0.001, most=3)
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def shared(redis_url: str) -> Iterator[SharedAllowances]:
    allowances = SharedAllowances(window_mirror.connect(redis_url))
    yield allowances
    allowances.close()


def taken(take: Callable[[str, Allowance], float], caller: str, times: int, allowance: Allowance = FEW) -> list[bool]:
    return [take(caller, allowance) == 0.0 for _ in range(times)]


def test_callers_have_buckets_of_their_own_in_all_processes(shared: SharedAllowances, redis_url: str) -> None:
    other = SharedAllowances(window_mirror.connect(redis_url))

    assert taken(shared.take, "buyer:1", 2) == [True, True]
    assert taken(other.take, "buyer:1", 2) == [True, False]
    assert taken(other.take, "buyer:2", 1) == [True]
    assert 0 < other.take("buyer:1", FEW) <= 1000
    with Redis.from_url(redis_url) as redis:
        keys = redis.keys("gavelpay:allowance:*")
        assert len(keys) == 2
        assert not any(b"buyer" in key for key in keys)
        assert all(0 < redis.ttl(key) <= 3001 for key in keys)
    other.close()


def test_a_bucket_fills_again_with_time() -> None:
    seconds = [0.0]
    local = LocalAllowances(lambda: seconds[0])

    assert taken(local.take, "a", 4, Allowance(rate=2, most=3)) == [True, True, True, False]
    assert local.take("a", Allowance(rate=2, most=3)) == 0.5
    seconds[0] = 0.5
    assert taken(local.take, "a", 2, Allowance(rate=2, most=3)) == [True, False]
    seconds[0] = 1000.0
    assert taken(local.take, "a", 4, Allowance(rate=2, most=3)) == [True, True, True, False]


def test_a_process_remembers_a_bounded_number_of_callers() -> None:
    local = LocalAllowances(lambda: 0.0)
    taken(local.take, "first", 3)
    for number in range(10_000):
        local.take(str(number), FEW)

    assert taken(local.take, "first", 1) == [True]
    assert len(local._buckets) == 10_000


def test_while_redis_is_away_a_process_keeps_its_own_buckets() -> None:
    seconds = [0.0]
    alone = SharedAllowances(window_mirror.connect(NOWHERE), lambda: seconds[0])

    assert taken(alone.take, "a", 4) == [True, True, True, False]
    seconds[0] = 3.0
    assert taken(alone.take, "a", 1) == [False]
    alone.close()


def test_who_asks_too_often_is_told_when_to_ask_again_and_the_auction_service_never_is(
    home: House, shared: SharedAllowances, token: Callable[..., str]
) -> None:
    verify = TokenVerifier(SharedSecret(SECRET), home.time)

    def take(caller: str, _allowance: Allowance) -> float:
        return shared.take(caller, FEW)

    with wired(create_api(home.app, verify, take=take)) as wire:
        buyer, service = Client(wire, token("buyer", "buyer-1")), Client(wire, token("service", "auctions"))
        answers = [buyer.get("/payments") for _ in range(4)]
        free = {service.get("/payments").status_code for _ in range(5)}

    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[3].json()["code"] == "too_many_requests"
    assert 0 < int(answers[3].headers["retry-after"]) <= 1000
    assert free == {200}
    assert CallerRole.SERVICE not in ALLOWANCES


def test_the_page_of_one_link_is_asked_for_so_often_and_others_go_on(home: House) -> None:
    allowances, asked = LocalAllowances(clock=lambda: 0.0), []
    links = [f"/pay/{home.app.links.token(home.opened(auction_id=each, buyer_id=each))}" for each in ("a", "b")]

    def take(who: str, allowance: Allowance) -> float:
        asked.append(allowance)
        return allowances.take(who, FEW)

    verify = TokenVerifier(SharedSecret(SECRET), home.time)
    with wired(create_api(home.app, verify, take=take)) as wire:
        answers = [wire.request("GET", links[0] + part) for part in ("", "/status", "/receipt", "", "/status")]
        retry = wire.request("POST", links[0] + "/retry")
        assert retry.status_code == 429
        events = wire.request("GET", links[0] + "/events")
        lost = [wire.request("GET", "/pay/nobodys").status_code for _ in range(5)]
        other = wire.request("GET", links[1])

    assert [one.status_code for one in answers] == [200, 200, 303, 429, 429]
    assert 0 < int(answers[3].headers["retry-after"]) <= 1000
    assert "Try again in a moment" in answers[3].text
    assert (events.status_code, other.status_code) == (429, 200)
    assert set(lost) == {404}
    assert set(asked) == {PAGE}


def events(home: House) -> list[tuple[str, str, object, object]]:
    rows = home.app.database.rows(
        "SELECT actor, data->>'code', data->>'asked', session_id FROM security_events"
        " WHERE kind = 'access_denied' ORDER BY audit_seq"
    )
    return [tuple(row) for row in rows]


def test_a_denied_request_is_one_security_event_however_often_it_comes(
    home: House, caller: Caller, service: Client
) -> None:
    session_id = home.require()
    stranger, maker = caller("buyer", "buyer-2"), caller("maker", "maker-1")
    for _ in range(5):
        stranger.get(f"/payments/{session_id}")
        maker.post(f"/payments/checkout/{session_id}/expire")
    service.get("/payments/0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11")

    assert events(home) == [
        ("buyer:buyer-2", "not_theirs", "GET /payments/{sessionId}", session_id),
        ("maker:maker-1", "role_not_permitted", "POST /payments/checkout/{sessionId}/expire", None),
    ]


def test_a_forged_token_is_on_record_and_one_that_has_ended_is_not(
    home: House, wire: Wire, token: Callable[..., str]
) -> None:
    Client(wire, token("admin") + "x").get("/payments")
    Client(wire, "nonsense").get("/payments")
    Client(wire, None).get("/payments")

    assert events(home) == [("anonymous", "token_bad_signature", "GET /payments", None)]


def test_denials_that_were_passed_over_are_counted_and_those_that_cannot_be_kept_are_logged() -> None:
    seconds, kept = [0.0], []

    def record(_kind: object, **data: object) -> bool:
        kept.append(data)
        if len(kept) > 1:
            raise TransientError("away")
        return True

    denials, problem = Denials(record, lambda: seconds[0]), Problem(403, "role_not_permitted", "No.")
    for _ in range(4):
        denials.note(Known("ada", CallerRole.ADMIN), problem, "GET /payments")
    seconds[0] = 301.0
    denials.note(Known("ada", CallerRole.ADMIN), problem, "GET /payments")

    assert [one["more_before"] for one in kept] == [None, 3]


@pytest.fixture
def shop(database_url: str) -> Iterator[FastAPI]:
    with house(database_url, CHECKOUT_ALLOWED_ORIGINS="https://shop.example") as home:
        yield create_api(home.app, TokenVerifier(SharedSecret(SECRET), home.time))


def test_scripts_of_listed_origins_may_ask_and_others_may_not(shop: FastAPI) -> None:
    preflight = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    with wired(shop) as wire:
        path = "/payments/checkout/create"
        good = wire.request("OPTIONS", path, headers=preflight | {"Origin": "https://shop.example"})
        bad = wire.request("OPTIONS", path, headers=preflight | {"Origin": "https://evil.example"})
        asked = wire.request("GET", "/payments", headers={"Origin": "https://shop.example"})
        evil = wire.request("GET", "/payments", headers={"Origin": "https://evil.example"})
        page = wire.request("GET", "/pay/x", headers={"Origin": "https://shop.example"})

    assert good.status_code == 200
    assert good.headers["access-control-allow-origin"] == "https://shop.example"
    assert "Idempotency-Key" in good.headers["access-control-allow-headers"]
    assert good.headers["content-security-policy"]
    assert bad.status_code == 400
    assert "access-control-allow-origin" not in bad.headers
    assert asked.status_code == 401
    assert asked.headers["access-control-allow-origin"] == "https://shop.example"
    assert "Retry-After" in asked.headers["access-control-expose-headers"]
    assert "Origin" in asked.headers["vary"]
    for answer in (good, asked):
        assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in evil.headers
    assert "access-control-allow-origin" not in page.headers
