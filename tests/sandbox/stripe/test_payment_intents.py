"""Intents that the merchant's own page confirms."""

from typing import Any

import httpx
import pytest
import stripe

from sandbox.stripe.server import RunningSandbox
from sandbox.stripe.settings import PUBLISHABLE_KEY
from tests.sandbox.stripe.caller import Caller

INTENTS = "/v1/payment_intents"
BACK = "&return_url=https://shop.example/back"


@pytest.fixture
def call() -> Caller:
    return Caller()


def intent(call: Caller, more: str = "") -> dict[str, Any]:
    return call("POST", INTENTS, f"amount=1000&currency=usd&metadata[a]=b{more}")


def test_an_intent_is_opened_confirmed_and_paid_by_the_page_that_has_its_secret(
    client: stripe.StripeClient, sandbox: RunningSandbox
) -> None:
    made = client.v1.payment_intents.create({"amount": 1000, "currency": "usd", "metadata": {"a": "b"}})
    assert (made.status, made.latest_charge) == ("requires_payment_method", None)
    assert made.payment_method_types == ["card", "us_bank_account"]
    with httpx.Client(base_url=sandbox.url, trust_env=False) as page:
        form = {"client_secret": made.client_secret, "key": PUBLISHABLE_KEY, "payment_method": "pm_card_visa"}
        seen = page.post(f"{INTENTS}/{made.id}/confirm", data=form)
        assert seen.headers["Access-Control-Allow-Origin"] == "*"
        assert seen.json()["status"] == "succeeded"
        assert "metadata" not in seen.json()
        wrong = page.get(f"{INTENTS}/{made.id}", params={"client_secret": "x", "key": PUBLISHABLE_KEY})
        assert wrong.status_code == 404
        assert page.options(f"{INTENTS}/{made.id}/confirm").status_code == 204
    paid = client.v1.payment_intents.retrieve(made.id, {"expand": ["latest_charge"]})
    assert isinstance(paid.latest_charge, stripe.Charge)
    assert (paid.amount_received, paid.latest_charge.metadata.to_dict()) == (1000, {"a": "b"})


def test_a_decline_answers_402_with_the_intent_and_the_next_card_may_do(client: stripe.StripeClient) -> None:
    made = client.v1.payment_intents.create({"amount": 1000, "currency": "usd"})
    with pytest.raises(stripe.CardError) as decline:
        client.v1.payment_intents.confirm(
            made.id, {"payment_method": "pm_card_visa_chargeDeclined", "return_url": "https://shop.example/"}
        )
    error = decline.value.error
    assert error is not None
    assert (decline.value.http_status, error.code, error.decline_code) == (402, "card_declined", "generic_decline")
    assert error.payment_intent is not None
    assert error.payment_intent.status == "requires_payment_method"
    paid = client.v1.payment_intents.confirm(
        made.id, {"payment_method": "pm_card_visa", "return_url": "https://shop.example/"}
    )
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000009987", "card_declined", "lost_card"),
        ("4000000000000069", "expired_card", None),
        ("4000000000000127", "incorrect_cvc", None),
        ("4000000000000119", "processing_error", None),
        ("4000000000004954", "card_declined", "fraudulent"),
        ("4111111111111111", "card_declined", "test_mode_live_card"),
        ("4242424242424241", "incorrect_number", None),
    ],
)
def test_each_declined_card_says_why(call: Caller, number: str, code: str, decline_code: str | None) -> None:
    form = f"payment_method_data[type]=card&payment_method_data[card][number]={number}"
    made = intent(call)
    public = {"authorization": f"Bearer {PUBLISHABLE_KEY}"}
    refusal = call.refusal(
        "POST", f"{INTENTS}/{made['id']}/confirm", f"{form}&client_secret={made['client_secret']}", **public
    )
    assert (refusal["status"], refusal["type"], refusal["code"]) == (402, "card_error", code)
    assert refusal.get("decline_code") == decline_code
    assert call("GET", f"{INTENTS}/{made['id']}")["status"] == "requires_payment_method"


