"""The status endpoint without the framework, held against the endpoint itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from console.app import create_api
from console.quick import QuickStatus
from console.throttle import ALLOWANCES
from runtime.tokens import CallerRole, RememberedTokens, SharedSecret, TokenVerifier
from tests.console.calling import Client, Wire, wired
from tests.console.conftest import SECRET
from tests.house import House, house

PASSED_ON = 299
METHODS = ["GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "get"]
ENDINGS = ["/status", "/status/", "/Status", "/status?x=1", "/status%3F", "/stat%75s", "//status", "/expire"]
ODD_HEADERS = [
    ("Origin", "https://shop.example"),
    ("Origin", ""),
    ("Accept", "text/html"),
    ("Content-Length", "99999999"),
    ("Content-Length", "-1"),
    ("Range", "bytes=0-3"),
    ("If-None-Match", "*"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("Connection", "upgrade"),
]


def _brackets(session_id: str) -> str:
    return f"%7B{session_id.replace('-', '')}%7D--"


@pytest.fixture
def home(database_url: str, redis_url: str) -> Iterator[House]:
    with house(database_url, REDIS_URL=redis_url) as home:
        yield home


@pytest.fixture
def api(home: House) -> FastAPI:
    return create_api(home.app, RememberedTokens(TokenVerifier(SharedSecret(SECRET), home.time)))


@pytest.fixture
def quick(wire: Wire) -> Callable[..., httpx.Response]:
    """`quick(client, path)`: what is answered without the application; 299 is what it passes on."""

    async def passed_on(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": PASSED_ON, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    house, verify = wire.api.state.house, wire.api.state.verify
    alone = QuickStatus(passed_on, house=house, verify=verify, throttled=True, encrypted=False)

    async def ask(method: str, path: str, headers: list[tuple[str, str]]) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(alone), base_url="http://api.test") as client:
            return await client.request(method, path, headers=headers)

    def quick(client: Client, path: str, method: str = "GET", **more: str) -> httpx.Response:
        return wire.portal.call(ask, method, path, [*client.authorization.items(), *more.items()])

    return quick


def test_what_is_plain_is_answered_as_the_endpoint_would(
    home: House, caller: Callable[..., Client], quick: Callable[..., httpx.Response]
) -> None:
    path = f"/payments/checkout/{home.require()}/status"
    for role, subject in (("service", "auctions"), ("buyer", "buyer-1"), ("support", "ines")):
        client = caller(role, subject)
        first, whole, plain = quick(client, path), client.get(path), quick(client, path)

        assert first.json() == plain.json() == whole.json()
        assert dict(first.headers) == dict(plain.headers) == dict(whole.headers)


def test_both_ways_tell_each_role_of_a_stolen_card_what_it_may_know(
    home: House, caller: Callable[..., Client], quick: Callable[..., httpx.Response]
) -> None:
    session_id = home.opened()
    home.pay(session_id, "4000000000009979")
    home.hear()
    path, elsewhere = f"/payments/checkout/{session_id}/status", {"Origin": "https://shop.example"}
    told = {}
    for role, subject in (("service", "auctions"), ("support", "ines"), ("buyer", "buyer-1"), ("maker", "maker-1")):
        client = caller(role, subject)
        known = (f"/payments/{session_id}", "/payments", "/payments/auctions/auction-1")
        one, page, lot = (client.get(each).json() for each in known)
        ways = [quick(client, path).json(), client("GET", path, headers=elsewhere).json(), one]
        seen = [*(way["paymentSession"] for way in ways), *page["data"], *lot["data"]]
        assert len(seen) == 5
        (told[role],) = {each["reason"] for each in seen}

    assert told == {"service": "stolen_card", "support": "stolen_card", "buyer": "declined", "maker": "declined"}


def test_what_is_not_plain_is_left_to_the_endpoint(
    home: House, caller: Callable[..., Client], quick: Callable[..., httpx.Response]
) -> None:
    mine = f"/payments/checkout/{home.require()}/status"
    absent = "/payments/checkout/0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11/status"
    service, buyer, stranger = caller("service"), caller("buyer", "buyer-1"), caller("buyer", "buyer-2")
    for client in (service, buyer, stranger):
        client.get(mine)

    assert quick(stranger, mine).status_code == PASSED_ON
    assert quick(service, absent).status_code == PASSED_ON
    assert quick(service, mine.replace("0", "z")).status_code == PASSED_ON
    assert quick(service, mine, "HEAD").status_code == PASSED_ON
    assert quick(service, mine, origin="https://shop.example").status_code == PASSED_ON
    assert quick(service, mine, authorization="Bearer another").status_code == PASSED_ON
    assert quick(caller(), mine).status_code == PASSED_ON
    home.time.forward(seconds=3700)
    assert quick(buyer, mine).status_code == PASSED_ON  # the token has ended


def test_who_asks_too_often_is_passed_on_to_be_told_so(
    home: House, caller: Callable[..., Client], quick: Callable[..., httpx.Response]
) -> None:
    path, buyer = f"/payments/checkout/{home.require()}/status", caller("buyer", "buyer-1")
    buyer.get(path)
    most = ALLOWANCES[CallerRole.BUYER].most

    answers = [quick(buyer, path).status_code for _ in range(most * 3)]

    assert answers[:most] == [200] * most
    assert PASSED_ON in answers


def test_whatever_is_asked_and_however_both_ways_answer_the_same(
    home: House, api: FastAPI, token: Callable[..., str]
) -> None:
    slow = create_api(home.app, api.state.verify)
    slow.user_middleware = [one for one in slow.user_middleware if one.cls is not QuickStatus]  # type: ignore[comparison-overlap]
    ids = [str(home.require()), str(home.require(auction_id="auction-2", buyer_id="buyer-2"))]
    roles = (("service", "auctions"), ("buyer", "buyer-1"), ("maker", "maker-1"), ("auditor", "ann"))
    tokens = [token(role, subject) for role, subject in roles]
    written = [form(one) for one in ids for form in (str, str.upper, "----{}".format, "{}%0a".format, _brackets)]
    paths = st.builds("/payments/checkout/{}{}".format, st.sampled_from(written), st.sampled_from(ENDINGS))
    plain = st.builds("/payments/checkout/{}/status".format, st.sampled_from(ids))
    bearers = st.builds(
        "{}{}".format, st.sampled_from(["Bearer ", "bearer ", "Bearer  ", "Basic ", ""]), st.sampled_from(tokens)
    )
    headers = st.one_of(
        st.tuples(st.just("Authorization"), st.one_of(st.sampled_from(tokens).map("Bearer {}".format), bearers)),
        st.sampled_from(ODD_HEADERS),
    )

    with wired(api) as ours, wired(slow) as theirs:
        for one in tokens:
            theirs.request("GET", f"/payments/checkout/{ids[0]}/status", headers={"Authorization": f"Bearer {one}"})

        def compare(method: str, path: str, odd: list[tuple[str, str]]) -> None:
            quick, whole = (wire.request(method, path, headers=odd) for wire in (ours, theirs))
            assert (quick.status_code, quick.content) == (whole.status_code, whole.content)
            assert sorted(quick.headers.multi_items()) == sorted(whole.headers.multi_items())

        for one_odd in ODD_HEADERS:
            compare("GET", f"/payments/checkout/{ids[0]}/status", [("Authorization", f"Bearer {tokens[0]}"), one_odd])
        asked = given(st.sampled_from(METHODS), st.one_of(plain, paths), st.lists(headers, min_size=1, max_size=3))
        settings(max_examples=250, derandomize=True, deadline=None, database=None)(asked(compare))()


def test_what_goes_wrong_is_told_by_the_endpoint_with_all_that_an_answer_needs(
    home: House, token: Callable[..., str]
) -> None:
    session_id = home.require(policy="instant")
    # As in a process of the version before: it does not know how the newest of us collect.
    older = replace(home.app, require_payments=replace(home.app.require_payments, policies={}))
    headers = {"Authorization": f"Bearer {token('service')}"}
    with wired(create_api(older, RememberedTokens(TokenVerifier(SharedSecret(SECRET), home.time)))) as wire:
        answers = [wire.request("GET", f"/payments/checkout/{session_id}/status", headers=headers) for _ in range(2)]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(500, "internal_error")] * 2
    assert answers[1].headers["cache-control"] == "no-store"
