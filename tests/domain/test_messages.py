"""The intake message: read strictly, with every problem at once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidMessage
from domain.messages import KNOWN_FIELDS, read_payment_required
from domain.money import Money

ORDINARY = {"auction_id": "a-1", "buyer_id": "b.1", "maker_id": "m_1", "amount": "275.50", "currency": "USD"}


def problems(**changes: Any) -> dict[str, str]:
    message = {key: value for key, value in (ORDINARY | changes).items() if value is not ...}
    with pytest.raises(InvalidMessage) as caught:
        read_payment_required(message)
    return dict(caught.value.problems)


def test_an_ordinary_message_is_read() -> None:
    read = read_payment_required(ORDINARY)
    assert read.amount == Money("USD", 27550)
    assert read.policy == "standard"
    assert read.intake_key == "a-1:b.1"


def test_a_request_id_makes_it_another_request() -> None:
    assert read_payment_required(ORDINARY | {"request_id": "r1"}).intake_key == "a-1:b.1:r1"


@pytest.mark.parametrize("field", ["auction_id", "buyer_id", "maker_id", "amount", "currency"])
def test_what_is_required_is_missed(field: str) -> None:
    assert problems(**{field: ...}) == {field: "is required"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("auction_id", "a:1"),
        ("auction_id", ""),
        ("buyer_id", "b" * 65),
        ("maker_id", 7),
        ("amount", 275.5),
        ("amount", 275),
        ("amount", "-1.00"),
        ("amount", "1.005"),
        ("title", "t" * 1_000_000),
        ("title", "a\x00b"),
        ("title", "\ud800"),
        ("policy", "slow"),
        ("buyer_email", "no address"),
        ("buyer_phone", "0171"),
        ("currency", ""),
        ("currency", "usd"),
        ("locale", "<b>"),
        ("maker_stripe_account", "cus_1"),
        ("return_url", "http://shop.example/back"),
        ("return_url", "javascript:alert(1)"),
        ("cancel_url", "https://user@shop.example/"),
        ("max_extension_minutes", -1),
        ("max_extension_minutes", True),
        ("metadata", {"payment_session_id": "x"}),
        ("metadata", {"k[0]": "x"}),
        ("metadata", {"k": 1}),
        ("metadata", {str(n): "x" for n in range(41)}),
        ("metadata", ["x"]),
        ("risk", {"shoe_size": "43"}),
        ("colour", "red"),
    ],
)
def test_what_is_wrong_is_named(field: str, value: object) -> None:
    assert set(problems(**{field: value})) == {field}


def test_an_unknown_currency_is_named() -> None:
    assert "XYZ" in problems(currency="XYZ")["currency"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"buyer_email": "", "return_url": None}, {"buyer_email": None, "return_url": None}),
        ({"buyer_phone": " +49 (30) 123-45.67"}, {"buyer_phone": "+49301234567"}),
        ({"locale": "auto"}, {"locale": None}),
        ({"risk": {"ip": "192.0.2.1", "country": None}}, {"risk": {"ip": "192.0.2.1"}}),
    ],
)
def test_what_is_not_said_is_not_wrong(given: dict[str, object], read: dict[str, object]) -> None:
    request = read_payment_required(ORDINARY | given)
    assert {name: getattr(request, name) for name in read} == read


def test_all_problems_are_told_at_once() -> None:
    assert set(problems(auction_id="a:1", amount=1.5, colour="red", maker_id=...)) == {
        "auction_id",
        "amount",
        "colour",
        "maker_id",
    }


def refused_fields(message: dict[str, Any]) -> list[str] | None:
    """The fields that were refused; None if the message was read."""
    try:
        read_payment_required(message)
    except InvalidMessage as refusal:
        return [name for name, _ in refusal.problems]
    return None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(KNOWN_FIELDS)) | st.text(), values, max_size=8))
def test_anything_is_either_read_or_refused_with_reasons(message: dict[str, Any]) -> None:
    assert refused_fields(message) != []


@given(st.sampled_from(sorted(KNOWN_FIELDS - {"amount", "currency"})), values)
def test_one_odd_value_never_breaks_the_reader(field: str, value: object) -> None:
    assert refused_fields(ORDINARY | {field: value}) in (None, [field])
