"""Whatever is sent, ingest answers properly, and stores only what Stripe signed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.databases import Databases
from tests.sockets import read_all
from tests.webhook_ingest.harness import Ingest, event
from webhook_ingest.webhook import WEBHOOK_PATH

FEW = settings(max_examples=60, deadline=None)
VALUES = st.binary(max_size=200).map(lambda raw: raw.translate(None, b"\r\n\0"))
NAMES = st.sampled_from([b"Stripe-Signature", b"Content-Type", b"Content-Encoding", b"Accept", b"Upgrade", b"X"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["id", "object", "type", "created", "livemode", "account", "data"])


@pytest.fixture(scope="module")
def running(databases: Databases, database_template: str) -> Iterator[Ingest]:
    url = databases.create(database_template)
    with Ingest(url) as ingest:
        yield ingest
    databases.drop(url)


def statuses(answer: bytes) -> set[int]:
    lines = [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    return {int(line.split()[1]) for line in lines}


def is_proper(status: int) -> bool:
    return status < 500 or status == 503


@FEW
@given(body=st.binary(max_size=500), headers=st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_no_body_and_no_header_breaks_it_or_is_stored(
    running: Ingest, body: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    head = f"POST {WEBHOOK_PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n".encode()
    lines = b"".join(b"%s: %s\r\n" % header for header in headers)
    before = running.stored()
    assert statuses(running.raw(head + lines + b"\r\n", body)) == {400}
    assert running.stored() == before


@FEW
@given(anything=st.binary(max_size=300), start=st.sampled_from([b"", b"POST ", b"GET /healthz HTTP/1.1\r\n"]))
def test_no_bytes_break_it(running: Ingest, anything: bytes, start: bytes) -> None:
    with running.connect() as connection:
        connection.sendall(start + anything + b"\r\n\r\n")
        connection.shutdown(1)
        assert all(map(is_proper, statuses(read_all(connection))))
    assert running.client.get("/healthz").status_code == 200


@FEW
@given(field=FIELDS, value=JSON)
def test_whatever_is_signed_is_stored_or_refused(running: Ingest, field: str, value: Any) -> None:
    body = json.dumps({**json.loads(event()), field: value}).encode()
    answer = running.post(body)
    assert answer.status_code in (200, 400)


@FEW
@given(value=JSON)
def test_json_that_is_no_event_is_refused_even_when_signed(running: Ingest, value: Any) -> None:
    assert running.post(json.dumps(value).encode()).status_code == 400
