"""Creating a checkout over HTTP."""

import time
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from fastapi import FastAPI

from console.app import create_api
from console.limits import Limits
from services.create_checkout import PATIENCE
from tests.console.calling import Client, Wire, wanted, wired
from tests.house import House

CREATE = "/payments/checkout/create"
Caller = Callable[..., Client]


def checkouts_at_stripe(home: House) -> int:
    return len(list(home.sandbox.core.world.store.table("checkout.session").oldest()))


def test_a_request_is_answered_with_the_page_to_pay_on(home: House, service: Client) -> None:
    answer = service.post(CREATE, wanted())
    body = answer.json()
    session, window = body["paymentSession"], body["paymentWindow"]

    assert answer.status_code == 201
    assert session["stripeCheckoutUrl"].startswith(home.sandbox.url)
    assert session["clientSecret"] is None
    assert session["status"] == "pending"
    assert window["duration"] == "24:00:00"
    assert session["expiresAt"] == window["expiresAt"]
    assert session["expiresAt"].endswith("Z")
    assert answer.headers["location"] == f"/payments/{session['id']}"


def test_the_same_request_is_answered_with_the_same_session(service: Client) -> None:
    first = service.post(CREATE, wanted())
    second = service.post(CREATE, wanted())

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


def test_fifty_equal_requests_at_once_open_one_checkout(home: House, service: Client, wire: Wire) -> None:
    answers = wire.at_once(50, "POST", CREATE, json=wanted(), headers=service.authorization)

    assert {answer.status_code for answer in answers} <= {200, 201}
    assert sum(answer.status_code == 201 for answer in answers) == 1
    assert len({answer.content for answer in answers}) == 1
    assert checkouts_at_stripe(home) == 1


def test_an_instant_request_is_answered_with_what_card_fields_need(service: Client) -> None:
    body = service.post(CREATE, wanted(policy="instant")).json()

    assert body["paymentSession"]["stripeCheckoutUrl"] is None
    assert body["paymentSession"]["clientSecret"].startswith("pi_")
    assert body["paymentWindow"]["duration"] == "00:10:00"


def test_while_stripe_is_silent_the_caller_is_told_to_ask_again_and_one_checkout_opens_in_the_end(
    home: House, service: Client
) -> None:
    home.sandbox.fault("latency", "checkout.sessions.create", seconds=2.0, count=1)
    limits = replace(Limits(), patience=0.3)
    with wired(create_api(home.app, service.wire.api.state.verify, limits=limits)) as hasty:
        impatient = replace(service, wire=hasty)
        answer = impatient.post(CREATE, wanted())

        assert answer.status_code == 202
        assert answer.headers["retry-after"] == "2"
        assert answer.json()["paymentSession"]["stripeCheckoutUrl"] is None

        later = repeat_until_open(impatient)

    assert later["id"] == answer.json()["paymentSession"]["id"]
    assert checkouts_at_stripe(home) == 1


def repeat_until_open(client: Client) -> dict[str, str]:
    for _ in range(100):
        answer = client.post(CREATE, wanted())
        if answer.status_code == 200:
            session: dict[str, str] = answer.json()["paymentSession"]
            assert session["stripeCheckoutUrl"]
            return session
        time.sleep(0.1)
    raise AssertionError("it never opens")


def test_what_stripe_refuses_for_good_is_told_and_only_the_service_learns_why(
    home: House, caller: Caller, service: Client
) -> None:
    home.require()
    with home.app.database.transaction() as connection:
        connection.execute("UPDATE checkout_attempts SET status = 'refused', last_error = 'Stripe: too small'")

    answers = [one.post(CREATE, wanted()) for one in (service, caller("buyer", "buyer-1"))]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, "checkout_refused")] * 2
    assert "too small" in answers[0].text
    assert "too small" not in answers[1].text


def test_what_the_rules_forbid_is_refused_with_a_stable_code(service: Client) -> None:
    service.create()

    def refused(**changes: object) -> tuple[int, str]:
        answer = service.post(CREATE, wanted(**changes))
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()["code"]

    assert refused(buyerId="buyer-2") == (409, "auction_has_live_session")
    assert refused(amount=275.51) == (409, "conflicting_request")
    assert refused(policy="instant") == (409, "conflicting_request")
    assert refused(auctionId="auction-2", makerId="buyer-1") == (422, "seller_is_buyer")
    assert refused(auctionId="auction-2", policy="instant", currency="EUR") == (422, "currency_not_in_policy")
    assert refused(auctionId="auction-2", returnUrl="https://evil.example/") == (422, "url_not_allowed")
    assert refused(auctionId="auction-2", cancelUrl="https://evil.example/") == (422, "url_not_allowed")


