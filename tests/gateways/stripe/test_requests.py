"""The parameters of a checkout or payment intent: Stripe takes every one of them, whatever an auction house sends."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.connect import agree
from domain.errors import InvalidMessage
from domain.messages import read_payment_required
from domain.money import CURRENCIES, MAXIMUM, MINIMUM, ZERO_DECIMAL, Money
from domain.policies import AttemptKind
from domain.session import PaymentSession
from gateways.stripe.adapter import Stripe
from gateways.stripe.requests import opening_request, refund_request
from sandbox.stripe.money import SUPPORTED, minimum
from sandbox.stripe.server import running_sandbox
from tests.gateways.stripe.builders import (
    INSTANT,
    STANDARD,
    attempt,
    money_of,
    now,
    refund_of,
    request_of,
    session,
    talking_to,
)

CHECKOUT, INTENT = AttemptKind.CHECKOUT, AttemptKind.PAYMENT_INTENT

#: What a sandbox's account may charge; a real one's depends on its country.
TAKEN = sorted(CURRENCIES & {currency.upper() for currency in SUPPORTED})


def smallest(currency: str) -> int:
    """The smallest amount that we and the sandbox's account take."""
    return max(MINIMUM.get(currency, 1), minimum(currency.lower()))


@pytest.fixture(scope="module")
def stripe() -> Iterator[Stripe]:
    with running_sandbox(seed=3) as sandbox, talking_to(sandbox.url) as stripe:
        yield stripe


def line(paying: PaymentSession) -> dict[str, Any]:
    """The only line of a checkout."""
    (item,) = request_of(paying, attempt(paying))["line_items"]
    price: dict[str, Any] = item["price_data"]
    return price


def product(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = line(session(**changes))["product_data"]
    return data


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("A vase", "A vase"),
        ("  A\n\tvase\u2003 of  glass ", "A vase of glass"),
        ('<b>A & B</b> "quoted" {{7*7}} ${x}', '<b>A & B</b> "quoted" {{7*7}} ${x}'),
        ("שולחן עתיק 🪑", "שולחן עתיק 🪑"),
        ("👩‍👩‍👧‍👦 portrait", "👩‍👩‍👧‍👦 portrait"),
        ("A\x07 vase\x1b[31m", "A vase[31m"),
        (" \n\t ", "Auction auction-1"),
        ("\u200b\u2060", "Auction auction-1"),
        ("", "Auction auction-1"),
        (None, "Auction auction-1"),
    ],
)
def test_a_title_is_shown_as_it_was_meant(title: str | None, shown: str) -> None:
    assert product(title=title)["name"] == shown
    paying = session(title=title)
    assert request_of(paying, attempt(paying, INTENT))["description"] == shown


def test_long_texts_are_cut_with_a_sign() -> None:
    texts = product(title="vase " * 100, description="glass " * 200)
    assert len(texts["name"]) <= 250
    assert texts["name"].endswith("vase…")
    assert len(texts["description"]) <= 500
    assert texts["description"].endswith("g…")
    assert product(title="x" * 250)["name"] == "x" * 250


@pytest.mark.parametrize("description", [None, "", " \n ", "\u200b"])
def test_a_description_of_nothing_is_left_out(description: str | None) -> None:
    assert "description" not in product(description=description)


@pytest.mark.parametrize(
    ("tag", "asked"),
    [
        ("de", "de"), ("de-AT", "de"), ("DE_at", "de"), ("en-GB", "en-GB"), ("en_gb", "en-GB"), ("en-US", "en"),
        ("pt-BR", "pt-BR"), ("pt-PT", "pt"), ("es-419", "es-419"), ("zh-TW", "zh-TW"), ("zh-Hant-TW", "zh"),
        ("fr-CA", "fr-CA"), ("tlh", None), ("he", None), (None, None),
    ],
)  # fmt: skip
def test_a_language_is_the_nearest_that_stripes_page_speaks(stripe: Stripe, tag: str | None, asked: str | None) -> None:
    paying = session(locale=tag)
    asking = attempt(paying)
    request = request_of(paying, asking)
    assert request.get("locale") == asked
    stripe.open(CHECKOUT, request, idempotency_key=asking.idempotency_key)


def test_stripe_is_told_which_payment_and_attempt_it_is() -> None:
    paying = session(metadata={"lot": "7"})
    ours = {
        "lot": "7",
        "payment_session_id": str(paying.id),
        "auction_id": "auction-1",
        "buyer_id": "buyer-1",
        "attempt": "2",
    }
    checkout = request_of(paying, attempt(paying, number=2))
    assert checkout["metadata"] == checkout["payment_intent_data"]["metadata"] == ours
    assert checkout["client_reference_id"] == str(paying.id)
    assert request_of(paying, attempt(paying, INTENT, number=2))["metadata"] == ours


