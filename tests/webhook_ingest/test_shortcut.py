"""Webhooks that come in one piece, as nearly all do: they pass by ASGI, and nothing of what is promised is lost."""

import socket
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from console.problems import Problem
from tests.webhook_ingest.harness import PATIENCE, Ingest, event, locked_inbox, read_all, signature, wait_until
from webhook_ingest.limits import Limits
from webhook_ingest.webhook import WEBHOOK_PATH

PROBE = b"GET /healthz HTTP/1.1\r\nHost: ingest\r\n\r\n"


def request(ingest: Ingest, body: bytes, *more: bytes, header: str | None = None, version: bytes = b"1.1") -> bytes:
    """A whole webhook, rightly signed unless a header is given."""
    signed = signature(body, ingest.clock.now) if header is None else header
    head = (b"POST %b HTTP/%b" % (WEBHOOK_PATH.encode(), version), b"Host: ingest", b"Content-Length: %d" % len(body))
    return b"\r\n".join([*head, b"Stripe-Signature: %b" % signed.encode(), *more, b"", body])


def status(connection: socket.socket) -> bytes:
    """The status of the next answer."""
    got = b""
    while b"\r\n\r\n" not in got or not got.endswith(b"}"):
        got += connection.recv(10_000)
    assert b"\r\ndate: " in got
    return got[9:12]


def test_one_connection_carries_any_number_of_them_good_and_bad(ingest: Ingest) -> None:
    with ingest.connect() as connection:
        told = []
        for header in (None, "t=1,v1=00", None, ""):
            connection.sendall(request(ingest, event(f"evt_{len(told)}"), header=header))
            told.append(status(connection))
        connection.sendall(request(ingest, b"{}"))
        assert [*told, status(connection)] == [b"200", b"400", b"200", b"400", b"400"]
    assert ingest.stored() == ["evt_0", "evt_2"]
    assert ingest.counts.failures == {"wrong": 1, "missing": 1}
    assert ingest.counts.outcomes == {("checkout.session.completed", "stored"): 2, ("unknown", "not_an_event"): 1}


def test_it_has_no_task_and_its_commit_is_waited_for(ingest: Ingest) -> None:
    with ingest.connect() as connection:
        with locked_inbox(ingest.url):
            connection.sendall(request(ingest, event("evt_1")))
            wait_until(lambda: ingest.app.committer.waiting)
            assert not ingest.server.server_state.tasks
            connection.settimeout(0.1)
            with pytest.raises(TimeoutError):
                connection.recv(1)
        connection.settimeout(None)
        assert status(connection) == b"200"
    assert ingest.stored() == ["evt_1"]


def test_what_is_sent_without_waiting_for_answers_is_answered_in_its_order(ingest: Ingest) -> None:
    good, bad = request(ingest, event("evt_1")), request(ingest, event("evt_2"), header="t=1,v1=00")
    answers = ingest.raw(good + bad + good + request(ingest, event("evt_3"), b"Connection: close"))
    assert [answer[:3] for answer in answers.split(b"HTTP/1.1 ")[1:]] == [b"200", b"400", b"200", b"200"]
    assert ingest.raw(good + PROBE).split(b"\r\n\r\n")[-1] == b'{"status": "alive"}'
    assert ingest.stored() == ["evt_1", "evt_3"]


@pytest.mark.parametrize(("more", "version"), [((b"Connection: close",), b"1.1"), ((), b"1.0")])
def test_whoever_wants_no_more_is_let_go_with_the_answer(
    ingest: Ingest, more: tuple[bytes, ...], version: bytes
) -> None:
    answer = ingest.raw(request(ingest, event("evt_1"), *more, version=version))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nconnection: close\r\n" in answer


