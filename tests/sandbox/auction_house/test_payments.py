"""How the auction house asks for payment over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import pytest

from sandbox.auction_house.lots import plan_lots
from sandbox.auction_house.payments import Checkout, Payments, Refused

T = TypeVar("T")
LOT = plan_lots(1, seed=1, rate=1.0, sale="lot")[0]
OPEN = {"paymentSession": {"id": "s1", "stripeCheckoutUrl": "http://stripe/c/pay/cs_1", "payPageUrl": "http://page"}}
NOT_YET = {"paymentSession": {"id": "s1", "stripeCheckoutUrl": None}}


def asking(answers: list[httpx.Response | Exception], seconds: float = 5.0) -> Checkout | None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer token"
        given = answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    return run(answer, lambda payments: payments.checkout(LOT, seconds))


def run(answer: Callable[[httpx.Request], httpx.Response], ask: Callable[[Payments], Awaitable[T]]) -> T:
    async def inside() -> T:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            return await ask(Payments(client, "http://api/", "token"))

    return asyncio.run(inside())


def test_an_open_checkout_is_found() -> None:
    assert asking([httpx.Response(201, json=OPEN)]) == Checkout("s1", "http://stripe/c/pay/cs_1", "http://page")


def test_what_is_not_open_yet_and_what_does_not_answer_is_asked_again() -> None:
    answers = [httpx.Response(202, json=NOT_YET), httpx.ConnectError("restarting"), httpx.Response(200, json=OPEN)]
    assert asking(answers) is not None


def test_patience_ends() -> None:
    assert asking([httpx.Response(503)], seconds=0.1) is None


def test_a_refusal_is_final() -> None:
    with pytest.raises(Refused, match="409 another buyer"):
        asking([httpx.Response(409, text="another buyer")])


@pytest.mark.parametrize("answer", [httpx.Response(404), httpx.Response(200, json={})])
def test_nobody_may_say_when_the_window_ends(answer: httpx.Response) -> None:
    assert run(lambda _request: answer, lambda payments: payments.window_end("s1")) is None
