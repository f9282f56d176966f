"""Analytics over HTTP: in batches, bounded whatever Segment does, and nothing of it when the process ends."""

import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from domain.analytics import Tracked
from gateways.segment import BATCH, Segment
from tests.gateways.events.rude import OK, Rude, floods, rude, says, silent

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVENT = Tracked("session:3", "session", "payments.checkout.started", NOW, {"amount_usd": 275.5, "retry_count": 0})
BUSY = b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n"
WRONG = b"HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n"
#: Waiting is bounded by some seconds; a slow machine has some more.
SLOW_MACHINE = 10.0


@pytest.fixture
def receiver() -> Iterator[Rude]:
    with rude(says(OK)) as receiver:
        yield receiver


@pytest.fixture
def counted() -> Counter[str]:
    return Counter()


def segment(receiver: Rude, counted: Counter[str], **options: Any) -> Segment:
    base = receiver.url.rpartition("/")[0]
    return Segment("key", base, lambda what, many: counted.update({what: many}), interval=0.05, **options)


def batches(receiver: Rude) -> list[dict[str, Any]]:
    return [orjson.loads(request.partition(b"\r\n\r\n")[2]) for request in receiver.requests]


def test_events_are_sent_in_batches(receiver: Rude, counted: Counter[str]) -> None:
    analytics = segment(receiver, counted)
    analytics.track([replace(EVENT, message_id=f"session:{number}") for number in range(BATCH + 7)])
    analytics.close()

    sent = batches(receiver)
    assert sum(len(one["batch"]) for one in sent) == BATCH + 7
    assert len(sent) < 7
    assert max(len(one["batch"]) for one in sent) <= BATCH
    first = sent[0]["batch"][0]
    assert (first["type"], first["event"]) == ("track", "payments.checkout.started")
    assert (first["messageId"], first["anonymousId"], first["userId"]) == ("session:0", "session", None)
    assert first["timestamp"] == "2026-11-21T12:00:00.000+00:00"
    assert first["properties"] == {"amount_usd": 275.5, "retry_count": 0}
    head = receiver.requests[0].partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("POST /v1/batch HTTP/1.1")
    assert f"authorization: Basic {b64encode(b'key:').decode()}" in head
    assert counted == {"sent": BATCH + 7}


def test_a_batch_that_segment_cannot_take_now_is_tried_again(receiver: Rude, counted: Counter[str]) -> None:
    receiver.manner = says(BUSY)
    analytics = segment(receiver, counted)
    analytics.track([EVENT])
    wait_for(lambda: len(receiver.requests) == 1)
    receiver.manner = says(OK)
    wait_for(lambda: counted == {"sent": 1})
    analytics.close()
    assert [one["batch"][0]["messageId"] for one in batches(receiver)] == ["session:3"] * 2


def test_a_batch_that_segment_calls_wrong_is_lost_and_counted(receiver: Rude, counted: Counter[str]) -> None:
    receiver.manner = says(WRONG)
    analytics = segment(receiver, counted)
    analytics.track([EVENT])
    analytics.close()
    assert len(receiver.requests) == 1
    assert counted == {"lost": 1}


def test_segment_that_hangs_holds_up_neither_those_who_note_nor_the_end(receiver: Rude, counted: Counter[str]) -> None:
    receiver.manner = silent
    analytics = segment(receiver, counted, most=50)
    began = time.monotonic()
    for _ in range(20):
        analytics.track([EVENT] * 10)
    analytics.close(0.3)
    assert time.monotonic() - began < SLOW_MACHINE
    assert counted["dropped"] >= 50
    assert counted["sent"] == 0
    assert counted["dropped"] + counted["lost"] == 200


def test_a_gigabyte_is_not_read(receiver: Rude, counted: Counter[str]) -> None:
    receiver.manner = floods
    analytics = segment(receiver, counted)
    analytics.track([EVENT])
    analytics.close()
    assert counted == {"sent": 1}


def test_what_cannot_be_sent_is_dropped_and_counted(receiver: Rude, counted: Counter[str]) -> None:
    analytics = segment(receiver, counted)
    analytics.track([replace(EVENT, properties={"long": "x" * 40_000}), EVENT])
    analytics.close()
    assert counted == {"dropped": 1, "sent": 1}


def wait_for(condition: Any, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