def test_a_body_in_pieces_takes_the_long_way(ingest: Ingest) -> None:
    whole = request(ingest, event("evt_1"), b"Connection: close")
    with ingest.connect() as connection:
        connection.sendall(whole[:-50])
        wait_until(lambda: ingest.server.server_state.tasks)
        connection.sendall(whole[-50:])
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")
    assert ingest.stored() == ["evt_1"]


def test_errors_are_problems_as_those_of_the_api_whichever_way_they_take(ingest: Ingest) -> None:
    wrong = request(ingest, event("evt_1"), b"Connection: close", header="t=1,v1=00")
    short = ingest.raw(wrong)
    with ingest.connect() as connection:
        connection.sendall(wrong[:-50])
        wait_until(lambda: ingest.server.server_state.tasks)
        connection.sendall(wrong[-50:])
        long = read_all(connection)

    assert b"\r\ncontent-type: application/problem+json\r\n" in short
    assert (heads(short), short.split(b"\r\n\r\n")[1]) == (heads(long), long.split(b"\r\n\r\n")[1])
    told = orjson.loads(short.split(b"\r\n\r\n")[1])
    said = {"error": "bad_signature", "message": "None of our secrets fits the Stripe-Signature header."}
    assert told == Problem(400, said["error"], said["message"]).document() | said


def heads(answer: bytes) -> set[bytes]:
    """The lines before the body, but for the time."""
    return {line for line in answer.split(b"\r\n\r\n")[0].split(b"\r\n") if not line.startswith(b"date:")}


def test_a_client_that_does_not_wait_for_its_answer_disturbs_nobody(ingest: Ingest) -> None:
    with locked_inbox(ingest.url):
        with ingest.connect() as connection:
            connection.sendall(request(ingest, event("evt_1")))
            wait_until(lambda: ingest.app.committer.waiting)
        wait_until(lambda: not ingest.server.server_state.connections)
    assert ingest.post(event("evt_2")).status_code == 200
    assert ingest.stored() == ["evt_1", "evt_2"]


def test_a_commit_that_takes_too_long_is_503_and_no_second_answer_comes(database_url: str) -> None:
    with Ingest(database_url, limits=Limits(store_seconds=0.3)) as ingest, ingest.connect() as connection:
        with locked_inbox(database_url):
            connection.sendall(request(ingest, event("evt_1")))
            assert status(connection) == b"503"
        wait_until(lambda: ingest.app.committer.waiting == 0)
        connection.sendall(request(ingest, event("evt_1"), b"Connection: close"))
        assert read_all(connection).count(b"HTTP/1.1 ") == 1
        assert sum(ingest.counts.outcomes.values()) == 2


@pytest.mark.parametrize(("stop_seconds", "told"), [(25, b"200"), (1, b"503")])
def test_a_stop_finishes_what_is_under_way_or_tells_that_it_could_not(
    database_url: str, stop_seconds: int, told: bytes
) -> None:
    limits = Limits(stop_seconds=stop_seconds, commit_seconds=0.1)
    with Ingest(database_url, limits=limits) as ingest, ingest.connect() as connection, ThreadPoolExecutor(1) as pool:
        with locked_inbox(database_url):
            connection.sendall(request(ingest, event("evt_1")))
            wait_until(lambda: ingest.app.committer.waiting)
            stopped = pool.submit(ingest.stop)
            if told == b"503":
                stopped.result()
        assert read_all(connection)[9:12] == told
        ingest.app.committer._thread.join(PATIENCE)  # it stores what it could not tell of


def test_where_all_connections_wait_for_us_more_are_answered_503(database_url: str) -> None:
    with Ingest(database_url, limits=Limits(connections=2)) as ingest, ingest.connect() as busy:
        with locked_inbox(database_url):
            busy.sendall(request(ingest, event("evt_1")))
            wait_until(lambda: ingest.app.committer.waiting)
            assert ingest.raw(request(ingest, event("evt_2"))).startswith(b"HTTP/1.1 503 ")
        assert status(busy) == b"200"
        assert ingest.stored() == ["evt_1"]
