"""Heads, bodies and silence over real sockets, before an application that does nothing."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from runtime.bounded_http import HttpLimits, bounded_by
from runtime.serving import listen
from tests.sandbox.processes import eventually
from tests.sockets import read_all

BRISK = HttpLimits(head_seconds=0.2, read_seconds=0.2, head_bytes=4000, connections=8)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
WAIT = b"GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
#: More than the buffers of the kernel take.
LONG = 8_000_000
PATIENCE = 20.0


@dataclass
class Application:
    """Reads the body of what is posted to `/read`, waits at `/wait` until it is told, and answers."""

    may_answer: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        more = scope["path"] == "/read"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            more = message["more_body"]
        if scope["path"] == "/wait":
            self.waiting.release()
            await asyncio.to_thread(self.may_answer.wait, PATIENCE)
        body = b"ok" if scope["path"] != "/long" else b"x" * LONG
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})


class Served:
    """The application on a port of its own."""

    def __init__(self, limits: HttpLimits) -> None:
        self.application = Application()
        listener = listen("test", "127.0.0.1", 0, 64)
        self._address = listener.getsockname()
        config = uvicorn.Config(
            self.application,
            http=bounded_by(limits),
            lifespan="off",
            log_config=None,
            access_log=False,
            limit_concurrency=limits.connections,
            timeout_keep_alive=limits.keep_alive_seconds,
        )
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]})
        self._thread.start()

    def stop(self) -> None:
        self.application.may_answer.set()
        self.server.should_exit = True
        self._thread.join(PATIENCE)

    def connect(self, first: bytes = b"") -> socket.socket:
        connection = socket.create_connection(self._address, timeout=PATIENCE)
        connection.sendall(first)
        return connection

    def raw(self, *pieces: bytes) -> bytes:
        """All that comes back until the server closes."""
        with self.connect() as connection:
            for piece in pieces:
                with suppress(ConnectionError):
                    connection.sendall(piece)
            return read_all(connection)


@contextmanager
def serving(limits: HttpLimits) -> Iterator[Served]:
    served = Served(limits)
    try:
        yield served
    finally:
        served.stop()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(BRISK) as served:
        yield served


def test_who_says_nothing_is_let_go(served: Served) -> None:
    assert served.raw() == b""


@pytest.mark.parametrize("first", [b"G", GET[:-2]])
def test_a_head_that_stalls_gets_408(served: Served, first: bytes) -> None:
    assert served.raw(first).startswith(b"HTTP/1.1 408 ")


def test_a_head_without_end_gets_431(served: Served) -> None:
    endless = [b"X-%d: " % number + b"x" * 1000 + b"\r\n" for number in range(30)]
    assert served.raw(GET[:-2], *endless)[:13] in (b"HTTP/1.1 431 ", b"")  # empty where a reset overtook the answer


@pytest.mark.parametrize(
    "beside", [[b"X: " + b"x" * 1000 + b"\r\n"] * 30, [b"x" * 1000] * 30], ids=["many headers", "one without end"]
)
def test_headers_after_the_last_chunk_are_bounded_as_heads_are(served: Served, beside: list[bytes]) -> None:
    head = b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert served.raw(head, b"0\r\nT: ", *beside)[:13] in (b"HTTP/1.1 431 ", b"")


def test_a_long_body_in_chunks_is_no_long_head(served: Served) -> None:
    head = b"POST /read HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = [piece for _ in range(50) for piece in (b"3e8\r\n", b"x" * 1000 + b"\r\n")]
    assert served.raw(head, *chunks, b"0\r\n\r\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", [b"/read", b"/"])
def test_a_body_that_does_not_come_ends_the_connection(served: Served, path: bytes) -> None:
    answer = served.raw(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
    assert answer[:13] == {b"/read": b"HTTP/1.1 408 ", b"/": b"HTTP/1.1 200 "}[path]
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("more", [b"", b"Connection: upgrade\r\nUpgrade: websocket\r\n"])
def test_a_byte_that_begins_no_request_does_not_keep_a_connection(served: Served, more: bytes) -> None:
    with served.connect(GET[:-2] + more + b"\r\n") as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"\r\n")
        assert read_all(connection) == b""


def test_whoever_waits_for_us_is_on_no_clock() -> None:
    with serving(BRISK) as served, served.connect(WAIT) as connection:
        time.sleep(0.3)
        served.application.may_answer.set()
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")


def test_silent_and_idle_connections_give_way_to_a_request() -> None:
    with serving(HttpLimits(connections=8)) as served, ExitStack() as closing:
        silent = [closing.enter_context(served.connect(first)) for first in (b"", b"G") * 5]
        time.sleep(0.01)  # the loop's clock knows no less than milliseconds
        for _ in range(10):  # and idle ones, once they are answered
            idle = closing.enter_context(served.connect(GET))
            assert idle.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert [read_all(one) for one in silent] == [b""] * 10


def test_answers_that_are_not_read_give_way_as_well() -> None:
    with serving(HttpLimits(connections=3)) as served, ExitStack() as closing:
        for _ in range(4):  # each waits with a second answer until the first is read
            unread = closing.enter_context(served.connect(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n" * 2))
            assert unread.recv(1) == b"H"

        def is_answered() -> bool:
            with served.connect(GET) as late:
                return late.recv(1000).startswith(b"HTTP/1.1 200 ")

        eventually(is_answered)  # the server learns that nobody reads when it cannot write any more


def test_a_client_that_reads_nothing_is_known_to_the_kernel() -> None:
    with listen("test", "127.0.0.1", 0, 1) as listener, socket.create_connection(listener.getsockname()):
        taken, _ = listener.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


def test_with_requests_under_way_on_all_connections_more_get_503() -> None:
    with serving(HttpLimits(connections=3)) as served, ExitStack() as closing:
        busy = [closing.enter_context(served.connect(WAIT)) for _ in range(2)]
        for _ in busy:
            assert served.application.waiting.acquire(timeout=PATIENCE)
        with served.connect(GET) as late:
            assert late.recv(1000).startswith(b"HTTP/1.1 503 ")
        served.application.may_answer.set()
        assert [read_all(one)[:13] for one in busy] == [b"HTTP/1.1 200 "] * 2
