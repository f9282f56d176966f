"""Webhooks over real HTTP, into a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from domain.bells import PROCESS_EVENTS
from tests.webhook_ingest.harness import CIPHER, OLD_SECRET, Ingest, event, signature
from webhook_ingest.webhook import WEBHOOK_PATH


def test_an_event_is_stored_and_the_bell_rung_before_stripe_hears_200(ingest: Ingest) -> None:
    answer = ingest.post(event("evt_1"))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert ingest.stored() == ["evt_1"]
    assert ingest.bells.rung == {PROCESS_EVENTS: 1}
    assert ingest.counts.outcomes == {("checkout.session.completed", "stored"): 1}


def test_the_bytes_are_kept_as_they_came_and_sealed(ingest: Ingest) -> None:
    body = event("evt_1", note="Žofie  and \\u0041")
    ingest.post(body)
    with psycopg.connect(ingest.url) as connection:
        row = connection.execute("SELECT id, body FROM webhook_events").fetchone()
    assert row is not None
    assert body not in row[1]
    assert CIPHER.open(row[1], f"webhook_events:body:{row[0]}".encode()) == body


def test_fifty_repeats_at_once_are_stored_once_and_all_answered_200(ingest: Ingest) -> None:
    body = event("evt_1")
    with ThreadPoolExecutor(50) as pool:
        statuses = [answer.status_code for answer in pool.map(ingest.post, [body] * 50)]
    assert statuses == [200] * 50
    assert ingest.stored() == ["evt_1"]


def test_many_events_at_once_are_all_stored(ingest: Ingest) -> None:
    names = [f"evt_{number:03}" for number in range(200)]
    with ThreadPoolExecutor(50) as pool:
        statuses = {answer.status_code for answer in pool.map(ingest.post, map(event, names))}
    assert statuses == {200}
    assert ingest.stored() == names


def test_an_event_of_a_type_that_nobody_knows_is_stored_as_well(ingest: Ingest) -> None:
    assert ingest.post(event("evt_1", "craft.fair.opened")).status_code == 200
    assert ingest.stored() == ["evt_1"]
    assert ingest.counts.outcomes == {("craft.fair.opened", "stored"): 1}


def test_while_a_secret_is_rolled_both_are_good(ingest: Ingest) -> None:
    body = event("evt_1")
    assert ingest.post(body, signature(body, ingest.clock.now, OLD_SECRET)).status_code == 200
    assert ingest.post(event("evt_2")).status_code == 200
    assert ingest.stored() == ["evt_1", "evt_2"]


@pytest.mark.parametrize(
    ("reason", "moved"), [("wrong", 0), ("missing", 0), ("malformed", 0), ("too_old", 301), ("in_the_future", -301)]
)
def test_a_bad_signature_is_refused_counted_and_nothing_stored(ingest: Ingest, reason: str, moved: int) -> None:
    body = event("evt_1")
    good = signature(body, ingest.clock.now)
    bad = {"wrong": signature(body, ingest.clock.now, "whsec_other"), "missing": "", "malformed": f"t=1,{good}"}
    ingest.clock.move(moved)
    answer = ingest.post(body, bad.get(reason, good))
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_signature")
    assert ingest.counts.failures == {reason: 1}
    assert ingest.stored() == []


def test_two_signature_headers_are_one_with_two_timestamps(ingest: Ingest) -> None:
    body = event("evt_1")
    header = ("stripe-signature", signature(body, ingest.clock.now))
    assert ingest.client.post(WEBHOOK_PATH, content=body, headers=[header, header]).status_code == 400
    assert ingest.counts.failures == {"malformed": 1}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b"null",
        b'{"object": "charge"}',
        event(object="v2.core.event"),
        event(id=None),
        event(id="evt_\x00"),
        event(created="today"),
        event(data=None),
        event(data={"object": ["a"]}),
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(ingest: Ingest, body: bytes) -> None:
    answer = ingest.post(body)
    assert (answer.status_code, answer.json()["error"]) == (400, "not_an_event")
    assert ingest.stored() == []
    assert ingest.counts.outcomes == {("unknown", "not_an_event"): 1}


def test_a_reader_that_stumbles_costs_stripe_a_repeat_and_nobody_else_anything(database_url: str) -> None:
    def stumble() -> None:
        raise LookupError

    with Ingest(database_url, new_id=stumble) as ingest:  # type: ignore[arg-type]
        assert ingest.post(event("evt_1")).status_code == 503
        assert ingest.counts.outcomes == {("unknown", "failed"): 1}


def test_nothing_of_body_or_signature_is_logged(ingest: Ingest, capfd: pytest.CaptureFixture[str]) -> None:
    body = event("evt_1", note="4242424242424242")
    ingest.post(body, signature(body, ingest.clock.now, "whsec_other"))
    ingest.post(b'{"note": "4242424242424242"}')
    ingest.stop()
    said = "".join(capfd.readouterr())
    assert "reason=" in said
    assert "4242" not in said
    assert "v1=" not in said
