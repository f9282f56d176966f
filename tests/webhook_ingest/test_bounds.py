"""Bodies, heads, and clients that take their time."""

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.sockets import read_all
from tests.webhook_ingest.harness import Ingest, event, signature, wait_until
from webhook_ingest.limits import Limits
from webhook_ingest.webhook import WEBHOOK_PATH

POST = f"POST {WEBHOOK_PATH} HTTP/1.1\r\nHost: ingest\r\n".encode()
LARGE = 256 * 1024
FAIR = 2.0


@pytest.fixture
def impatient(database_url: str) -> Iterator[Ingest]:
    with Ingest(database_url, limits=Limits(head_seconds=0.3, read_seconds=0.3, head_bytes=2000)) as ingest:
        yield ingest


@pytest.fixture
def fair(database_url: str) -> Iterator[Ingest]:
    """Impatient as well, but a busy machine has time to serve who does not stall."""
    with Ingest(database_url, limits=Limits(head_seconds=FAIR, read_seconds=FAIR)) as ingest:
        yield ingest


def of_size(size: int, event_id: str = "evt_1") -> bytes:
    short = event(event_id, padding="")
    return short.replace(b'"padding": ""', b'"padding": "%s"' % (b"x" * (size - len(short))))


def in_pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


def test_a_body_of_256_kilobytes_is_taken(ingest: Ingest) -> None:
    assert ingest.post(of_size(LARGE)).status_code == 200
    assert ingest.stored() == ["evt_1"]


def test_a_chunked_body_is_taken(ingest: Ingest) -> None:
    body = of_size(LARGE)
    headers = {"stripe-signature": signature(body, ingest.clock.now)}
    assert ingest.client.post(WEBHOOK_PATH, content=in_pieces(body), headers=headers).status_code == 200
    assert ingest.stored() == ["evt_1"]


def test_one_byte_more_is_too_large_by_its_header(ingest: Ingest) -> None:
    assert ingest.post(of_size(LARGE + 1)).status_code == 413
    assert ingest.counts.outcomes == {("unknown", "too_large"): 1}
    assert ingest.stored() == []


@pytest.mark.parametrize("size", [LARGE + 1, 3 * LARGE])
def test_one_byte_more_is_too_large_while_it_streams(ingest: Ingest, size: int) -> None:
    body = of_size(size)
    headers = {"stripe-signature": signature(body, ingest.clock.now)}
    answer = ingest.client.post(WEBHOOK_PATH, content=in_pieces(body), headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert ingest.stored() == []


def test_whoever_announces_too_much_is_told_before_sending_it(ingest: Ingest) -> None:
    head = POST + b"Content-Length: 99999999999999999999999\r\nExpect: 100-continue\r\n\r\n"
    small = POST + b"Content-Length: 9999999999\r\nExpect: 100-continue\r\n\r\n"
    assert ingest.raw(head).startswith(b"HTTP/1.1 400 ")  # no number that anybody could mean
    assert ingest.raw(small).startswith(b"HTTP/1.1 413 ")


def test_whoever_asks_before_sending_is_told_to_go_on(ingest: Ingest) -> None:
    body = event("evt_1")
    signed = signature(body, ingest.clock.now).encode()
    head = POST + b"Content-Length: %d\r\nStripe-Signature: %s\r\n" % (len(body), signed)
    with ingest.connect() as connection:
        connection.sendall(head + b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")


def test_a_refused_body_without_end_is_not_read_without_end(ingest: Ingest) -> None:
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = 0
    with ingest.connect() as connection, suppress(ConnectionError):
        connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        while sent < 500_000_000:
            connection.sendall(piece)
            sent += len(piece)
    assert sent < 500_000_000


def test_a_body_that_stalls_gets_408_and_holds_up_nobody(fair: Ingest) -> None:
    stalled = [fair.connect() for _ in range(20)]
    for connection in stalled:
        connection.sendall(POST + b"Content-Length: 100\r\n\r\nabc")
    assert fair.post(event("evt_1")).status_code == 200
    answers = [read_all(connection) for connection in stalled]
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    assert fair.counts.outcomes["unknown", "too_slow"] == 20
    for connection in stalled:
        connection.close()


def test_a_client_that_says_nothing_is_let_go(impatient: Ingest) -> None:
    assert impatient.raw(b"") == b""


def test_a_head_that_stalls_gets_408(impatient: Ingest) -> None:
    assert impatient.raw(POST).startswith(b"HTTP/1.1 408 ")


def test_a_head_that_trickles_gets_408_as_well(impatient: Ingest) -> None:
    with impatient.connect() as connection:
        for byte in POST:
            try:
                connection.sendall(bytes([byte]))
            except ConnectionError:
                break
            time.sleep(0.02)
        assert read_all(connection).startswith(b"HTTP/1.1 408 ")


def test_a_second_head_on_a_kept_connection_is_on_the_clock_as_well(fair: Ingest) -> None:
    with fair.connect() as connection:
        connection.sendall(POST + b"Content-Length: 0\r\n\r\n")
        assert connection.recv(10_000).startswith(b"HTTP/1.1 400 ")
        time.sleep(FAIR + 0.3)  # silence between requests is the keep-alive's matter
        connection.sendall(POST)
        assert read_all(connection).startswith(b"HTTP/1.1 408 ")


def test_a_head_without_end_is_too_large(impatient: Ingest) -> None:
    with impatient.connect() as connection:
        connection.sendall(POST)
        for _ in range(30):
            try:
                connection.sendall(b"X-Padding: " + b"x" * 100 + b"\r\n")
            except ConnectionError:
                break
        assert read_all(connection)[:13] in (b"HTTP/1.1 431 ", b"")  # empty where the reset overtook the answer


def test_a_client_that_goes_away_in_the_middle_leaves_nothing_behind(ingest: Ingest) -> None:
    with ingest.connect() as connection:
        connection.sendall(POST + b"Content-Length: 100\r\n\r\nabc")
        wait_until(lambda: ingest.server.server_state.tasks)
    wait_until(lambda: not ingest.server.server_state.tasks)
    assert ingest.post(event("evt_1")).status_code == 200
    assert ingest.stored() == ["evt_1"]


def test_where_all_connections_are_silent_a_webhook_is_stored_all_the_same(database_url: str) -> None:
    with Ingest(database_url, limits=Limits(connections=2)) as ingest, ingest.connect() as silent, ingest.connect():
        assert ingest.post(event("evt_1")).status_code == 200
        assert read_all(silent) == b""
