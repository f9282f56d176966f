"""A buyer's browser on the sandbox's pay pages."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from sandbox.auction_house.habits import ASKS_BANK, DECLINED, PAID
from sandbox.auction_house.pay_page import Outcome, PayPage
from sandbox.stripe.server import RunningSandbox, running_sandbox
from tests.sandbox.auction_house.pretend import open_checkout

Play = Callable[[PayPage, str], Awaitable[Outcome]]


def outcome(sandbox: RunningSandbox, url: str, *plays: Play) -> list[Outcome]:
    async def all_of_them() -> list[Outcome]:
        async with httpx.AsyncClient(trust_env=False) as client:
            return [await play(PayPage(client), url) for play in plays]

    return asyncio.run(all_of_them())


def card(number: str) -> Play:
    return lambda page, url: page.pay(url, number, "buyer@example.com")


def confirm(page: PayPage, url: str) -> Awaitable[Outcome]:
    return page.confirm(url)


@pytest.mark.parametrize(
    ("plays", "outcomes"),
    [
        ([card(PAID)], [Outcome.PAID]),
        ([card(DECLINED), card(PAID)], [Outcome.DECLINED, Outcome.PAID]),
        ([card(ASKS_BANK), confirm], [Outcome.ASKED_BY_BANK, Outcome.PAID]),
        ([card(PAID), card(PAID)], [Outcome.PAID, Outcome.CLOSED]),
    ],
)
def test_the_page_tells_what_came_of_it(plays: list[Play], outcomes: list[Outcome]) -> None:
    with running_sandbox(seed=1) as sandbox:
        assert outcome(sandbox, open_checkout(sandbox)["url"], *plays) == outcomes


def test_a_page_that_never_answers_is_given_up() -> None:
    async def pay() -> Outcome:
        transport = httpx.MockTransport(_hang_up)
        async with httpx.AsyncClient(transport=transport) as client:
            return await PayPage(client).pay("http://page/c/pay/cs_1", PAID, "buyer@example.com")

    assert asyncio.run(pay()) is Outcome.UNREACHABLE


def _hang_up(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("gone", request=request)
