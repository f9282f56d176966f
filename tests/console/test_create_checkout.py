"""Creating a checkout over HTTP."""

from tests.console.calling import Client, wanted
from tests.house import House


def test_a_request_is_answered_with_the_page_to_pay_on(home: House, service: Client) -> None:
    answer = service.post("/payments/checkout/create", wanted())
    body = answer.json()
    session, window = body["paymentSession"], body["paymentWindow"]

    assert answer.status_code == 201
    assert session["stripeCheckoutUrl"].startswith(home.sandbox.url)
    assert session["status"] == "pending"
    assert window["duration"] == "24:00:00"
    assert session["expiresAt"] == window["expiresAt"]
    assert session["expiresAt"].endswith("Z")
    assert answer.headers["location"] == f"/payments/{session['id']}"


def test_the_same_request_is_answered_with_the_same_session(service: Client) -> None:
    first = service.post("/payments/checkout/create", wanted())
    second = service.post("/payments/checkout/create", wanted())

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


def test_a_paid_checkout_shows_its_transaction(home: House, service: Client) -> None:
    session_id = service.post("/payments/checkout/create", wanted()).json()["paymentSession"]["id"]
    home.pay(home.payment(session_id).session.id)
    home.hear()

    answer = service.get(f"/payments/checkout/{session_id}/status")
    body = answer.json()

    assert answer.status_code == 200
    assert body["paymentSession"]["status"] == "completed"
    assert b'"amount":275.50' in answer.content
    assert body["transaction"]["fees"]["platformFee"] == 13.78
    assert body["receipt"] is None
