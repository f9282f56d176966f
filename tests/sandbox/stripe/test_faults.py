"""Misbehavior on demand, as the SDK meets it, and the rate limits."""

import pytest
import stripe

from sandbox.stripe.faults import Fault
from sandbox.stripe.limits import RateLimits
from sandbox.stripe.server import RunningSandbox
from sandbox.stripe.settings import Settings
from tests.sandbox.stripe.caller import Caller
from tests.sandbox.stripe.conftest import checkout

CREATE = "checkout.sessions.create"


def opened(sandbox: RunningSandbox) -> int:
    return len(sandbox.core.world.store.table("checkout.session"))


def test_a_reply_lost_after_the_work_is_there_when_asked_again(
    client: stripe.StripeClient, sandbox: RunningSandbox
) -> None:
    sandbox.fault("lost_after", CREATE, count=1)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(checkout(), {"idempotency_key": "k"})
    assert opened(sandbox) == 1
    again = client.v1.checkout.sessions.create(checkout(), {"idempotency_key": "k"})
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert opened(sandbox) == 1


def test_a_request_lost_before_the_work_did_nothing(client: stripe.StripeClient, sandbox: RunningSandbox) -> None:
    sandbox.fault("lost_before", CREATE, count=1)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(checkout(), {"idempotency_key": "k"})
    assert opened(sandbox) == 0
    assert client.v1.checkout.sessions.create(checkout(), {"idempotency_key": "k"}).status == "open"


@pytest.mark.parametrize("status", [500, 503])
def test_an_error_after_the_work_leaves_the_work_done(
    client: stripe.StripeClient, sandbox: RunningSandbox, status: int
) -> None:
    sandbox.fault("error_after", CREATE, count=1, status=status)
    with pytest.raises(stripe.APIError) as error:
        client.v1.checkout.sessions.create(checkout(), {"idempotency_key": "k"})
    assert error.value.http_status == status
    assert len(client.v1.checkout.sessions.list({"status": "open"}).data) == 1


def test_429_comes_with_and_without_retry_after_and_is_counted(
    client: stripe.StripeClient, sandbox: RunningSandbox
) -> None:
    sandbox.fault("rate_limit", CREATE, count=1, seconds=7)
    sandbox.fault("rate_limit", CREATE, count=1)
    for expected in ("7", None):
        with pytest.raises(stripe.RateLimitError) as error:
            client.v1.checkout.sessions.create(checkout())
        assert error.value.headers is not None
        assert error.value.headers.get("Retry-After") == expected
        assert error.value.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
        # The SDK leaves `error.code` empty for this class, and keeps it here.
        assert error.value.error is not None
        assert error.value.error.code == "rate_limit"
    books = sandbox.books()
    assert (books["refused_429"], books["refused_429_by_operation"]) == (2, {CREATE: 2})
    assert books["calls"][CREATE] == 2
    assert books["faults_struck"] == {"rate_limit": 2}


def test_a_lock_timeout_asks_to_be_tried_again(client: stripe.StripeClient, sandbox: RunningSandbox) -> None:
    sandbox.fault("lock_timeout", CREATE, count=1)
    with pytest.raises(stripe.RateLimitError) as error:
        client.v1.checkout.sessions.create(checkout())
    assert error.value.error is not None
    assert error.value.error.code == "lock_timeout"
    assert error.value.headers is not None
    assert error.value.headers["Stripe-Should-Retry"] == "true"
    sandbox.fault("lock_timeout", CREATE)
    sandbox.clear_faults()
    assert client.v1.checkout.sessions.create(checkout()).status == "open"


def test_a_fault_of_some_probability_strikes_the_same_calls_for_the_same_seed() -> None:
    def struck(seed: int) -> list[int]:
        call = Caller(faults=[Fault("error_before", "balance.*", probability=0.5)], seed=seed)
        return [call.raw("GET", "/v1/balance").status for _ in range(40)]

    assert struck(1) == struck(1) != struck(2)
    assert set(struck(1)) == {200, 500}


def test_an_unknown_kind_of_fault_is_no_fault() -> None:
    with pytest.raises(ValueError, match="unknown fault 'rain'"):
        Fault("rain")


def test_limits_hold_per_second_in_all_and_on_one_endpoint() -> None:
    call = Caller(Settings(limits=RateLimits(total=5, per_endpoint=3)))
    balance = [call.raw("GET", "/v1/balance").status for _ in range(4)]
    assert balance == [200, 200, 200, 429]
    refusal = call.raw("GET", "/v1/balance")
    assert refusal.headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate"
    assert [call.raw("GET", "/v1/account").status for _ in range(3)] == [200, 200, 429]
    call.core.advance(1)
    assert call.raw("GET", "/v1/balance").status == 200
    call.core.limit()
    assert {call.raw("GET", "/v1/balance").status for _ in range(50)} == {200}