@pytest.mark.parametrize(("passed", "status"), [(True, "succeeded"), (False, "requires_payment_method")])
def test_three_d_secure_sends_the_buyer_away_and_back(call: Caller, passed: bool, status: str) -> None:
    made = intent(call, f"&confirm=true&payment_method=pm_card_authenticationRequired{BACK}")
    assert made["status"] == "requires_action"
    assert made["next_action"]["redirect_to_url"]["return_url"] == "https://shop.example/back"
    call.core.authenticate(made["id"], passed=passed)
    after = call("GET", f"{INTENTS}/{made['id']}?expand[]=latest_charge")
    assert (after["status"], after["next_action"]) == (status, None)
    if passed:
        secure = after["latest_charge"]["payment_method_details"]["card"]["three_d_secure"]
        assert (secure["result"], secure["authentication_flow"]) == ("authenticated", "challenge")
    else:
        assert after["last_payment_error"]["code"] == "payment_intent_authentication_failure"
        assert after["latest_charge"] is None


def test_three_d_secure_asked_for_shows_in_the_charge_of_a_card_that_is_not_enrolled(call: Caller) -> None:
    session = call.checkout("&payment_method_options[card][request_three_d_secure]=any")
    assert call.core.pay(session["id"]) == "paid"
    card = call.session(session["id"])["payment_intent"]["latest_charge"]["payment_method_details"]["card"]
    assert card["three_d_secure"]["result"] == "attempt_acknowledged"
    other = call.checkout("&payment_method_options[card][request_three_d_secure]=any")
    assert call.core.pay(other["id"], "4000000000003055") == "requires_action"


def test_an_intent_is_canceled_until_it_is_paid_and_not_after(call: Caller) -> None:
    made = intent(call)
    canceled = call("POST", f"{INTENTS}/{made['id']}/cancel", "cancellation_reason=abandoned")
    assert (canceled["status"], canceled["cancellation_reason"]) == ("canceled", "abandoned")
    paid = intent(call, f"&confirm=true&payment_method=pm_card_visa{BACK}")
    for made_id, status in ((paid["id"], "succeeded"), (made["id"], "canceled")):
        refusal = call.refusal("POST", f"{INTENTS}/{made_id}/cancel")
        assert (refusal["code"], refusal["payment_intent"]["id"]) == ("payment_intent_unexpected_state", made_id)
        assert f"You cannot cancel this PaymentIntent because it has a status of {status}." in refusal["message"]
        assert call.refusal("POST", f"{INTENTS}/{made_id}/confirm", "payment_method=pm_card_visa")["status"] == 400


def test_the_intent_of_a_checkout_obeys_its_session_only(call: Caller) -> None:
    session = call.checkout()
    call.core.pay(session["id"], "declined")
    made = call.session(session["id"])["payment_intent"]["id"]
    for act, form in (("cancel", ""), ("confirm", "payment_method=pm_card_visa")):
        message = call.refusal("POST", f"{INTENTS}/{made}/{act}", form)["message"]
        assert message.startswith("You cannot perform this action on PaymentIntents created by Checkout.")
    assert call.refusal("POST", f"{INTENTS}/{made}", "amount=900")["status"] == 400
    call("POST", f"/v1/checkout/sessions/{session['id']}/expire")
    assert call("GET", f"{INTENTS}/{made}")["status"] == "canceled"


def test_held_money_is_captured_in_part_or_let_go(call: Caller) -> None:
    held = intent(call, f"&capture_method=manual&confirm=true&payment_method=pm_card_visa{BACK}")
    assert (held["status"], held["amount_capturable"]) == ("requires_capture", 1000)
    assert (
        call.refusal("POST", f"{INTENTS}/{held['id']}/capture", "amount_to_capture=1001")["code"] == "amount_too_large"
    )
    taken = call("POST", f"{INTENTS}/{held['id']}/capture", "amount_to_capture=600")
    assert (taken["status"], taken["amount_received"]) == ("succeeded", 600)
    assert call.refusal("POST", f"{INTENTS}/{held['id']}/capture")["code"] == "payment_intent_unexpected_state"
    other = intent(call, f"&capture_method=manual&confirm=true&payment_method=pm_card_visa{BACK}")
    call("POST", f"{INTENTS}/{other['id']}/cancel")
    call.core.advance(2)
    assert call.core.books()["totals"]["usd"]["kept"] == 600


def test_a_checkout_that_holds_money_is_complete_and_paid_with_the_capture(call: Caller) -> None:
    session = call.checkout("&payment_intent_data[capture_method]=manual")
    assert call.core.pay(session["id"]) == "requires_capture"
    held = call.session(session["id"])
    assert (held["status"], held["payment_status"]) == ("complete", "unpaid")
    call("POST", f"{INTENTS}/{held['payment_intent']['id']}/capture")
    assert call.session(session["id"])["payment_status"] == "paid"
    assert "checkout.session.async_payment_succeeded" not in call.types()


