"""Deliveries: signed, at least once, tried again, to whoever listens."""

import pytest
import stripe

from sandbox.stripe.faults import Fault
from sandbox.stripe.server import RunningSandbox
from sandbox.stripe.settings import Settings
from tests.sandbox.stripe.caller import NOW, Caller
from tests.sandbox.stripe.conftest import SECRET, Mailbag, checkout

HOOKS = "/v1/webhook_endpoints"
URL = "https://x.example/hook"


def listening(faults: tuple[Fault, ...] = (), retries: tuple[float, ...] = (1, 2)) -> Caller:
    call = Caller(Settings(webhook_retries=retries), faults)
    call.core.listen(URL, SECRET)
    return call


def expire_one(call: Caller) -> None:
    session = call.checkout()
    call("POST", f"/v1/checkout/sessions/{session['id']}/expire")


def test_a_delivery_is_signed_as_the_sdk_wants_it() -> None:
    call = listening()
    expire_one(call)
    (delivery,) = call.core.take_deliveries()
    event = stripe.Webhook.construct_event(delivery.body, delivery.headers["Stripe-Signature"], SECRET, tolerance=10**9)
    assert (event.type, event.pending_webhooks) == ("checkout.session.expired", 1)
    assert delivery.url == URL
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(
            delivery.body, delivery.headers["Stripe-Signature"], "whsec_other", tolerance=10**9
        )


def test_a_moved_clock_moves_events_and_not_the_time_of_signing() -> None:
    call = listening()
    call.core.advance(7200)
    expire_one(call)
    (delivery,) = call.core.take_deliveries()
    assert delivery.headers["Stripe-Signature"].startswith(f"t={NOW},v1=")
    assert f'"created":{NOW + 7200}'.encode() in delivery.body


@pytest.mark.parametrize("answer", [None, 301, 400, 500, 503])
def test_anything_but_2xx_is_tried_again_for_a_while_and_then_given_up(answer: int | None) -> None:
    call = listening()
    expire_one(call)
    attempts = []
    for _ in range(5):
        for delivery in call.core.take_deliveries():
            attempts.append(delivery.attempt)
            call.core.report_delivery(delivery.id, answer)
            call.core.report_delivery(delivery.id, answer)
        call.core.advance(2)
    assert attempts == [1, 2, 3]
    assert call.core.next_due() is None
    (event,) = call("GET", "/v1/events?delivery_success=false")["data"]
    assert call.core.resend(event["id"]) == 1
    (again,) = call.core.take_deliveries()
    call.core.report_delivery(again.id, 204)
    assert call("GET", "/v1/events?delivery_success=false")["data"] == []


def test_a_rolled_secret_signs_beside_the_old_one_for_a_while() -> None:
    call = listening()
    endpoint = call("GET", HOOKS)["data"][0]["id"]
    fresh = call.core.roll_secret(endpoint, overlap=3600)
    expire_one(call)
    (both,) = call.core.take_deliveries()
    assert both.headers["Stripe-Signature"].count("v1=") == 2
    for secret in (SECRET, fresh):
        stripe.WebhookSignature.verify_header(both.body.decode(), both.headers["Stripe-Signature"], secret)
    call.core.advance(3601)
    expire_one(call)
    (one,) = call.core.take_deliveries()
    assert one.headers["Stripe-Signature"].count("v1=") == 1


def test_endpoints_are_made_changed_and_deleted_and_the_secret_is_shown_once() -> None:
    call = Caller()
    made = call("POST", HOOKS, f"url={URL}&enabled_events[]=charge.succeeded&description=Lamps&metadata[a]=b")
    assert made["secret"].startswith("whsec_")
    assert "secret" not in call("GET", f"{HOOKS}/{made['id']}")
    call.paid_intent()
    assert [delivery.event_type for delivery in call.core.take_deliveries()] == ["charge.succeeded"]
    form = "url=https://y.example/&enabled_events[]=*&disabled=true&description=&metadata[c]=d"
    changed = call("POST", f"{HOOKS}/{made['id']}", form)
    assert (changed["status"], changed["url"], changed["description"]) == ("disabled", "https://y.example/", None)
    assert changed["metadata"] == {"a": "b", "c": "d"}
    call.paid_intent()
    assert call.core.take_deliveries() == []
    call("POST", f"{HOOKS}/{made['id']}", "disabled=false")
    call.paid_intent()
    assert call("DELETE", f"{HOOKS}/{made['id']}")["deleted"] is True
    assert call.core.take_deliveries() == []
    assert call.refusal("GET", f"{HOOKS}/{made['id']}")["status"] == 404


