"""What goes wrong, and how it is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from console.app import create_api
from runtime.tokens import Caller, Refusal, TokenRefused
from tests.console.calling import Client, Wire, wired
from tests.house import House


def test_a_token_that_proves_nobody_is_refused_with_its_reason(wire: Wire, token: Callable[..., str]) -> None:
    answer = Client(wire, token("admin", ttl=-timedelta(hours=1))).get("/payments")

    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert 'error_description="token_expired"' in answer.headers["www-authenticate"]


def test_keys_that_cannot_be_fetched_are_not_the_callers_fault(home: House) -> None:
    def verify(_token: str) -> Caller:
        raise TokenRefused(Refusal.KEYS_UNAVAILABLE)

    with wired(create_api(home.app, verify)) as wire:
        answer = Client(wire, "x").get("/payments")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"


def test_while_the_database_is_away_callers_are_told_when_to_ask_again(home: House, service: Client) -> None:
    token = home.app.links.token(home.require())
    engine = home.app.database.engine
    there = engine.pool._creator  # type: ignore[attr-defined]
    engine.pool._creator = _refused  # type: ignore[attr-defined]
    engine.dispose(close=True)

    answer = service.get("/payments")
    page = service.get(f"/pay/{token}")

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["retry-after"] == "5"
    assert "Traceback" not in answer.text
    assert page.status_code == 503
    assert "Payments are not affected" in page.text
    assert service.get("/readyz").status_code == 503
    assert service.get("/healthz").status_code == 200
    engine.pool._creator = there  # type: ignore[attr-defined]
    engine.dispose(close=True)


def _refused(*_: object) -> None:
    import psycopg  # noqa: PLC0415 - only here

    raise psycopg.OperationalError("connection refused by 10.0.0.1, password secret")


def test_what_nobody_expected_gets_a_code_to_look_up_and_no_trace(home: House) -> None:
    def verify(_token: str) -> Caller:
        raise RuntimeError("secret")

    with capture_logs() as lines, wired(create_api(home.app, verify)) as wire:
        answer = Client(wire, "x").get("/payments")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    (line,) = lines
    assert line["event"] == "request.failed"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert f"Code {line['reference']}." in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/payments", 405)])
def test_addresses_that_do_not_exist_are_problems_too(service: Client, method: str, path: str, status: int) -> None:
    answer = service(method, path)

    assert answer.status_code == status == answer.json()["status"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_answer_tells_browsers_what_they_may_not_do(wire: Wire) -> None:
    for path in ("/healthz", "/payments", "/nowhere", "/docs", "/pay/x"):
        headers = wire.request("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" not in headers


def test_where_buyers_come_by_https_they_must_go_on_doing_so(home: House) -> None:
    links = replace(home.app.links, base_url="https://pay.example")
    with wired(create_api(replace(home.app, links=links), lambda _: pytest.fail("not asked"))) as wire:
        assert "max-age" in wire.request("GET", "/healthz").headers["strict-transport-security"]


def test_probes_and_metrics_need_no_token(wire: Wire) -> None:
    assert wire.request("GET", "/healthz").json() == {"status": "alive"}
    assert wire.request("GET", "/readyz").json() == {"status": "ready"}
    assert wire.request("HEAD", "/healthz").status_code == wire.request("HEAD", "/readyz").status_code == 200
    assert wire.request("GET", "/metrics").text == "up 1\n"


def test_the_description_names_every_endpoint_and_every_problem(api: FastAPI, wire: Wire) -> None:
    whole = wire.request("GET", "/openapi.json").json()
    page = wire.request("GET", "/docs")

    for path in ("/payments", "/payments/{sessionId}", "/payments/checkout/create", "/healthz", "/metrics"):
        assert path in whole["paths"]
        assert path in page.text
    assert "ProblemDetails" in whole["components"]["schemas"]
    assert "HTTPValidationError" not in str(whole)
    created = whole["components"]["schemas"]["CreatedSession"]["properties"]
    assert "stripeCheckoutUrl" in created
    assert whole["components"]["schemas"]["SessionState"]["properties"]["amount"]["type"] == "number"
    assert "<script" not in page.text
    assert wire.request("GET", "/openapi.json").json() == whole


def test_assets_may_be_kept_for_ever_and_others_do_not_exist(wire: Wire) -> None:
    style = wire.request("GET", "/assets/gavelpay.css")

    assert style.headers["content-type"].startswith("text/css")
    assert "immutable" in style.headers["cache-control"]
    assert wire.request("GET", "/assets/..%2Frendering.py").status_code == 404
    assert wire.request("GET", "/assets/app.py").status_code == 404
