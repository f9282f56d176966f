"""The event list, and the other lists."""

from typing import Any

import pytest
import stripe

from sandbox.stripe.faults import Fault
from sandbox.stripe.server import RunningSandbox
from sandbox.stripe.settings import Settings
from tests.sandbox.stripe.caller import LAMP, NOW, Caller
from tests.sandbox.stripe.conftest import checkout


@pytest.fixture
def call() -> Caller:
    return Caller()


def data(call: Caller, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = call("GET", path)["data"]
    return rows


def test_events_are_filtered_by_type_wildcard_and_time(call: Caller) -> None:
    call.paid_intent()
    call.core.advance(100)
    call.paid_intent("declined")
    assert {row["type"] for row in data(call, "/v1/events?type=charge.*")} == {
        "charge.succeeded",
        "charge.updated",
        "charge.failed",
    }
    both = "types[]=charge.failed&types[]=checkout.session.completed"
    assert [row["type"] for row in data(call, f"/v1/events?{both}")] == ["charge.failed", "checkout.session.completed"]
    late = data(call, f"/v1/events?created[gte]={NOW + 100}")
    assert {row["type"] for row in late} == {"payment_intent.created", "charge.failed", "payment_intent.payment_failed"}
    assert len(data(call, f"/v1/events?created[lt]={NOW + 50}&created[gt]={NOW}")) == 1
    assert len(data(call, f"/v1/events?created={NOW}")) == 4
    call.core.advance(31 * 86_400)
    assert data(call, "/v1/events") == []


def test_an_event_names_the_request_that_caused_it_and_stays_as_it_was(call: Caller) -> None:
    session = call.checkout(idempotency_key="open")
    call("POST", f"/v1/checkout/sessions/{session['id']}/expire", idempotency_key="shut")
    event = data(call, "/v1/events")[0]
    assert event["request"]["idempotency_key"] == "shut"
    assert event["request"]["id"].startswith("req_")
    assert (event["api_version"], event["livemode"], event["pending_webhooks"]) == ("2026-10-28.endive", False, 0)
    assert call("GET", f"/v1/events/{event['id']}") == event


def test_an_event_of_time_names_no_request(call: Caller) -> None:
    call.checkout()
    call.core.advance(86_400)
    event = data(call, "/v1/events")[0]
    assert (event["type"], event["created"]) == ("checkout.session.expired", NOW + 86_400)
    assert event["request"] == {"id": None, "idempotency_key": None}


def test_the_sdk_pages_through_all_events_in_both_directions(
    client: stripe.StripeClient, sandbox: RunningSandbox
) -> None:
    for _ in range(4):
        sandbox.pay(client.v1.checkout.sessions.create(checkout()).id)
    sandbox.advance(1)
    everything = [event.id for event in client.v1.events.list({"limit": 100}).data]
    assert [event.id for event in client.v1.events.list({"limit": 3}).auto_paging_iter()] == everything
    middle = everything[7]
    newer = client.v1.events.list({"limit": 3, "ending_before": middle})
    assert [event.id for event in newer.data] == everything[4:7]
    assert newer.has_more
    assert [event.id for event in newer.auto_paging_iter()] == everything[:7][::-1]


def test_undelivered_events_can_be_asked_for() -> None:
    call = Caller(faults=[Fault("webhook_drop", "charge.*")])
    call.core.listen("https://x.example/hook")
    call.paid_intent()
    for delivery in call.core.take_deliveries():
        call.core.report_delivery(delivery.id, 200)
    missing = [row["type"] for row in data(call, "/v1/events?delivery_success=false")]
    assert missing == ["charge.updated", "charge.succeeded"]
    assert len(data(call, "/v1/events?delivery_success=true")) == 3


def test_fees_come_a_hundred_at_a_time(call: Caller) -> None:
    for _ in range(101):
        session = call.checkout()
        call.core.pay(session["id"])
    call.core.advance(2)
    page = call("GET", "/v1/balance_transactions?limit=100&type=charge&expand[]=data.source")
    assert (len(page["data"]), page["has_more"]) == (100, True)
    assert page["data"][0]["source"]["object"] == "charge"
    rest = call("GET", f"/v1/balance_transactions?limit=100&starting_after={page['data'][-1]['id']}")
    assert (len(rest["data"]), rest["has_more"]) == (1, False)
    charge = rest["data"][0]["source"]
    assert len(data(call, f"/v1/balance_transactions?source={charge}")) == 1
    assert data(call, "/v1/balance_transactions?payout=po_1") == []
    assert len(data(call, f"/v1/balance_transactions?created[lte]={NOW + 1}&limit=50")) == 50
    call.core.advance(2 * 86_400)
    assert call("GET", f"/v1/balance_transactions/{rest['data'][0]['id']}")["status"] == "available"
    balance = call("GET", "/v1/balance")
    assert (balance["available"][0]["amount"], balance["pending"][0]["amount"]) == (101 * 4825, 0)


@pytest.mark.parametrize(
    ("unit", "amount", "rate", "settled"), [("eur", 5000, "1.1", 5500), ("jpy", 5000, "0.0066", 3300)]
)
def test_fees_are_in_the_currency_of_settlement(unit: str, amount: int, rate: str, settled: int) -> None:
    call = Caller(Settings(settlement={unit: ("usd", rate)}))
    session = call("POST", "/v1/checkout/sessions", LAMP.replace("=usd", f"={unit}"))
    call.core.pay(session["id"])
    call.core.advance(2)
    (row,) = data(call, "/v1/balance_transactions")
    assert (row["currency"], row["amount"], row["exchange_rate"]) == ("usd", settled, float(rate))
    assert row["fee_details"][0]["currency"] == "usd"
    assert row["net"] == settled - row["fee"]
    intent = call.session(session["id"])["payment_intent"]
    assert (intent["currency"], intent["amount_received"]) == (unit, amount)
    call("POST", "/v1/refunds", f"payment_intent={intent['id']}")
    assert data(call, "/v1/balance_transactions")[0]["amount"] == -settled


def test_sessions_are_listed_by_intent_and_status(call: Caller) -> None:
    intent = call.paid_intent(more="&customer_email=a@x.example")
    call.checkout()
    assert len(data(call, "/v1/checkout/sessions")) == 2
    assert [row["payment_intent"] for row in data(call, f"/v1/checkout/sessions?payment_intent={intent}")] == [intent]
    assert len(data(call, "/v1/checkout/sessions?status=open")) == 1
    assert len(data(call, "/v1/checkout/sessions?customer_details[email]=a@x.example")) == 1
    session = data(call, "/v1/checkout/sessions?status=complete")[0]
    items = call("GET", f"/v1/checkout/sessions/{session['id']}/line_items")
    assert [(row["description"], row["amount_total"]) for row in items["data"]] == [("Lamp", 5000)]
    assert len(data(call, f"/v1/charges?payment_intent={intent}")) == 1
    assert len(data(call, "/v1/payment_intents")) == 1
    changed = call("POST", f"/v1/checkout/sessions/{session['id']}", "metadata[a]=b")
    assert changed["metadata"] == {"a": "b"}
    assert call.refusal("POST", f"/v1/checkout/sessions/{session['id']}", "shipping_options=")["status"] == 400


def test_customers_and_accounts_are_kept(call: Caller) -> None:
    customer = call("POST", "/v1/customers", "email=a@x.example&name=Ada")
    session = call.checkout(f"&customer={customer['id']}&expand[]=customer")
    assert session["customer"]["name"] == "Ada"
    assert len(data(call, "/v1/customers?email=a@x.example")) == 1
    account = call("POST", "/v1/accounts", "type=express&country=US")
    assert call("GET", f"/v1/accounts/{account['id']}")["charges_enabled"] is True
    own = call("GET", "/v1/account")
    assert call("GET", f"/v1/accounts/{own['id']}")["id"] == own["id"]
    assert [row["id"] for row in data(call, "/v1/accounts")] == [account["id"]]
