"""Every object that the sandbox makes has the fields and types of the SDK's class, whatever happened to it."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from tests.sandbox.stripe.caller import LAMP, Caller
from tests.sandbox.stripe.sdk_shapes import differences


@pytest.fixture(scope="module")
def busy() -> Caller:
    """A sandbox in which everything has happened once."""
    call = Caller()
    call("POST", "/v1/webhook_endpoints", "url=https://x.example/hook&enabled_events[]=*")
    account = call("POST", "/v1/accounts", "type=express&country=US&email=maker@x.example")
    connect = (
        f"&payment_intent_data[transfer_data][destination]={account['id']}"
        "&payment_intent_data[application_fee_amount]=250&after_expiration[recovery][enabled]=true"
    )
    paid = call("POST", "/v1/checkout/sessions", LAMP + connect)
    call.core.pay(paid["id"])
    call.core.advance(2)
    intent = call("GET", f"/v1/checkout/sessions/{paid['id']}")["payment_intent"]
    call("POST", "/v1/refunds", f"payment_intent={intent}&amount=700&reverse_transfer=true&refund_application_fee=true")
    for card in (
        "declined",
        "dispute",
        "early_fraud_warning",
        "elevated",
        "3ds",
        "bank_debit",
        "highest",
        "refund_fails",
    ):
        session = call("POST", "/v1/checkout/sessions", LAMP + "&customer_email=buyer@x.example")
        call.core.pay(session["id"], card)
        if card == "3ds":
            call.core.authenticate(session["id"])
        if card == "bank_debit":
            call.core.settle(session["id"])
        if card == "refund_fails":
            intent = call("GET", f"/v1/checkout/sessions/{session['id']}")["payment_intent"]
            call("POST", "/v1/refunds", f"payment_intent={intent}")
    session = call("POST", "/v1/checkout/sessions", LAMP.replace("usd", "eur") + connect)
    call("POST", f"/v1/checkout/sessions/{session['id']}/expire")
    debit = call("POST", "/v1/checkout/sessions", LAMP.replace("usd", "eur"))
    call.core.pay(debit["id"], "bank_debit_fails")
    call.core.settle(debit["id"], passed=False)
    call("POST", "/v1/customers", "email=buyer@x.example")
    call(
        "POST", "/v1/payment_intents",
        "amount=900&currency=usd&confirm=true&payment_method=pm_card_authenticationRequired&return_url=https://x.example/",
    )  # fmt: skip
    call.core.advance(3600)
    return call


def rows(call: Caller) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, table in call.core.world.store.tables.items():
        if not kind.startswith("sandbox."):
            for row in table.oldest():
                yield kind, orjson.loads(orjson.dumps(row))


def test_everything_that_was_made_has_the_fields_and_types_of_the_sdk(busy: Caller) -> None:
    found = [one for kind, row in rows(busy) for one in differences(row, kind)]
    assert sorted(set(found)) == []
    assert {kind for kind, _ in rows(busy)} >= {
        "account", "application_fee", "balance_transaction", "charge", "checkout.session", "customer", "dispute",
        "event", "fee_refund", "payment_intent", "payment_method", "product", "radar.early_fraud_warning", "refund",
        "review", "transfer", "transfer_reversal", "webhook_endpoint",
    }  # fmt: skip


def test_the_snapshots_in_events_have_them_too(busy: Caller) -> None:
    snapshots = [row["data"]["object"] for kind, row in rows(busy) if kind == "event"]
    assert sorted({one for row in snapshots for one in differences(row, row["object"])}) == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/balance", "balance"),
        ("/v1/account", "account"),
        ("/v1/checkout/sessions?limit=100&expand[]=data.line_items", "checkout.session"),
        ("/v1/checkout/sessions?limit=100&expand[]=data.payment_intent.latest_charge", "checkout.session"),
        ("/v1/charges?expand[]=data.balance_transaction&expand[]=data.refunds", "charge"),
        ("/v1/balance_transactions?limit=100&expand[]=data.source", "balance_transaction"),
        ("/v1/refunds?expand[]=data.transfer_reversal&expand[]=data.charge.payment_intent", "refund"),
        ("/v1/disputes?expand[]=data.charge", "dispute"),
        ("/v1/transfers?expand[]=data.destination", "transfer"),
    ],
)
def test_answers_have_them_also_when_parts_are_expanded(busy: Caller, path: str, kind: str) -> None:
    answer = busy("GET", path)
    found = answer["data"] if answer["object"] == "list" else [answer]
    assert found
    assert [one for row in found for one in differences(row, kind)] == []


def test_the_comparison_sees_a_missing_an_unknown_and_an_ill_typed_field(busy: Caller) -> None:
    charge = next(one for one in busy("GET", "/v1/charges")["data"] if one["id"].startswith("ch_"))
    card = charge["payment_method_details"]["card"]
    del card["brand"], charge["paid"]
    card["colour"] = "red"
    charge["amount"] = "5"
    assert differences(charge, "charge") == [
        "charge.amount: '5' is no int",
        "charge: no field paid",
        "charge.payment_method_details.card: unknown field colour",
        "charge.payment_method_details.card: no field brand",
    ]
