"""Webhooks of the drill's own, against a real ingest."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from cli.drill.hooks import stored
from proof.drill.sending import Sender
from tests.webhook_ingest.harness import SECRET, Ingest, wait_until


@pytest.fixture
def ingest(database_url: str) -> Iterator[Ingest]:
    with Ingest(database_url) as ingest:
        ingest.clock.now = datetime.now(UTC)  # signatures are of now
        yield ingest


def test_valid_ones_are_accepted_and_stored_and_forged_ones_refused(ingest: Ingest, database_url: str) -> None:
    url = f"http://127.0.0.1:{ingest.address[1]}"
    valid, forged = Sender(url, SECRET, 300), Sender(url, "whsec_forged", 300)
    with valid.sending(), forged.sending():
        wait_until(lambda: valid.accepted > 20)
        wait_until(lambda: sum(forged.answers.values()) > 20)
        valid.sign_with("whsec_another")
        before = valid.accepted
        wait_until(lambda: valid.answers[400] > 5)
        assert valid.accepted == before
    assert set(forged.answers) == {400}
    assert sum(one.startswith(valid.prefix) for one in ingest.stored()) == valid.accepted
    assert not any(one.startswith(forged.prefix) for one in ingest.stored())
    assert stored(database_url, valid, forged) == [valid.accepted, 0]
    assert valid.seconds > 0


def test_one_that_nobody_answers_is_sent_again_and_ends_with_the_block() -> None:
    sender = Sender(f"http://127.0.0.1:1/{uuid4()}", SECRET, 100)
    with sender.sending():
        threading.Event().wait(0.3)
    assert not sender.answers