def test_capture_at_once_has_its_fees_at_once(call: Caller) -> None:
    made = intent(
        call, f"&capture_method=automatic&confirm=true&payment_method=pm_card_visa{BACK}&expand[]=latest_charge"
    )
    assert made["latest_charge"]["balance_transaction"].startswith("txn_")


def test_an_update_changes_what_may_be_changed_and_clears_the_last_error(call: Caller) -> None:
    made = intent(call)
    call.refusal("POST", f"{INTENTS}/{made['id']}/confirm", f"payment_method=pm_card_chargeDeclined{BACK}")
    form = "amount=1200&metadata[a]=&metadata[c]=d&description=Lamp&payment_method=pm_card_mastercard"
    changed = call("POST", f"{INTENTS}/{made['id']}", form)
    assert (changed["amount"], changed["metadata"], changed["description"]) == (1200, {"c": "d"}, "Lamp")
    assert (changed["last_payment_error"], changed["status"]) == (None, "requires_confirmation")
    paid = call("POST", f"{INTENTS}/{made['id']}/confirm", f"x=1{BACK}".removeprefix("x=1&"))
    assert paid["status"] == "succeeded"
    refusal = call.refusal("POST", f"{INTENTS}/{made['id']}", "amount=900")
    assert refusal["code"] == "payment_intent_unexpected_state"
    assert call("POST", f"{INTENTS}/{made['id']}", "metadata=")["metadata"] == {}


def test_confirming_without_a_payment_method_or_with_one_not_offered_is_refused(call: Caller) -> None:
    made = intent(call, "&excluded_payment_method_types[]=us_bank_account")
    path = f"{INTENTS}/{made['id']}/confirm"
    assert "missing a payment method" in call.refusal("POST", path, BACK[1:])["message"]
    refusal = call.refusal("POST", path, f"payment_method=pm_usBankAccount_success{BACK}")
    assert refusal["param"] == "payment_method"
    assert (
        "missing a payment method"
        in call.refusal("POST", INTENTS, f"amount=900&currency=usd&confirm=true{BACK}")["message"]
    )


def test_payment_methods_are_made_from_numbers_tokens_and_accounts(call: Caller) -> None:
    card = call("POST", "/v1/payment_methods", "type=card&card[number]=5555555555554444&metadata[a]=b")
    assert (card["card"]["brand"], card["card"]["last4"], card["metadata"]) == ("mastercard", "4444", {"a": "b"})
    assert call("POST", "/v1/payment_methods", "type=card&card[token]=tok_visa")["card"]["last4"] == "4242"
    bank = call("POST", "/v1/payment_methods", "type=us_bank_account&us_bank_account[account_number]=000123456789")
    made = intent(call, f"&confirm=true&payment_method={bank['id']}{BACK}")
    assert made["status"] == "processing"
    assert call("GET", f"/v1/payment_methods/{bank['id']}")["type"] == "us_bank_account"
    assert call.refusal("POST", "/v1/payment_methods", "type=alipay")["param"] == "type"
    assert call.refusal("POST", f"{INTENTS}/{made['id']}/cancel")["code"] == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("metadata['a']:'b'", 2),
        ('metadata["a"]:"c"', 0),
        ("status:'succeeded' AND amount>500", 1),
        ("-status:'succeeded'", 1),
        ("amount<=1000 and created>1", 2),
        ("customer:null", 2),
        ("metadata['z']:'b'", 0),
    ],
)
def test_intents_are_found_by_a_query(call: Caller, query: str, count: int) -> None:
    intent(call)
    intent(call, f"&confirm=true&payment_method=pm_card_visa{BACK}")
    found = call.raw("GET", f"{INTENTS}/search?limit=1&query={query.replace('&', '%26')}").json()
    assert found["object"] == "search_result"
    assert len(found["data"]) == min(count, 1)
    assert found["has_more"] == (count > 1)
    if found["has_more"]:
        second = call("GET", f"{INTENTS}/search?limit=1&page={found['next_page']}&query={query}")
        assert second["data"][0]["id"] != found["data"][0]["id"]
