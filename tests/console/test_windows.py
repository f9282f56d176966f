"""Overrides of a window, and retries, over HTTP."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from console.app import create_api
from console.limits import Limits
from domain.attempt import AttemptStatus
from tests.console.calling import Client, wired
from tests.house import House

Caller = Callable[..., Client]


@pytest.fixture
def admin(caller: Caller) -> Client:
    return caller("admin", "ada")


def override(client: Client, session_id: object, key: str | None = None, **body: Any) -> Any:
    path = f"/payments/window/{session_id}/override"
    return client("POST", path, json={"reason": "by telephone"} | body, headers={"Idempotency-Key": key} if key else {})


def ends(home: House) -> datetime:
    return home.app.view_payments.listed()[0].session.window_expires_at


def test_a_window_is_extended_and_the_act_is_on_record(home: House, admin: Client) -> None:
    session_id = home.opened()
    before = ends(home)

    answer = override(admin, session_id, action="extend", minutes=90.5)

    assert answer.status_code == 200
    assert (ends(home) - before).total_seconds() == 90.5 * 60
    assert answer.json()["paymentSession"]["id"] == str(session_id)
    entry = home.app.view_payments.history(session_id)[-1]
    assert (entry.action, entry.actor) == ("window_extended", "admin:ada")


def test_an_extension_under_one_key_is_done_once_and_answered_with_the_same_bytes(home: House, admin: Client) -> None:
    session_id = home.opened()
    before = ends(home)

    first = override(admin, session_id, "key-1", action="extend", minutes=60)
    home.forward(minutes=10)
    second = override(admin, session_id, "key-1", action="extend", minutes=60)
    third = override(admin, session_id, action="extend", minutes=60)

    assert first.content == second.content
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert third.status_code == 200
    assert (ends(home) - before).total_seconds() == 2 * 3600


def test_a_refusal_is_repeated_too(home: House, admin: Client) -> None:
    session_id = home.opened()

    answers = [override(admin, session_id, "key-1", action="extend", minutes=40_000) for _ in range(2)]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "beyond_maximum")] * 2
    assert answers[1].headers["content-type"] == "application/problem+json"
    assert home.actions(session_id).count("extension_refused") == 1


def test_a_payment_is_canceled_and_that_may_be_repeated(home: House, admin: Client) -> None:
    session_id = home.opened()

    answers = [override(admin, session_id, action="terminate") for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[1].json()["paymentSession"]["status"] == "canceled"
    assert home.told() == ["auction.payment_pending", "auction.reopened"]


def test_what_is_paid_is_not_canceled(home: House, admin: Client) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.hear()

    answer = override(admin, session_id, action="terminate")

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_completed")
    assert override(admin, "0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11", action="terminate").status_code == 404


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"action": "prolong"}, ["action", "minutes"]),
        ({"action": "extend"}, ["minutes"]),
        ({"action": "extend", "minutes": 0}, ["minutes"]),
        ({"action": "extend", "minutes": 1e300}, ["minutes"]),
        ({"action": "extend", "minutes": "60"}, ["minutes"]),
        ({"action": "terminate", "minutes": 5}, ["minutes"]),
        ({"action": "terminate", "reason": " "}, ["reason"]),
        ({"action": "terminate", "reason": "x" * 501}, ["reason"]),
        ({"action": "terminate", "reason": "a\x00b"}, ["reason"]),
        ({"action": "terminate", "reason": 7, "when": "now"}, ["when", "reason"]),
    ],
)
def test_an_override_that_cannot_be_understood_names_every_field(
    home: House, admin: Client, body: dict[str, Any], fields: list[str]
) -> None:
    answer = override(admin, home.opened(), **body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [error["field"] for error in answer.json()["errors"]] == fields


def declined(home: House) -> Any:
    session_id = home.opened()
    home.pay(session_id, "4000000000000002")
    home.hear()
    return session_id


def test_a_buyer_retries_at_once_and_the_repeat_gets_the_same_attempt(home: House, caller: Caller) -> None:
    session_id = declined(home)
    buyer = caller("buyer", "buyer-1")

    answers = [buyer.post(f"/payments/retry/{session_id}") for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["attempt"] == 2
    assert answers[0].json()["stripeCheckoutUrl"] == home.payment(session_id).attempts[1].url
    assert home.actions(session_id).count("retry_initiated") == 1
    assert "retry_refused" not in home.actions(session_id)


def test_a_retry_that_cannot_be_says_why(home: House, caller: Caller) -> None:
    support = caller("support", "sue")
    session_id = home.opened()
    fresh = support.post(f"/payments/retry/{session_id}")
    home.pay(session_id)
    home.hear()
    paid = support.post(f"/payments/retry/{session_id}")

    assert (fresh.status_code, fresh.json()["code"]) == (409, "not_declined")
    assert (paid.status_code, paid.json()["code"]) == (409, "paid")


def test_a_retry_of_what_turns_out_to_be_paid_says_so(home: House, caller: Caller) -> None:
    session_id = declined(home)
    home.pay(session_id)  # and its webhook is lost

    answer = caller("buyer", "buyer-1").post(f"/payments/retry/{session_id}")

    assert (answer.status_code, answer.json()["code"]) == (409, "paid")


def test_while_stripe_is_silent_a_retry_is_answered_and_goes_on(home: House, token: Callable[..., str]) -> None:
    session_id = declined(home)

    def verify(_token: str) -> Any:
        from runtime.tokens import Caller as Known  # noqa: PLC0415
        from runtime.tokens import CallerRole  # noqa: PLC0415

        return Known("buyer-1", CallerRole.BUYER)

    with wired(create_api(home.app, verify, limits=Limits(patience=0.0))) as wire:
        answer = Client(wire, token("buyer", "buyer-1")).post(f"/payments/retry/{session_id}")

    assert answer.status_code in (200, 202)
    if answer.status_code == 202:
        assert answer.json()["stripeCheckoutUrl"] is None
        assert answer.headers["retry-after"] == "2"
    home.work()
    assert [one.status for one in home.payment(session_id).attempts] == [AttemptStatus.CLOSED, AttemptStatus.OPEN]


def test_buyers_see_how_they_have_paid_and_nobody_else_does(home: House, caller: Caller, service: Client) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()

    (method,) = caller("buyer", "buyer-1").get("/payments/methods").json()["data"]

    assert (method["brand"], method["last4"]) == ("visa", "4242")
    assert "pm_" not in str(method)
    assert caller("buyer", "buyer-2").get("/payments/methods").json() == {"data": []}
    assert service.get("/payments/methods").status_code == 403


def test_payments_are_found_by_policy_currency_and_time(home: House, service: Client) -> None:
    begun = home.time()
    first = service.create()
    home.forward(hours=1)
    later = home.time().isoformat()
    second = service.create(auctionId="auction-2", currency="EUR")
    home.forward(seconds=1)
    third = service.create(auctionId="auction-3", policy="instant")

    def found(**params: str) -> list[str]:
        return [one["id"] for one in service.get("/payments", **params).json()["data"]]

    assert found(policy="instant") == [third]
    assert found(currency="EUR") == [second]
    assert found(createdFrom=later) == [third, second]
    assert found(createdTo=later) == [first]
    assert found(createdFrom=begun.isoformat(), createdTo=later, currency="EUR") == []
    for wrong in ("2026-01-01T00:00:00", "1000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:00", "soon"):
        assert service.get("/payments", createdFrom=wrong).json()["errors"][0]["field"] == "createdFrom"