def test_a_buyer_gets_the_checkout_that_was_announced(caller: Caller, service: Client) -> None:
    session_id = service.create()

    answer = caller("buyer", "buyer-1").post(CREATE, wanted())

    assert answer.status_code == 200
    assert answer.json()["paymentSession"]["id"] == session_id


def test_a_buyer_gets_nothing_else(home: House, caller: Caller, service: Client) -> None:
    service.create()

    def refused(subject: str, **changes: object) -> tuple[int, str]:
        answer = caller("buyer", subject).post(CREATE, wanted(**changes))
        return answer.status_code, answer.json()["code"]

    # Nothing was announced: nobody sets their own price.
    assert refused("buyer-1", auctionId="auction-2") == (403, "not_announced")
    assert refused("buyer-1", requestId="of-my-own") == (403, "not_announced")
    assert refused("buyer-2") == (403, "not_announced")
    assert refused("buyer-2", buyerId="buyer-2") == (403, "not_announced")
    assert refused("buyer-1", amount=1) == (409, "conflicting_request")
    assert len(home.app.view_payments.listed()) == 1


def test_a_repeat_after_the_payment_shows_no_page_to_pay_on(home: House, service: Client) -> None:
    session_id = service.create()
    home.pay(home.app.view_payments.listed()[0].session.id)
    home.hear()

    answer = service.post(CREATE, wanted())

    assert answer.status_code == 200
    assert answer.json()["paymentSession"]["id"] == session_id
    assert answer.json()["paymentSession"]["status"] == "completed"
    assert answer.json()["paymentSession"]["stripeCheckoutUrl"] is None


def replaced(home: House, service: Client) -> UUID:
    """A payment that was declined, and whose next checkout was asked for: the one before is to be closed first."""
    session_id = UUID(service.create())
    home.pay(session_id, "4000000000000002")
    home.hear()
    home.app.retry_payment(session_id, "buyer:buyer-1")
    return session_id


def test_a_repeat_while_one_checkout_takes_the_place_of_another_is_answered_with_the_new_page(
    home: House, service: Client
) -> None:
    replaced(home, service)

    answer = service.post(CREATE, wanted())

    assert answer.status_code == 200
    assert answer.json()["paymentSession"]["stripeCheckoutUrl"] == home.stripe_has()[1]["url"]


def test_a_repeat_is_to_be_made_again_while_the_checkout_before_cannot_be_closed(home: House, service: Client) -> None:
    session_id = replaced(home, service)
    home.sandbox.fault("error_before", "checkout.sessions.expire", count=9)
    waited = iter((0.0, 1.0, PATIENCE))
    create = replace(home.app.create_checkout, tick=lambda: next(waited), pause=lambda _seconds: None)

    with wired(create_api(replace(home.app, create_checkout=create), service.wire.api.state.verify)) as wire:
        answer = replace(service, wire=wire).post(CREATE, wanted())

    assert (answer.status_code, answer.headers.get("retry-after")) == (202, "2")
    assert answer.json()["paymentSession"]["id"] == str(session_id)
    assert answer.json()["paymentSession"]["stripeCheckoutUrl"] is None


def test_the_optional_keys_reach_the_session(home: House, service: Client) -> None:
    session_id = service.create(
        requestId="offer-2", buyerEmail="a@example.com", maxExtensionMinutes=10, risk={"deviceId": "d"}, locale=None
    )

    (payment,) = home.app.view_payments.listed()

    assert str(payment.session.id) == session_id
    assert payment.session.intake_key == "auction-1:buyer-1:offer-2"
    assert payment.session.buyer_email == "a@example.com"
    assert payment.session.max_extension_minutes == 10
    assert payment.session.risk == {"device_id": "d"}


def test_the_documented_request_is_the_one_that_is_read(api: FastAPI) -> None:
    from console.api.requests import CreateCheckoutRequest  # noqa: PLC0415 - named once
    from domain.messages import KNOWN_FIELDS  # noqa: PLC0415 - named once

    assert set(CreateCheckoutRequest.model_fields) == KNOWN_FIELDS
