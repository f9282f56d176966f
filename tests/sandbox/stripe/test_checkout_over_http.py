"""The thin whole path: the real SDK, hosted page, webhooks, keys."""

import httpx
import pytest
import stripe

from sandbox.stripe.server import RunningSandbox
from tests.sandbox.stripe.conftest import Mailbag, checkout, emitted


def test_a_checkout_is_opened_and_paid_and_the_merchant_hears_of_it(
    client: stripe.StripeClient, sandbox: RunningSandbox, mailbag: Mailbag
) -> None:
    session = client.v1.checkout.sessions.create(
        checkout(metadata={"payment_session_id": "s1"}, payment_intent_data={"metadata": {"attempt": "1"}}),
        {"idempotency_key": "a:b:1"},
    )
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.url is not None
    assert session.url.startswith(sandbox.url)

    assert sandbox.pay(session.id) == "paid"

    events = {
        event["type"]: event
        for event in mailbag.wait_for("charge.updated", "charge.succeeded", "checkout.session.completed")
    }
    assert emitted(sandbox) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]
    completed = events["checkout.session.completed"]["data"]["object"]
    assert (completed["status"], completed["payment_status"], completed["url"]) == ("complete", "paid", None)
    assert completed["metadata"] == {"payment_session_id": "s1"}
    charge = events["charge.succeeded"]["data"]["object"]
    assert (charge["metadata"], charge["balance_transaction"]) == ({"attempt": "1"}, None)
    updated = events["charge.updated"]["data"]
    assert updated["previous_attributes"] == {"balance_transaction": None}
    fee = client.v1.balance_transactions.retrieve(updated["object"]["balance_transaction"])
    assert (fee.amount, fee.fee, fee.net) == (2500, 103, 2397)


def test_a_decline_leaves_the_checkout_open_and_the_buyer_may_try_again(
    client: stripe.StripeClient, sandbox: RunningSandbox, mailbag: Mailbag
) -> None:
    session = client.v1.checkout.sessions.create(checkout())

    assert sandbox.pay(session.id, "4000000000000002") == "declined"
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert sandbox.pay(session.id, "4242 4242 4242 4242") == "paid"

    events = {event["type"]: event for event in mailbag.wait_for("payment_intent.payment_failed")}
    assert emitted(sandbox)[:3] == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]
    error = events["payment_intent.payment_failed"]["data"]["object"]["last_payment_error"]
    assert (error["code"], error["decline_code"]) == ("card_declined", "generic_decline")


def test_the_hosted_page_takes_a_payment_without_javascript(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(checkout())
    assert session.url is not None
    with httpx.Client(trust_env=False) as browser:
        page = browser.get(session.url).text
        assert "SANDBOX" in page
        assert "A brass lamp" in page
        assert "$25.00 USD" in page
        declined = browser.post(session.url, data={"card": "4000000000009995"})
        assert declined.status_code == 402
        assert "insufficient funds" in declined.text
        paid = browser.post(session.url, data={"card": "", "method": "4242424242424242"})
        assert paid.status_code == 303
        assert paid.headers["location"] == f"https://shop.example/thanks?session={session.id}"
        assert "complete" in browser.get(session.url).text


def test_an_expired_checkout_cannot_be_expired_again(client: stripe.StripeClient, mailbag: Mailbag) -> None:
    session = client.v1.checkout.sessions.create(checkout())
    expired = client.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    mailbag.wait_for("checkout.session.expired")

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.checkout.sessions.expire(session.id)
    assert refusal.value.user_message == (
        'Only Checkout Sessions with a status in ["open"] can be expired. '
        "This Checkout Session has a status of `expired`."
    )


def test_a_repeated_key_gets_the_first_answer_and_other_parameters_are_refused(client: stripe.StripeClient) -> None:
    first = client.v1.checkout.sessions.create(checkout(), {"idempotency_key": "k"})
    again = client.v1.checkout.sessions.create(checkout(), {"idempotency_key": "k"})
    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError, match="can only be used with the same parameters"):
        client.v1.checkout.sessions.create(checkout(amount=2600), {"idempotency_key": "k"})


def test_an_unknown_parameter_is_refused_by_name(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Received unknown parameter: colour") as refusal:
        client.v1.checkout.sessions.create(checkout(colour="red"))
    assert (refusal.value.code, refusal.value.param) == ("parameter_unknown", "colour")


def test_a_wrong_key_is_refused(sandbox: RunningSandbox) -> None:
    stranger = stripe.StripeClient("sk_test_stranger", base_addresses={"api": sandbox.url}, max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided"):
        stranger.v1.checkout.sessions.list()
