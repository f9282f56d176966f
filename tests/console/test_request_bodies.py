"""Reading a request: amounts by their digits, every problem at once, and nothing that has two readings."""

from decimal import Decimal
from typing import Any

import httpx
import orjson
import pytest

from console.api.bodies import read_override, read_refund
from console.api.requests import read_request
from console.exact_json import MalformedJson, Number, read_object, write
from console.problems import Problem
from tests.console.calling import Client, wanted
from tests.house import House

CREATE = "/payments/checkout/create"


def with_amount(text: str, currency: str = "USD", **changes: Any) -> bytes:
    """A request whose amount is written exactly so."""
    return orjson.dumps(wanted(amount="AMOUNT", currency=currency, **changes)).replace(b'"AMOUNT"', text.encode())


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("275.5", "USD", 27550),
        ("275.50", "USD", 27550),
        ("275.500", "USD", 27550),
        ("1.1", "USD", 110),
        # As a binary fraction this is 1.00499999999999989…
        ("0.57", "USD", 57),
        ("8.16", "EUR", 816),
        ("1e2", "USD", 10000),
        ("2.755E+2", "USD", 27550),
        ("48000", "JPY", 48000),
        ("48000.0", "JPY", 48000),
        ("1.23", "EUR", 123),
        ("9999999999.99", "USD", 999999999999),
        ("9007199254.74", "USD", 900719925474),
    ],
)
def test_an_amount_is_read_by_its_digits(text: str, currency: str, minor: int) -> None:
    request = read_request(read_object(with_amount(text, currency)))

    assert (request.amount.minor, request.amount.currency) == (minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("0.30000000000000004", "USD"),
        ("275.505", "USD"),
        ("0.5", "JPY"),
        ("1.2345", "BHD"),
        ("-1", "USD"),
        ("-0", "USD"),
        ("0", "USD"),
        ("0.49", "USD"),
        ("10000000000", "USD"),
        ("1e400", "USD"),
        ("1e-400", "USD"),
        ("1e99999999999", "USD"),
        # More than decimals can hold.
        ("1e9999999999999999999", "USD"),
        ("0e-9999999999999999999", "USD"),
        ("9" * 5000, "USD"),
        ("true", "USD"),
        ("[1]", "USD"),
        ('"275.50"', "USD"),
    ],
)
def test_an_amount_that_cannot_be_is_refused(text: str, currency: str) -> None:
    with pytest.raises(Problem) as refused:
        read_request(read_object(with_amount(text, currency)))

    assert refused.value.status == 422
    assert [field for field, _ in refused.value.fields] == ["amount"]


@pytest.mark.parametrize("exponent", ["9999999999999999999", "-9999999999999999999"])
def test_numbers_beyond_all_bounds_are_wrong_in_every_field(exponent: str) -> None:
    body = read_object(f'{{"minutes": 1e{exponent}, "amount": 1e{exponent}}}'.encode())
    for read, field in ((read_override, "minutes"), (read_refund, "amount")):
        with pytest.raises(Problem) as refused:
            read(body)
        assert refused.value.status == 422
        assert field in dict(refused.value.fields)


def test_an_amount_reaches_stripe_and_comes_back_with_its_digits(home: House, service: Client) -> None:
    answer = service.raw(CREATE, with_amount("9007199254.74"))
    (payment,) = home.app.view_payments.listed()
    (checkout,) = home.sandbox.core.world.store.table("checkout.session").oldest()

    assert answer.status_code == 201
    assert payment.session.amount_minor == checkout["amount_total"] == 900719925474
    assert b'"amount":9007199254.74,' in service.get("/payments").content


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "is no JSON"),
        (b"{", "is no JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b"\xff\xfe", "is not UTF-8"),
        (b'{"amount": NaN}', "NaN"),
        (b'{"amount": Infinity}', "Infinity"),
        (b'{"amount": 1, "amount": 2}', "holds a key twice"),
        (b'{"risk": {"ip": "1", "ip": "2"}}', "holds a key twice"),
        (b"[" * 50_000, "is no JSON"),
        (b'{"a":' * 10_000, "is no JSON"),
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(MalformedJson, match=says):
        read_object(body)


def test_bodies_that_cannot_be_taken_are_refused_with_the_status_that_says_why(service: Client) -> None:
    assert problem(service.raw(CREATE, b"{")) == (400, "malformed_json")
    for declared in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert problem(service.raw(CREATE, b"{}", declared)) == (415, "not_json")
    assert problem(service.post(CREATE, wanted(description="x" * 70_000))) == (413, "body_too_large")
    for key in ("\\ud800", "\\u0000", "x" * 5000):
        answer = service.raw(CREATE, f'{{"{key}": 1}}')
        assert problem(answer) == (422, "invalid_request")
        assert len(answer.content) < 4000


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_every_problem_of_every_field_is_told_at_once(service: Client) -> None:
    body = wanted(
        auctionId="a:b",
        buyerId=7,
        makerId=...,
        amount=0.001,
        buyerEmail="nobody",
        returnUrl="javascript:alert(1)",
        maxExtensionMinutes=1.5,
        auction_id="auction-1",
        surprise=1,
        risk={"shoe": "44"},
        metadata={"n": 1},
    )

    answer = service.post(CREATE, body)
    fields = [error["field"] for error in answer.json()["errors"]]

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"
    assert set(fields) == {
        *("auctionId", "buyerId", "makerId", "amount", "buyerEmail", "returnUrl", "maxExtensionMinutes", "auction_id"),
        *("surprise", "risk", "metadata"),
    }
    assert len(fields) == len(set(fields))


def test_a_body_that_hides_its_length_is_refused_as_soon_as_it_is_too_long(service: Client) -> None:
    async def endless() -> Any:
        for _ in range(1000):
            yield b"x" * 1024

    answer = service("POST", CREATE, content=endless(), headers={"Content-Type": "application/json"})

    assert answer.status_code == 413


def test_numbers_keep_their_digits_on_the_way_out() -> None:
    assert write({"a": Decimal("275.50"), "b": Decimal("9999999999.99"), "c": Decimal(48000)}) == (
        b'{"a":275.50,"b":9999999999.99,"c":48000}'
    )
    with pytest.raises(TypeError):
        write({"a": object()})


@pytest.mark.parametrize("currency", ["usd", "XXX"])
def test_a_currency_that_there_is_not_is_told_as_such(currency: str) -> None:
    with pytest.raises(Problem) as refused:
        read_request(read_object(with_amount("275.5", currency)))

    assert [field for field, _ in refused.value.fields] == ["currency"]


def test_numbers_that_are_no_amounts_are_plain() -> None:
    document = read_object(b'{"whole": 7, "less": -7, "part": 1.5, "power": 1e2}')

    assert {name: number.plain for name, number in document.items()} == {
        "whole": 7,
        "less": -7,
        "part": 1.5,
        "power": 100.0,
    }
    assert Number("1" + "0" * 4400).plain == float("inf")
    with pytest.raises(MalformedJson):
        read_object(b"{} {}")
