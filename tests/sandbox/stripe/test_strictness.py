"""What Stripe refuses, the sandbox refuses, in the same words."""

from typing import Any

import pytest

from tests.sandbox.stripe.caller import LAMP, NOW, Caller

SESSIONS = "/v1/checkout/sessions"
INTENTS = "/v1/payment_intents"
UNIT = "line_items[0][price_data][unit_amount]"


@pytest.fixture
def call() -> Caller:
    return Caller()


@pytest.mark.parametrize(
    ("path", "form", "expected"),
    [
        (
            SESSIONS,
            LAMP + "&colour=red",
            {"code": "parameter_unknown", "message": "Received unknown parameter: colour"},
        ),
        (
            SESSIONS,
            LAMP + "&line_items[0][colour]=red&line_items[0][size]=1",
            {"param": "line_items[0][colour]", "code": "parameter_unknown"},
        ),
        (SESSIONS, LAMP + "&payment_method_types[0]=card", {"code": "payment_method_types_no_longer_supported"}),
        (SESSIONS, LAMP + "&ui_mode=hosted", {"param": "ui_mode"}),
        (SESSIONS, LAMP + "&ui_mode=sideways", {"param": "ui_mode"}),
        (SESSIONS, LAMP.replace("mode=payment&", ""), {"code": "parameter_missing", "param": "mode"}),
        (SESSIONS, LAMP.replace("mode=payment", "mode=setup"), {"param": "mode"}),
        (SESSIONS, "mode=payment&success_url=https://x.example/", {"param": "line_items"}),
        (
            SESSIONS,
            LAMP.replace("success_url=https://x.example/&", ""),
            {"message": "Missing required param: success_url."},
        ),
        (SESSIONS, LAMP.replace("https://x.example/", "x.example"), {"code": "url_invalid", "param": "success_url"}),
        (
            SESSIONS,
            LAMP.replace("=5000", "=12.5"),
            {"code": "parameter_invalid_integer", "message": "Invalid integer: 12.5"},
        ),
        (SESSIONS, LAMP.replace("=5000", "=49"), {"code": "amount_too_small"}),
        (SESSIONS, LAMP.replace("=5000", "=1000000000000"), {"code": "amount_too_large"}),
        (SESSIONS, LAMP.replace("=5000", "=-1"), {"code": "parameter_invalid_integer"}),
        (SESSIONS, LAMP.replace("=5000", "="), {"code": "parameter_invalid_empty", "param": UNIT}),
        (SESSIONS, LAMP.replace("=usd", "=xxx"), {"param": "line_items[0][price_data][currency]"}),
        (SESSIONS, LAMP.replace("quantity]=1", "quantity]=0"), {"param": "line_items[0][quantity]"}),
        (SESSIONS, LAMP.replace("[product_data][name]=Lamp", "[tax_behavior]=inclusive"), {}),
        (SESSIONS, LAMP + "&line_items[0][price_data][unit_amount_decimal]=5", {"param": UNIT}),
        (SESSIONS, LAMP + "&line_items[1][price]=price_x", {"code": "resource_missing", "status": 404}),
        (SESSIONS, LAMP + "&line_items[1][quantity]=1", {"param": "line_items[1]"}),
        (SESSIONS, LAMP + f"&expires_at={NOW + 1799}", {"param": "expires_at"}),
        (SESSIONS, LAMP + f"&expires_at={NOW + 86_401}", {"param": "expires_at"}),
        (SESSIONS, LAMP + "&customer_email=a@x.example&customer=cus_1", {"param": "customer"}),
        (SESSIONS, LAMP + "&customer_email=nobody", {"code": "email_invalid"}),
        (SESSIONS, LAMP + "&customer=cus_1", {"code": "resource_missing", "param": "customer"}),
        (SESSIONS, LAMP + f"&client_reference_id={'x' * 201}", {"param": "client_reference_id"}),
        (SESSIONS, LAMP + f"&metadata[{'k' * 41}]=v", {"param": "metadata"}),
        (SESSIONS, LAMP + f"&metadata[k]={'v' * 501}", {"param": "metadata[k]"}),
        (SESSIONS, LAMP + "".join(f"&metadata[k{n}]=v" for n in range(51)), {"param": "metadata"}),
        (SESSIONS, LAMP + "&metadata=x", {"param": "metadata"}),
        (SESSIONS, LAMP + "&metadata[a][b]=x", {"param": "metadata"}),
        (SESSIONS, LAMP + "&return_url=https://x.example/", {"param": "return_url"}),
        (SESSIONS, LAMP + "&ui_mode=embedded_page", {"param": "success_url"}),
        (SESSIONS, LAMP + "&payment_intent_data[transfer_data][destination]=acct_1", {"code": "resource_missing"}),
        (SESSIONS, LAMP + "&payment_intent_data[application_fee_amount]=5", {}),
        (SESSIONS, LAMP + "&payment_intent_data[on_behalf_of]=acct_1", {"code": "resource_missing"}),
        (
            SESSIONS,
            LAMP + "&excluded_payment_method_types[0]=card&excluded_payment_method_types[1]=us_bank_account",
            {},
        ),
        (SESSIONS, LAMP + "&expand[]=colour", {"message": "This property cannot be expanded (colour)."}),
        (SESSIONS, LAMP + "&expand[]=a.b.c.d.e", {"param": "expand"}),
        (SESSIONS, LAMP + "&expand=line_items", {"message": "Invalid array"}),
        (SESSIONS, LAMP + "&automatic_tax=1", {"message": "Invalid object"}),
        (SESSIONS, LAMP + "&allow_promotion_codes=yes", {"message": "Invalid boolean: yes"}),
        (SESSIONS, LAMP + f"&cancel_url=https://x.example/{'x' * 5000}", {"param": "cancel_url"}),
        (INTENTS, "currency=usd", {"code": "parameter_missing", "param": "amount"}),
        (INTENTS, "amount=1000", {"code": "parameter_missing", "param": "currency"}),
        (INTENTS, "amount=49&currency=usd", {"code": "amount_too_small", "message": "Amount must be at least $0.50"}),
        (INTENTS, "amount=29&currency=gbp", {"code": "amount_too_small"}),
        (INTENTS, "amount=49&currency=jpy", {"code": "amount_too_small", "message": "Amount must be at least ¥50"}),
        (INTENTS, "amount=0&currency=usd", {"code": "parameter_invalid_integer"}),
        (INTENTS, "amount=100050&currency=ugx", {"param": "amount"}),
        (
            INTENTS,
            "amount=1000&currency=usd&payment_method_types[]=card",
            {"code": "payment_method_types_no_longer_supported"},
        ),
        (INTENTS, "amount=1000&currency=usd&return_url=https://x.example/", {"param": "return_url"}),
        (INTENTS, "amount=1000&currency=usd&confirm=true&payment_method=pm_card_visa", {"param": "return_url"}),
        (INTENTS, "amount=1000&currency=usd&payment_method=pm_nothing", {"code": "resource_missing"}),
        (INTENTS, "amount=1000&currency=usd&receipt_email=x", {"code": "email_invalid"}),
        (INTENTS, "amount=1000&currency=usd&allowed_payment_method_types[]=ideal", {}),
        ("/v1/refunds", "amount=5", {"code": "parameter_missing"}),
        ("/v1/refunds", "charge=ch_1", {"code": "resource_missing", "param": "charge"}),
        ("/v1/webhook_endpoints", "url=https://x.example/&enabled_events[]=lamp.sold", {"param": "enabled_events[0]"}),
        ("/v1/webhook_endpoints", "url=nowhere&enabled_events[]=*", {"code": "url_invalid"}),
        ("/v1/webhook_endpoints", "url=https://x.example/", {"code": "parameter_missing"}),
    ],
)
def test_wrong_parameters_are_refused_by_name(call: Caller, path: str, form: str, expected: dict[str, Any]) -> None:
    refusal = call.refusal("POST", path, form)
    assert refusal["type"] == "invalid_request_error"
    assert refusal["status"] in {400, 404}
    assert refusal.items() >= expected.items()
    assert len(call.core.world.store.table("checkout.session")) == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/lamps", 404),
        ("GET", "/v1", 404),
        ("DELETE", "/v1/checkout/sessions/cs_1", 404),
        ("GET", "/v1/checkout/sessions/cs_1", 404),
        ("GET", "/v1/payment_intents/pi_1", 404),
        ("GET", "/v1/accounts/acct_1", 403),
        ("GET", "/v1/events?limit=101", 400),
        ("GET", "/v1/events?limit=0", 400),
        ("GET", "/v1/events?starting_after=evt_1", 404),
        ("GET", "/v1/events?starting_after=a&ending_before=b", 400),
        ("GET", "/v1/events?type=a&types[]=b", 400),
        ("GET", "/v1/events?" + "&".join(f"types[]=t{n}" for n in range(21)), 400),
        ("GET", "/v1/payment_intents/search?query=lamp", 400),
        ("GET", "/v1/checkout/sessions?status=closed", 400),
    ],
)
def test_wrong_addresses_and_ids_are_refused(call: Caller, method: str, path: str, status: int) -> None:
    assert call.refusal(method, path)["status"] == status


