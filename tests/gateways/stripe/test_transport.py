"""What happens between us and Stripe: silence, garbage, slowness, and connections that were closed behind our back."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from domain.errors import GatewayFaulted, GatewayUnavailable
from gateways.stripe.connections import REST, Connection
from gateways.stripe.failures import Unreachable
from gateways.stripe.gateway import Opened
from gateways.stripe.transport import written
from sandbox.embedded.ports import free_port
from tests.certificates import serving_as
from tests.gateways.stripe.builders import (
    attempt,
    http,
    now,
    recorded,
    request_of,
    session,
    talking_to,
    wire,
)

ACCOUNT = b'{"object": "account", "id": "acct_1"}'
#: Seconds for one answer in these tests.
TIMEOUT = 0.5
OPENED = Opened("cs_1", None, "https://pay.example", None, None, now())


def saying(answer: bytes) -> Callable[[socket.socket, int], None]:
    return lambda connection, _: connection.sendall(answer)


def failure_of(answer: Callable[[socket.socket, int], None]) -> GatewayUnavailable:
    with wire(answer) as server, talking_to(server.url, timeout=TIMEOUT) as stripe:
        with pytest.raises(GatewayUnavailable) as raised:
            stripe.ping()
        assert server.requests == 1, "nothing is repeated down here"
    return raised.value


GARBAGE = [
    pytest.param(b"<html>Bad gateway</html>", id="HTML"),
    pytest.param(b'{"object": "account", "id": "ac', id="truncated JSON"),
    pytest.param(b"", id="nothing"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b'"text"', id="a string"),
    pytest.param(b"{}", id="an empty object"),
    pytest.param(b'{"error": null}', id="an error without details"),
    pytest.param(b'{"error": "invalid_client"}', id="an error of another protocol"),
    pytest.param(b'{"error": {"message": "\xff\xfe"}}', id="bytes that are no text"),
    pytest.param(b"[" * 100_000, id="a tower of brackets"),
    pytest.param(b'{"object": 7}', id="an object of no kind"),
]


@pytest.mark.parametrize("body", GARBAGE)
@pytest.mark.parametrize("status", ["200 OK", "302 Found", "400 Bad Request", "401 No", "404 Not Found", "429 Slow"])
def test_an_answer_that_is_none_of_stripes_is_an_unknown_outcome(status: str, body: bytes) -> None:
    failure = failure_of(saying(http(status, body, "Location: https://portal.example/")))
    assert type(failure) is GatewayUnavailable
    assert len(str(failure)) < 200, "a page is no message"


@pytest.mark.parametrize("body", GARBAGE)
@pytest.mark.parametrize("status", ["500 Oops", "502 Bad Gateway", "503 Away"])
def test_a_broken_proxy_is_a_fault(status: str, body: bytes) -> None:
    failure = failure_of(saying(http(status, body, "Retry-After: 4")))
    assert type(failure) is GatewayFaulted
    assert failure.retry_after == 4.0


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"SSH-2.0-OpenSSH_9\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Len", id="half a head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + ACCOUNT, id="half a body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="broken chunks"),
        pytest.param(http("200 OK", ACCOUNT, "Content-Encoding: gzip"), id="not compressed"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 70_000 + b"\r\n\r\n", id="an endless header"),
    ],
)
def test_an_answer_cut_short_is_an_unknown_outcome(answer: bytes) -> None:
    def say(connection: socket.socket, _: int) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)

    assert type(failure_of(say)) is GatewayUnavailable


@pytest.mark.parametrize(
    "body",
    [b'{"object": "checkout.session"}', b'{"object": "coffee"}', b'{"object": "list", "data": [], "has_more": true}'],
)
def test_an_answer_that_lacks_what_it_must_tell_is_a_fault(body: bytes) -> None:
    paying = session()
    asked = recorded(attempt(paying), OPENED)
    with wire(saying(http("200 OK", body))) as server, talking_to(server.url) as stripe:
        for call in (
            lambda: stripe.open(asked.kind, {}, idempotency_key="k1"),
            lambda: stripe.find([asked]),
            lambda: stripe.close(asked, idempotency_key="k2"),
            lambda: stripe.look_up(asked),
            lambda: stripe.list_movements(created_from=now(), created_to=now(), after=None),
            lambda: stripe.list_events([], created_from=now(), created_to=now(), after=None),
            lambda: stripe.refund({}, idempotency_key="k3"),
        ):
            with pytest.raises(GatewayFaulted, match="cannot be read"):
                call()


@pytest.mark.parametrize("seconds", ["-5", "nan", "inf", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_a_retry_after_that_means_nothing_is_none(seconds: str) -> None:
    answer = http("503 Away", b'{"error": {"message": "later"}}', f"Retry-After: {seconds}")
    assert failure_of(saying(answer)).retry_after is None


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_silence_is_bounded() -> None:
    assert type(failure_of(lambda *_: None)) is GatewayUnavailable


@pytest.mark.parametrize("slow", ["head", "body", "chunks"])
def test_an_answer_that_drips_is_bounded_as_a_whole(let_go: threading.Event, slow: str) -> None:
    def drip(connection: socket.socket, _: int) -> None:
        starts = {
            "head": b"HTTP/1.1 200 OK\r\nX: ",
            "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
            "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        }
        connection.sendall(starts[slow])
        with suppress(OSError):
            while not let_go.wait(0.02):
                connection.sendall(b"1\r\nx\r\n" if slow == "chunks" else b"x")

    # Each byte comes well within the time of one read, so that only the whole can be too slow.
    assert type(failure_of(drip)) is GatewayUnavailable


def test_where_nobody_listens_nothing_was_sent() -> None:
    with talking_to(f"http://127.0.0.1:{free_port()}") as stripe, pytest.raises(Unreachable):
        stripe.ping()


def test_connections_are_kept_and_shared_by_threads() -> None:
    with wire(saying(http("200 OK", ACCOUNT))) as server, talking_to(server.url) as stripe:
        for _ in range(20):
            stripe.ping()
        assert server.connections == 1

        threads = [threading.Thread(target=stripe.ping) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.requests == 28


def test_a_connection_closed_while_it_rested_costs_no_answer() -> None:
    closed = threading.Event()

    def say_and_close(connection: socket.socket, _: int) -> None:
        connection.sendall(http("200 OK", ACCOUNT))
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    with wire(say_and_close) as server, talking_to(server.url) as stripe:
        for _ in range(5):
            closed.clear()
            assert stripe.ping()["object"] == "account"
            assert closed.wait(10)
        assert server.connections == 5


def test_a_connection_that_rested_long_is_not_trusted() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = Connection(ours)
        assert connection.is_fit
        connection.used_at -= REST
        assert not connection.is_fit


def test_a_connection_on_which_somebody_spoke_unasked_is_not_trusted() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"x")
        assert not Connection(ours).is_fit


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            http("200 OK", ACCOUNT).replace(b"Content-Length", b"X-Length"), id="that ends with the connection"
        ),
        pytest.param(b"HTTP/1.1 102 Processing\r\n\r\n" + http("200 OK", ACCOUNT), id="after another"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"%x\r\n%s\r\n0\r\n\r\n" % (len(ACCOUNT), ACCOUNT),
            id="in chunks",
        ),
    ],
)
def test_an_answer_is_read_however_it_is_told(answer: bytes) -> None:
    def say(connection: socket.socket, _: int) -> None:
        for at in range(0, len(answer), 7):
            connection.sendall(answer[at : at + 7])
        connection.shutdown(socket.SHUT_WR)

    with wire(say) as server, talking_to(server.url, timeout=TIMEOUT) as stripe:
        assert stripe.ping()["id"] == "acct_1"


def test_two_answers_to_one_request_are_none() -> None:
    assert type(failure_of(saying(2 * http("200 OK", ACCOUNT)))) is GatewayUnavailable


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\0b", "\N{SNOWMAN}"])
def test_a_header_is_one_line_of_text(value: str) -> None:
    with pytest.raises(ValueError, match=r"line break|latin-1"):
        written("post", "api", "/v1", {"Idempotency-Key": value}, None)


@pytest.mark.parametrize("trusted", [True, False])
def test_nothing_is_sent_to_a_server_that_cannot_say_who_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, trusted: bool
) -> None:
    context = serving_as("api.example", tmp_path / "server.pem")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    with wire(saying(http("200 OK", ACCOUNT)), context) as server:
        with talking_to(server.url.replace("http:", "https:"), timeout=TIMEOUT) as stripe:
            if trusted:
                assert [stripe.ping()["id"] for _ in range(3)] == ["acct_1"] * 3
            else:
                with pytest.raises(Unreachable):
                    stripe.ping()
        assert (server.requests, server.connections) == (3 * trusted, 1)


def test_an_answer_that_was_cut_short_leaves_no_connection_behind() -> None:
    def answer(connection: socket.socket, number: int) -> None:
        whole = http("200 OK", ACCOUNT)
        connection.sendall(whole[:-9] if number == 1 else whole)

    with wire(answer) as server, talking_to(server.url, timeout=TIMEOUT) as stripe:
        with pytest.raises(GatewayUnavailable):
            stripe.ping()
        assert stripe.ping()["object"] == "account"
        assert server.connections == 2


def test_a_post_is_sent_whole_and_once() -> None:
    paying = session(title="x" * 5000, description="y" * 5000)
    asked = attempt(paying)
    with wire(saying(http("500 Oops", b"{}"))) as server, talking_to(server.url) as stripe:
        with pytest.raises(GatewayFaulted):
            stripe.open(asked.kind, request_of(paying, asked), idempotency_key=asked.idempotency_key)
        assert server.requests == 1


def test_a_search_that_does_not_end_is_no_answer() -> None:
    page = b'{"object": "list", "has_more": true, "data": [{"object": "checkout.session", "id": "cs_1"}]}'
    with wire(saying(http("200 OK", page))) as server, talking_to(server.url) as stripe:
        with pytest.raises(GatewayUnavailable, match="more than 200 pages"):
            stripe.find([attempt(session())])
        assert server.requests == 200
