"""Buyers are sent back to allowed origins only, whichever way the request came."""

from typing import Any

import pytest

from domain.errors import OfferRefused
from services.require_payment import Accepted, Answer
from tests.house import House, house, request

LISTED = {
    "CHECKOUT_ALLOWED_ORIGINS": "https://shop.example, http://localhost:3000",
    "CHECKOUT_RETURN_URL": "https://thanks.example/done",
    "PUBLIC_URL": "https://pay.example",
}


def ask(home: House, **changes: Any) -> Answer:
    return home.app.require_payments([request(**changes)])[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/thanks?x=1",
        "https://SHOP.example:443/",
        "http://localhost:3000/",
        "https://thanks.example/elsewhere",
        "https://pay.example/pay/token",
    ],
)
@pytest.mark.parametrize("name", ["return_url", "cancel_url"])
def test_an_allowed_address_is_where_the_buyer_comes_back_to(database_url: str, name: str, url: str) -> None:
    with house(database_url, **LISTED) as home:
        session_id = home.opened(**{name: url})
        assert getattr(home.payment(session_id).session, name) == url
        stripes = {"return_url": "success_url", "cancel_url": "cancel_url"}[name]
        assert home.stripe_has()[0][stripes] == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "https://shop.example.evil.example/",
        "https://shop.example:8443/",
        "https://evil.example\\.shop.example/",
        "https://shop.example:1\\evil.example/",
        "http://localhost/",
        "https://pay.example.:443/",
    ],
)
@pytest.mark.parametrize("name", ["return_url", "cancel_url"])
def test_any_other_address_is_refused(database_url: str, name: str, url: str) -> None:
    with house(database_url, **LISTED) as home:
        answer = ask(home, **{name: url})
        assert isinstance(answer, OfferRefused)
        assert answer.code == "url_not_allowed"
        assert name in str(answer)


def test_where_nothing_is_listed_only_our_own_page_is_allowed(home: House) -> None:
    assert isinstance(ask(home, return_url="https://shop.example/"), OfferRefused)
    assert isinstance(ask(home, return_url="http://127.0.0.1:8000/pay/x"), Accepted)


def test_a_repeat_of_what_was_accepted_stays_accepted_when_the_list_has_changed(database_url: str) -> None:
    with house(database_url, **LISTED) as home:
        accepted = ask(home, return_url="https://shop.example/")
        assert isinstance(accepted, Accepted)
    with house(database_url) as home:
        again = ask(home, return_url="https://shop.example/")
        assert again == Accepted(accepted.session_id, is_new=False)