def test_the_bounds_of_expires_at_are_allowed_themselves(call: Caller) -> None:
    assert call.checkout(f"&expires_at={NOW + 1800}")["expires_at"] == NOW + 1800
    assert call.checkout(f"&expires_at={NOW + 86_400}")["expires_at"] == NOW + 86_400


def test_zero_decimal_and_other_minimums_follow_the_currency(call: Caller) -> None:
    assert call.checkout().get("amount_total") == 5000
    yen = call("POST", "/v1/checkout/sessions", LAMP.replace("=usd", "=jpy").replace("=5000", "=50"))
    assert (yen["amount_total"], yen["currency"]) == (50, "jpy")


def test_a_decimal_unit_amount_is_rounded_in_the_total(call: Caller) -> None:
    form = LAMP.replace("[unit_amount]=5000", "[unit_amount_decimal]=33.335").replace("quantity]=1", "quantity]=3")
    session = call("POST", "/v1/checkout/sessions", form + "&expand[]=line_items")
    assert session["amount_total"] == 100
    assert session["line_items"]["data"][0]["price"]["unit_amount_decimal"] == "33.335"


@pytest.mark.parametrize(
    "header", ["", "Bearer ", "Bearer sk_live_x", "Basic !!", "Basic c2tfdGVzdF94Og==", "Digest x"]
)
def test_a_missing_or_wrong_key_answers_401(call: Caller, header: str) -> None:
    response = call.raw("GET", "/v1/balance", authorization=header)
    assert response.status == 401
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert response.headers["WWW-Authenticate"] == 'Basic realm="Stripe"'


def test_basic_authentication_and_an_own_version_are_taken(call: Caller) -> None:
    basic = "Basic c2tfdGVzdF9zYW5kYm94X2dhdmVscGF5Og=="
    assert call("GET", "/v1/balance", authorization=basic, stripe_version="2026-10-28.endive")["object"] == "balance"
    assert "Invalid Stripe API version" in call.refusal("GET", "/v1/balance", stripe_version="2020-08-27")["message"]


def test_what_the_sandbox_cannot_do_it_says(call: Caller) -> None:
    account = call("POST", "/v1/accounts", "type=express")["id"]
    assert call.refusal("GET", "/v1/balance", stripe_account="acct_x")["status"] == 403
    assert "no data of connected accounts" in call.refusal("GET", "/v1/balance", stripe_account=account)["message"]
    refusal = call.refusal("POST", "/v1/refunds", content_type="application/json")
    assert "application/x-www-form-urlencoded" in refusal["message"]


def test_a_publishable_key_opens_nothing_but_what_pages_need(call: Caller) -> None:
    key = "Bearer pk_test_sandbox_gavelpay"
    assert call.refusal("GET", "/v1/balance", authorization=key)["code"] == "secret_key_required"
