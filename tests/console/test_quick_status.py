"""The status endpoint without the framework, held against the endpoint itself."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from console.app import create_api
from console.quick import QuickStatus
from console.throttle import ALLOWANCES
from runtime.tokens import CallerRole, RememberedTokens, SharedSecret, TokenVerifier
from tests.console.calling import Client, Wire
from tests.console.conftest import SECRET
from tests.house import House, house

PASSED_ON = 299


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
        assert quick(client, path).status_code == PASSED_ON  # the token is not known yet

        whole, plain = client.get(path), quick(client, path)

        assert plain.json() == whole.json()
        assert dict(plain.headers) == dict(whole.headers)


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
