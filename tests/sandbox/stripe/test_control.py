"""The control API, with which programs stand in for buyers, banks and bad luck."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stripe

from sandbox.stripe.server import RunningSandbox
from tests.sandbox.stripe.conftest import Mailbag, checkout


class Control:
    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def __call__(self, method: str, path: str, expect: int = 200, **body: Any) -> dict[str, Any]:
        answer = self.http.request(method, f"/sandbox{path}", json=body or None)
        assert answer.status_code == expect, answer.text
        content: dict[str, Any] = answer.json()
        return content


@pytest.fixture
def control(sandbox: RunningSandbox) -> Iterator[Control]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as http:
        yield Control(http)


def test_checkouts_are_paid_authenticated_and_settled(client: stripe.StripeClient, control: Control) -> None:
    ids = [client.v1.checkout.sessions.create(checkout()).id for _ in range(3)]
    assert control("POST", f"/checkouts/{ids[0]}/pay") == {"outcome": "paid"}
    assert control("POST", f"/checkouts/{ids[1]}/pay", card="3ds", email="a@x.example") == {
        "outcome": "requires_action"
    }
    assert control("POST", f"/checkouts/{ids[1]}/authenticate", passed=True) == {"outcome": "paid"}
    assert control("POST", f"/checkouts/{ids[2]}/pay", card="bank_debit") == {"outcome": "processing"}
    assert control("POST", f"/checkouts/{ids[2]}/settle", passed=False) == {"outcome": "declined"}
    books = control("GET", "/books")
    assert [row["checkout"] for row in books["charges"]] == ids[:2]
    assert books["totals"]["usd"]["captured"] == 5000
    assert books["calls"]["checkout.sessions.create"] == 3
    again = control("POST", f"/checkouts/{ids[0]}/pay", expect=400)
    assert again["error"]["type"] == "invalid_request_error"
    assert control("POST", "/checkouts/cs_x/pay", expect=404)["error"]["code"] == "resource_missing"


def test_intents_are_paid(client: stripe.StripeClient, control: Control) -> None:
    made = client.v1.payment_intents.create({"amount": 900, "currency": "usd"})
    assert control("POST", f"/payment_intents/{made.id}/pay", card="pm_card_visa") == {"outcome": "paid"}
    assert control("POST", f"/payment_intents/{made.id}/pay", expect=400)["error"]["code"]


def test_the_clock_is_read_and_moved(control: Control) -> None:
    before = control("GET", "/clock")["timestamp"]
    assert control("POST", "/clock", advance=86_400)["timestamp"] >= before + 86_400
    assert control("POST", "/clock", expect=400, advance=-1)["error"]["message"] == "time does not go back"


def test_trouble_is_made_to_order(client: stripe.StripeClient, control: Control, sandbox: RunningSandbox) -> None:
    for card in ("4242424242424242", "elevated"):
        sandbox.pay(client.v1.checkout.sessions.create(checkout()).id, card)
    risky, charge = (row.id for row in client.v1.charges.list().data)
    assert control("POST", f"/charges/{charge}/warn", fraud_type="misc")["fraud_type"] == "misc"
    refund = client.v1.refunds.create({"charge": charge, "amount": 100})
    assert control("POST", f"/refunds/{refund.id}/fail", reason="lost_or_stolen_card")["status"] == "failed"
    dispute = control("POST", f"/charges/{charge}/dispute", reason="duplicate", amount=200)
    assert control("POST", f"/disputes/{dispute['id']}/close", won=True)["status"] == "won"
    (review,) = client.v1.reviews.list().data
    assert control("POST", f"/reviews/{review.id}/close", reason="refunded")["closed_reason"] == "refunded"
    assert client.v1.charges.retrieve(risky).review is None


def test_faults_and_limits_are_set_seen_and_cleared(client: stripe.StripeClient, control: Control) -> None:
    rule = {"kind": "error_before", "operation": "balance.*", "count": 1, "status": 503}
    seen = control("POST", "/faults", **rule)["faults"]
    assert seen[0].items() >= rule.items()
    with pytest.raises(stripe.APIError):
        client.v1.balance.retrieve()
    assert control("GET", "/faults")["struck"] == [["error_before", "balance.retrieve"]]
    assert control("DELETE", "/faults")["faults"] == []
    assert "unknown fault" in control("POST", "/faults", expect=400, kind="rain")["error"]["message"]
    assert control("POST", "/limits", total=0.001) == {"total": 0.001, "per_endpoint": None}
    client.v1.balance.retrieve()
    with pytest.raises(stripe.RateLimitError):
        client.v1.balance.retrieve()
    assert control("GET", "/books")["refused_429"] == 1


def test_webhooks_are_listed_resent_rolled_and_added(
    client: stripe.StripeClient, control: Control, sandbox: RunningSandbox, mailbag: Mailbag
) -> None:
    session = client.v1.checkout.sessions.create(checkout())
    client.v1.checkout.sessions.expire(session.id)
    (event,) = mailbag.wait_for("checkout.session.expired")
    assert control("POST", f"/events/{event['id']}/resend") == {"deliveries": 1}
    mailbag.wait(lambda heard: len(heard) == 2)
    assert control("GET", "/deliveries")["data"][0]["event"] == event["id"]
    endpoint = control("POST", "/webhook_endpoints", url="http://127.0.0.1:9/", events=["charge.succeeded"])
    assert control("POST", f"/webhook_endpoints/{endpoint['id']}/roll", secret="whsec_new") == {"secret": "whsec_new"}


def test_a_reset_forgets_payments_and_keeps_listeners(
    client: stripe.StripeClient, control: Control, sandbox: RunningSandbox, mailbag: Mailbag
) -> None:
    sandbox.pay(client.v1.checkout.sessions.create(checkout(), {"idempotency_key": "k"}).id)
    assert control("POST", "/reset") == {"reset": True}
    assert control("GET", "/books")["charges"] == []
    assert client.v1.checkout.sessions.list().data == []
    session = client.v1.checkout.sessions.create(checkout(), {"idempotency_key": "k"})
    client.v1.checkout.sessions.expire(session.id)
    mailbag.wait_for("checkout.session.expired")


def test_the_commands_are_listed_and_bad_bodies_refused(control: Control) -> None:
    assert "POST /sandbox/clock" in control("GET", "")["commands"]
    assert control.http.post("/sandbox/clock", content=b"{").status_code == 400
    assert control.http.post("/sandbox/webhook_endpoints", json={}).status_code == 400


def test_a_body_beyond_all_bounds_is_refused(sandbox: RunningSandbox) -> None:
    answer = httpx.post(f"{sandbox.url}/v1/refunds", content=b"x" * 1_000_001, trust_env=False)
    assert answer.status_code == 413
