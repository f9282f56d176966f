"""Sending an event to receivers of every kind: bounded in time and memory, and judged by what they say."""

import json
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from domain.errors import GatewayBusy, GatewayRefused, GatewayUnavailable, GavelpayError, ReceiverGone
from domain.messaging import OutgoingEvent
from gateways.downstream import Address, Routes, body_of
from gateways.events.webhooks import Webhooks
from tests.gateways.events.rude import OK, Manner, Rude, drips, floods, hangs_up, rude, says, silent
from tests.listener import SECRET

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVENT = OutgoingEvent(
    UUID("0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11"), "auction.sold", "lot-1", 3, None, {"title": "Vase \u2603"}, NOW
)
#: Longer than any exchange here may take, and far shorter than what the rude would like.
SECONDS = 0.6
SLOW_MACHINE = 8.0


@pytest.fixture
def receiver() -> Iterator[Rude]:
    with rude(says(OK)) as receiver:
        yield receiver


@pytest.fixture
def webhooks(receiver: Rude) -> Iterator[Webhooks]:
    webhooks = Webhooks(Address("auction", receiver.url, SECRET), lambda: NOW, seconds=SECONDS)
    yield webhooks
    webhooks.close()


def answer(status: int, **headers: str) -> Manner:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return says(f"HTTP/1.1 {status} X\r\n{lines}Content-Length: 0\r\n\r\n".encode())


def refusal(webhooks: Webhooks) -> GavelpayError:
    with pytest.raises(GavelpayError) as raised:
        webhooks.send(EVENT)
    return raised.value


def test_an_event_is_signed_over_its_very_bytes(webhooks: Webhooks, receiver: Rude) -> None:
    webhooks.send(EVENT)
    webhooks.send(EVENT, late=True)
    first, second = (request.partition(b"\r\n\r\n") for request in receiver.requests)
    assert first[2] == second[2] == body_of(EVENT)
    assert json.loads(first[2]) == {
        "type": "auction.sold",
        "timestamp": "2026-11-21T12:00:00+00:00",
        "data": {"title": "Vase \u2603"},
    }
    line, *fields = first[0].decode().split("\r\n")
    headers = dict(field.lower().split(": ", 1) for field in fields)
    assert line == "POST /events?from=us HTTP/1.1"
    assert headers["webhook-id"] == "evt_0199c2f06a107bd19d5e2f1b7c1f0a11"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    expected = Webhook(SECRET).sign("evt_0199c2f06a107bd19d5e2f1b7c1f0a11", NOW, first[2].decode())
    assert f"webhook-signature: {expected}" in first[0].decode()
    assert "webhook-late" not in headers
    assert b"webhook-late: true" in second[0]


def test_a_connection_is_kept_and_replaced_when_it_was_closed_meanwhile(webhooks: Webhooks, receiver: Rude) -> None:
    for _ in range(3):
        webhooks.send(EVENT)
    assert receiver.connections == 1
    receiver.manner = hangs_up
    assert isinstance(refusal(webhooks), GatewayUnavailable)  # also at the fresh one
    receiver.manner = says(OK)
    webhooks.send(EVENT)
    assert receiver.connections == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, GatewayUnavailable),
        (302, GatewayUnavailable),
        (307, GatewayUnavailable),
        (400, GatewayRefused),
        (401, GatewayUnavailable),
        (404, GatewayUnavailable),
        (410, ReceiverGone),
        (413, GatewayRefused),
        (422, GatewayRefused),
        (429, GatewayBusy),
        (500, GatewayUnavailable),
        (503, GatewayUnavailable),
    ],
)
def test_each_answer_is_judged_by_its_kind(
    webhooks: Webhooks, receiver: Rude, status: int, kind: type[GavelpayError]
) -> None:
    receiver.manner = answer(status, Location="http://127.0.0.1:1/elsewhere")
    failure = refusal(webhooks)
    assert type(failure) is kind
    assert str(status) in str(failure)
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120.0),
        (format_datetime(NOW.replace(minute=5), usegmt=True), 300.0),
        (format_datetime(NOW.replace(hour=3), usegmt=True), 0.0),
    ],
)
def test_a_receiver_may_say_when_to_come_back(webhooks: Webhooks, receiver: Rude, asked: str, seconds: float) -> None:
    receiver.manner = answer(503, Retry_After=asked)
    failure = refusal(webhooks)
    assert isinstance(failure, GatewayBusy)
    assert failure.retry_after == seconds


@pytest.mark.parametrize("asked", ["soon", "", "-1", "Wed, 99 Nov 2026 99:99:99 GMT", "Sat, 21 Nov 2026 12:00:00"])
def test_a_time_that_is_none_is_no_time(webhooks: Webhooks, receiver: Rude, asked: str) -> None:
    receiver.manner = answer(503, Retry_After=asked)
    assert type(refusal(webhooks)) is GatewayUnavailable


@pytest.mark.parametrize(
    "manner",
    [
        silent,
        drips(b"H"),
        drips(b"x", head=b"HTTP/1.1 200 OK\r\nX-Long: "),
        drips(b"HTTP/1.1 100 Continue\r\n\r\n"),
        hangs_up,
        says(b"SSH-2.0-OpenSSH_9.9\r\n"),
        says(b"HTTP/1.1 two hundred\r\n\r\n"),
        says(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 500, b"\r\n"),
        says(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 100_000, b"\r\n\r\n"),
    ],
)
def test_what_is_no_answer_in_time_is_none(webhooks: Webhooks, receiver: Rude, manner: Manner) -> None:
    receiver.manner = manner
    began = time.monotonic()
    assert type(refusal(webhooks)) is GatewayUnavailable
    assert time.monotonic() - began < SLOW_MACHINE
    receiver.manner = says(OK)
    webhooks.send(EVENT)


@pytest.mark.parametrize(
    "manner",
    [
        floods,
        drips(b"x", head=b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
        drips(b"1\r\nx\r\n", head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n"),
        says(b"HTTP/1.1 204 No Content\r\n\r\n"),
    ],
)
def test_a_receipt_counts_whatever_follows_it(webhooks: Webhooks, receiver: Rude, manner: Manner) -> None:
    receiver.manner = manner
    tracemalloc.start()
    began = time.monotonic()
    try:
        webhooks.send(EVENT)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.monotonic() - began < SLOW_MACHINE
    assert most < 8 * 1024 * 1024
    receiver.manner = says(OK)
    webhooks.send(EVENT)


def test_nobody_there_is_no_answer() -> None:
    with rude(says(OK)) as receiver:
        url = receiver.url
    webhooks = Webhooks(Address("auction", url, SECRET), lambda: NOW, seconds=SECONDS)
    assert "auction did not answer: ConnectionRefusedError" in str(refusal(webhooks))
    webhooks = Webhooks(Address("auction", url.replace("http:", "https:"), SECRET), lambda: NOW, seconds=SECONDS)
    assert isinstance(refusal(webhooks), GatewayUnavailable)


def test_a_receiver_that_speaks_no_tls_is_not_spoken_to_in_the_open(receiver: Rude) -> None:
    webhooks = Webhooks(Address("auction", receiver.url.replace("http:", "https:"), SECRET), lambda: NOW, seconds=3)
    assert isinstance(refusal(webhooks), GatewayUnavailable)
    assert receiver.requests == []


def test_an_endpoint_that_this_process_does_not_know_is_tried_again() -> None:
    routes = Routes({})
    with pytest.raises(GatewayUnavailable, match="not configured"):
        routes.send("auction", EVENT)