def test_each_policy_asks_for_its_own_object() -> None:
    paying = session()
    end = now() + timedelta(hours=3)
    addresses = {"return_url": "https://a.example/r", "cancel_url": "https://a.example/c"}
    checkout = opening_request(paying, attempt(paying), STANDARD, expires_at=end, **addresses)
    assert checkout["expires_at"] == int(end.timestamp())
    assert (checkout["success_url"], checkout["cancel_url"]) == ("https://a.example/r", "https://a.example/c")
    assert checkout["customer_email"] == "buyer@example.com"
    without_end = opening_request(paying, attempt(paying), STANDARD, expires_at=None, **addresses)
    assert "expires_at" not in without_end
    intent = opening_request(paying, attempt(paying, INTENT), INSTANT, expires_at=None, **addresses)
    assert (intent["amount"], intent["currency"]) == (27550, "usd")
    assert intent["allowed_payment_method_types"] == ["card"]
    assert intent["receipt_email"] == "buyer@example.com"


@pytest.mark.parametrize("currency", TAKEN)
def test_stripe_takes_every_currency(stripe: Stripe, currency: str) -> None:
    minor = 100 * smallest(currency)
    paying = session(currency=currency, amount_minor=minor)
    asking = attempt(paying)
    opened = stripe.open(CHECKOUT, request_of(paying, asking), idempotency_key=asking.idempotency_key)
    assert opened.checkout_id
    if currency in ZERO_DECIMAL:
        assert Money(currency, minor).major == minor


@pytest.mark.parametrize("address", ["buyer@localhost", "buyer@example..com", "buyer@example.c.", "bücher@example.com"])
def test_an_address_that_stripe_might_not_take_does_not_cost_the_sale(stripe: Stripe, address: str) -> None:
    paying = session(buyer_email=address)
    for kind in AttemptKind:
        asking = attempt(paying, kind, number=1 + (kind is INTENT))
        request = request_of(paying, asking)
        assert "customer_email" not in request
        assert "receipt_email" not in request
        stripe.open(kind, request, idempotency_key=asking.idempotency_key)


texts = st.text(max_size=700)
money = st.sampled_from(TAKEN).flatmap(
    lambda currency: st.integers(smallest(currency), MAXIMUM).map(lambda minor: Money(currency, minor))
)
metadata = st.dictionaries(
    st.text(min_size=1, max_size=40).filter(lambda key: not re.search(r"[\[\]\x00-\x1f]", key)),
    st.text(max_size=500),
    max_size=40,
)
messages = st.fixed_dictionaries(
    {"title": st.none() | texts, "description": st.none() | texts, "metadata": metadata},
    optional={
        "locale": st.from_regex(r"\A[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}\Z"),
        "buyer_email": st.emails() | st.from_regex(r"\A[^\s@<>\"',;:\\()\[\]]{1,64}@[^\s@<>\"',;:\\()\[\]]{1,60}\Z"),
        "return_url": st.sampled_from(["https://house.example/pay?x=1&y=ü#z", "http://127.0.0.1:8000/pay/t"]),
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(money, messages, st.sampled_from(list(AttemptKind)))
def test_stripe_takes_every_request_that_the_intake_lets_through(
    stripe: Stripe, amount: Money, message: dict[str, Any], kind: AttemptKind
) -> None:
    ids = {"auction_id": "a" * 64, "buyer_id": "b" * 64, "maker_id": "m"}
    try:
        asked = read_payment_required(
            {key: value for key, value in message.items() if value is not None}
            | ids
            | {"amount": str(amount.major), "currency": amount.currency}
        )
    except InvalidMessage:
        return
    paying = session(
        auction_id=asked.auction_id,
        buyer_id=asked.buyer_id,
        amount_minor=asked.amount.minor,
        currency=asked.amount.currency,
        title=asked.title,
        description=asked.description,
        locale=asked.locale,
        buyer_email=asked.buyer_email,
        metadata=dict(asked.metadata),
    )
    asking = attempt(paying, kind)
    request = request_of(paying, asking)
    if asked.return_url and kind is CHECKOUT:
        request["success_url"] = asked.return_url
    opened = stripe.open(kind, request, idempotency_key=asking.idempotency_key)
    assert opened.checkout_id or opened.payment_intent_id


def test_a_fee_of_nothing_is_not_asked_for_and_none_is_more_than_the_amount() -> None:
    paying = session(maker_stripe_account="acct_1")
    free, all_of_it, elsewhere = (attempt(paying, INTENT) for _ in range(3))
    agree(free, paying, 0)
    agree(all_of_it, paying, 10_000)
    passed_on = request_of(paying, free)
    assert passed_on["transfer_data"] == {"destination": "acct_1"}
    assert passed_on["on_behalf_of"] == "acct_1"
    assert "application_fee_amount" not in passed_on
    assert request_of(paying, all_of_it)["application_fee_amount"] == paying.amount_minor
    assert "transfer_data" not in request_of(paying, elsewhere)


def test_a_refund_asks_for_a_fee_only_where_there_was_one() -> None:
    paying = session()
    refund = refund_of(paying, 100)
    assert "reverse_transfer" not in refund_request(refund, money_of(paying, "pi_1"))
    refund.reverses_transfer = True
    assert refund_request(refund, money_of(paying, "pi_1", transferred_minor=27_000))["refund_application_fee"] is True
    free = refund_request(refund, money_of(paying, "pi_1", transferred_minor=27_550))
    assert free["reverse_transfer"] is True
    assert "refund_application_fee" not in free
