"""Keys: the first answer again, other parameters refused, one at a time, forgotten after a day."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from sandbox.stripe.api import Ticket
from sandbox.stripe.faults import Fault
from sandbox.stripe.limits import RateLimits
from sandbox.stripe.server import RunningSandbox
from sandbox.stripe.settings import SECRET_KEY, Settings
from sandbox.stripe.wire import Request
from tests.sandbox.stripe.caller import LAMP, Caller
from tests.sandbox.stripe.conftest import checkout

SESSIONS = "/v1/checkout/sessions"


def opened(call: Caller) -> int:
    return len(call.core.world.store.table("checkout.session"))


def test_a_repeat_gets_the_same_bytes_and_says_so() -> None:
    call = Caller()
    first = call.raw("POST", SESSIONS, LAMP, idempotency_key="k")
    call.core.advance(3600)
    again = call.raw("POST", SESSIONS, LAMP, idempotency_key="k")
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"] != again.headers["Request-Id"]
    assert "Idempotent-Replayed" not in first.headers
    assert opened(call) == 1


def test_other_parameters_or_another_address_are_refused_in_stripes_words() -> None:
    call = Caller()
    session = call.checkout(idempotency_key="k")
    other = call.refusal("POST", SESSIONS, LAMP + "&metadata[a]=b", idempotency_key="k")
    assert (other["status"], other["type"]) == (400, "idempotency_error")
    assert other["message"].startswith(
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        "Try using a key other than 'k'"
    )
    elsewhere = call.refusal("POST", f"{SESSIONS}/{session['id']}/expire", idempotency_key="k")
    assert "can only be used for the same endpoint" in elsewhere["message"]


def test_a_key_in_use_answers_409_and_asks_to_be_tried_again() -> None:
    call = Caller()
    request = Request.of("POST", SESSIONS, LAMP, {"Authorization": f"Bearer {SECRET_KEY}", "Idempotency-Key": "k"})
    ticket = call.core.begin(request)
    assert isinstance(ticket, Ticket)
    conflict = call.core.begin(request)
    assert not isinstance(conflict, Ticket)
    assert conflict.status == 409
    assert conflict.json()["error"]["code"] == "idempotency_key_in_use"
    assert conflict.headers["Stripe-Should-Retry"] == "true"
    first = call.core.finish(ticket)
    assert call.raw("POST", SESSIONS, LAMP, idempotency_key="k").body == first.body


def test_fifty_at_once_open_one_session(client: stripe.StripeClient, sandbox: RunningSandbox) -> None:
    sandbox.fault("latency", "checkout.sessions.create", seconds=0.05, count=1)

    def create(_: int) -> str:
        try:
            return client.v1.checkout.sessions.create(checkout(), {"idempotency_key": "k"}).id
        except stripe.APIError as error:
            return f"{error.http_status} {error.error and error.error.code}"

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(create, range(50)))
    assert "409 idempotency_key_in_use" in answers
    assert len(answers) == 2
    assert len(sandbox.core.world.store.table("checkout.session")) == 1


def test_a_key_is_forgotten_after_a_day() -> None:
    call = Caller()
    first = call.checkout(idempotency_key="k")
    call.core.advance(86_399)
    assert call.checkout(idempotency_key="k")["id"] == first["id"]
    call.core.advance(2)
    assert call.checkout(idempotency_key="k")["id"] != first["id"]


def test_the_same_text_under_another_api_key_is_another_key() -> None:
    call = Caller(Settings(secret_keys=(SECRET_KEY, "sk_test_other")))
    first = call.checkout(idempotency_key="k")
    assert call.checkout(idempotency_key="k", authorization="Bearer sk_test_other")["id"] != first["id"]


def test_a_validation_failure_is_not_saved() -> None:
    call = Caller()
    call.refusal("POST", SESSIONS, LAMP + "&colour=red", idempotency_key="k")
    assert call.checkout(idempotency_key="k")["status"] == "open"


def test_a_refusal_after_the_work_began_is_saved() -> None:
    call = Caller()
    session = call.checkout()
    call.core.pay(session["id"])
    first = call.raw("POST", f"{SESSIONS}/{session['id']}/expire", idempotency_key="k")
    again = call.raw("POST", f"{SESSIONS}/{session['id']}/expire", idempotency_key="k")
    assert first.status == again.status == 400
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_500_after_the_work_is_repeated_for_ever_although_the_session_is_open() -> None:
    call = Caller(faults=[Fault("error_after", "checkout.sessions.create", count=1)])
    for _ in range(3):
        assert call.refusal("POST", SESSIONS, LAMP, idempotency_key="k")["type"] == "api_error"
    assert opened(call) == 1


def test_a_500_before_the_work_is_forgotten() -> None:
    call = Caller(faults=[Fault("error_before", "checkout.sessions.create", count=1, status=503)])
    refusal = call.raw("POST", SESSIONS, LAMP, idempotency_key="k")
    assert (refusal.status, refusal.headers["Stripe-Should-Retry"]) == (503, "true")
    assert call.checkout(idempotency_key="k")["status"] == "open"


def test_a_500_can_be_saved_without_any_work() -> None:
    call = Caller(faults=[Fault("error_begun", count=1)])
    for _ in range(2):
        assert call.refusal("POST", SESSIONS, LAMP, idempotency_key="k")["status"] == 500
    assert opened(call) == 0
    assert call.checkout(idempotency_key="k2")["status"] == "open"


def test_the_rate_limit_comes_before_the_keys() -> None:
    call = Caller(Settings(limits=RateLimits(total=1)))
    first = call.checkout(idempotency_key="k")
    refusal = call.raw("POST", SESSIONS, LAMP, idempotency_key="k")
    assert (refusal.status, refusal.headers["Stripe-Rate-Limited-Reason"]) == (429, "global-rate")
    call.core.advance(1)
    assert call.checkout(idempotency_key="k")["id"] == first["id"]


@pytest.mark.parametrize(("key", "status"), [("k" * 255, 200), ("k" * 256, 400), ("", 400)])
def test_keys_have_a_length(key: str, status: int) -> None:
    assert Caller().raw("POST", SESSIONS, LAMP, idempotency_key=key).status == status


def test_reading_needs_no_key_and_ignores_one() -> None:
    call = Caller()
    session = call.checkout()
    path = f"{SESSIONS}/{session['id']}"
    call("GET", path, idempotency_key="k")
    call.core.pay(session["id"])
    assert call("GET", path, idempotency_key="k")["status"] == "complete"