@pytest.mark.parametrize("form", ["&connect=true", "&api_version=2024-04-10"])
def test_what_the_sandbox_cannot_send_it_does_not_promise(form: str) -> None:
    assert Caller().refusal("POST", HOOKS, f"url={URL}&enabled_events[]=*{form}")["status"] == 400


def test_there_are_at_most_sixteen_endpoints() -> None:
    call = Caller()
    for number in range(16):
        call("POST", HOOKS, f"url=https://x.example/{number}&enabled_events[]=*")
    assert "maximum of 16" in call.refusal("POST", HOOKS, f"url={URL}&enabled_events[]=*")["message"]


def test_webhooks_are_repeated_delayed_reordered_lost_and_dropped_on_demand() -> None:
    faults = (
        Fault("webhook_repeat", "payment_intent.created", times=2),
        Fault("webhook_delay", "charge.succeeded", seconds=60),
        Fault("webhook_lost", "payment_intent.succeeded", count=1),
        Fault("webhook_drop", "checkout.session.completed"),
        Fault("webhook_reorder", "charge.updated", seconds=10),
    )
    call = listening(faults)
    call.core.pay(call.checkout()["id"])
    heard: list[tuple[float, str]] = []
    start = call.core.now()
    for _ in range(30):
        for delivery in call.core.take_deliveries():
            heard.append(((call.core.now() - start).total_seconds(), delivery.event_type))
            call.core.report_delivery(delivery.id, 200)
        if (due := call.core.next_due()) is None or (due - start).total_seconds() > 1000:
            break
        call.core.advance((due - call.core.now()).total_seconds())
    types = [one for _, one in heard]
    assert types.count("payment_intent.created") == 3
    assert "checkout.session.completed" not in types
    when = {one: at for at, one in heard}
    assert when["charge.succeeded"] == 60
    assert when["payment_intent.succeeded"] == 1
    assert 1 < when["charge.updated"] <= 11


def test_an_event_sent_again_while_it_is_under_way_is_heard_twice() -> None:
    call = listening()
    expire_one(call)
    (first,) = call.core.take_deliveries()
    assert call.core.resend(first.event_id) == 1
    call.core.report_delivery(first.id, 200)
    (second,) = call.core.take_deliveries()
    call.core.report_delivery(second.id, 200)
    assert second.event_id == first.event_id
    assert call("GET", "/v1/events")["data"][0]["pending_webhooks"] == 0


def test_a_failing_endpoint_hears_it_again_over_http(
    client: stripe.StripeClient, sandbox: RunningSandbox, mailbag: Mailbag
) -> None:
    mailbag.answers += [500, 302]
    session = client.v1.checkout.sessions.create(checkout())
    client.v1.checkout.sessions.expire(session.id)
    mailbag.wait(lambda heard: len(heard) == 3)
    assert {event["id"] for event in mailbag.events()} == {mailbag.events()[0]["id"]}


def test_nobody_listening_costs_nothing(client: stripe.StripeClient, sandbox: RunningSandbox, mailbag: Mailbag) -> None:
    sandbox.listen("http://127.0.0.1:9/nobody")
    session = client.v1.checkout.sessions.create(checkout())
    client.v1.checkout.sessions.expire(session.id)
    mailbag.wait_for("checkout.session.expired")
    events = client.v1.events.list({"delivery_success": False}).data
    assert [event.type for event in events] == ["checkout.session.expired"]
