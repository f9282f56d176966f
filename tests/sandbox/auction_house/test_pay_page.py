"""A buyer's browser on the sandbox's pay pages."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from sandbox.auction_house.buyers import NO_PAGE
from sandbox.auction_house.habits import ASKS_BANK, DECLINED, PAID
from sandbox.auction_house.pay_page import CardForm, HostedPage, Outcome, PayPage
from sandbox.stripe.server import RunningSandbox, running_sandbox
from tests.sandbox.auction_house.pretend import open_checkout, stripe

Play = Callable[[PayPage], Awaitable[Outcome]]
Open = Callable[[RunningSandbox, httpx.AsyncClient], PayPage]


def hosted(sandbox: RunningSandbox, client: httpx.AsyncClient) -> PayPage:
    return HostedPage(client, open_checkout(sandbox)["url"])


def form(sandbox: RunningSandbox, client: httpx.AsyncClient) -> PayPage:
    intent = stripe(sandbox, "/v1/payment_intents", {"amount": "5000", "currency": "usd"}).json()
    return CardForm(client, sandbox.url, intent["client_secret"])


def outcomes_of(sandbox: RunningSandbox, open_page: Open, plays: list[Play]) -> list[Outcome]:
    async def all_of_them() -> list[Outcome]:
        async with httpx.AsyncClient(trust_env=False) as client:
            page = open_page(sandbox, client)
            return [await play(page) for play in plays]

    return asyncio.run(all_of_them())


def card(number: str) -> Play:
    return lambda page: page.pay(number, "buyer@example.com")


def confirm(page: PayPage) -> Awaitable[Outcome]:
    return page.confirm()


@pytest.mark.parametrize("open_page", [hosted, form])
@pytest.mark.parametrize(
    ("plays", "outcomes"),
    [
        ([card(PAID)], [Outcome.PAID]),
        ([card(DECLINED), card(PAID)], [Outcome.DECLINED, Outcome.PAID]),
        ([card(ASKS_BANK), confirm], [Outcome.ASKED_BY_BANK, Outcome.PAID]),
        ([card(PAID), card(PAID)], [Outcome.PAID, Outcome.CLOSED]),
    ],
)
def test_the_page_tells_what_came_of_it(open_page: Open, plays: list[Play], outcomes: list[Outcome]) -> None:
    with running_sandbox(seed=1) as sandbox:
        assert outcomes_of(sandbox, open_page, plays) == outcomes


@pytest.mark.parametrize(
    "page",
    [
        lambda client: HostedPage(client, "http://page/c/pay/cs_1"),
        lambda client: CardForm(client, "http://stripe", "pi_1_secret_2"),
        lambda _client: NO_PAGE,
    ],
)
def test_a_page_that_never_answers_takes_no_money(page: Callable[[httpx.AsyncClient], PayPage]) -> None:
    async def use() -> set[Outcome]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(_hang_up)) as client:
            return {await page(client).pay(PAID, "buyer@example.com"), await page(client).confirm()}

    assert asyncio.run(use()) <= {Outcome.UNREACHABLE, Outcome.CLOSED}


def _hang_up(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("gone", request=request)
