"""Probes and everything else that is no webhook."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from models.schema import is_current
from tests.webhook_ingest.harness import PATIENCE, Ingest, event, wait_until
from webhook_ingest.readiness import Readiness
from webhook_ingest.webhook import WEBHOOK_PATH


@pytest.mark.parametrize(("path", "body"), [("/healthz", b'{"status": "alive"}'), ("/metrics", b"up 1\n")])
def test_probes_are_answered(ingest: Ingest, path: str, body: bytes) -> None:
    answer = ingest.client.get(path)
    assert (answer.status_code, answer.content) == (200, body)
    assert ingest.client.head(path).status_code == 200


def test_metrics_are_prometheus_text(ingest: Ingest) -> None:
    assert ingest.client.get("/metrics").headers["content-type"].startswith("text/plain; version=")


def test_metrics_that_cannot_be_read_disturb_nothing(database_url: str) -> None:
    def fail() -> bytes:
        raise LookupError

    with Ingest(database_url, render_metrics=fail) as ingest:
        assert ingest.client.get("/metrics").status_code == 503
        assert ingest.post(event()).status_code == 200


def test_a_current_schema_is_ready_and_an_empty_database_is_not(
    ingest: Ingest, fresh_database: Callable[..., str]
) -> None:
    with (
        Ingest(ingest.url, ready=lambda: is_current(ingest.database)) as good,
        Ingest(fresh_database(), ready=lambda: is_current(bad.database)) as bad,
    ):
        assert good.client.get("/readyz").status_code == 200
        assert bad.client.get("/readyz").status_code == 503
        assert bad.client.get("/healthz").status_code == 200


def test_a_database_that_is_away_is_not_ready(database_url: str) -> None:
    with Ingest("postgresql://nobody@127.0.0.1:1/none", ready=lambda: is_current(ingest.database)) as ingest:
        assert ingest.client.get("/readyz").json()["error"] == "not_ready"


def test_probes_share_one_question_a_second(database_url: str) -> None:
    asked = []
    with Ingest(database_url, ready=lambda: bool(asked.append(1) or len(asked) > 1)) as ingest:
        assert {ingest.client.get("/readyz").status_code for _ in range(3)} == {503}
        wait_until(lambda: ingest.client.get("/readyz").status_code == 200)
    assert len(asked) < 10


def test_a_question_without_an_answer_means_no_and_is_not_asked_again() -> None:
    asked = []
    answer = threading.Event()

    def ready() -> bool:
        asked.append(1)
        return answer.wait(PATIENCE)

    async def scenario() -> None:
        readiness = Readiness(ready, kept=0.0, patience=0.1)
        assert [await readiness() for _ in range(2)] == [False, False]
        assert len(asked) == 1
        answer.set()
        assert await Readiness(ready)()

    asyncio.run(scenario())


@pytest.mark.parametrize("path", ["/", "/payments/webhooks/stripe/", "/payments/webhooks", "/docs"])
def test_other_paths_are_not_found(ingest: Ingest, path: str) -> None:
    answer = ingest.client.post(path, content=event())
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_webhooks_are_posted_and_nothing_else(ingest: Ingest, method: str) -> None:
    answer = ingest.client.request(method, WEBHOOK_PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_probes_are_only_read(ingest: Ingest) -> None:
    answer = ingest.client.post("/healthz", content=b"x")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
