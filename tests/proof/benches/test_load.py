"""The load generator, against a server of a few lines."""

import threading
import time
from collections.abc import Callable, Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from proof.benches.load.closed import drive
from proof.benches.load.open import pace
from proof.benches.load.plan import Plan, Result
from proof.benches.load.slow import dawdle


def request(number: int) -> bytes:
    body = b"n" * 40
    return b"POST /%d HTTP/1.1\r\nContent-Length: 40\r\n\r\n" % number + body


class Server(ThreadingTCPServer):
    """Answers in two pieces; each seventh request is answered 500, each eleventh not at all."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.port: int = self.server_address[1]
        self.numbers: list[int] = []
        self.seconds = 0.0


class Conversation(StreamRequestHandler):
    """One connection."""

    server: Server

    def handle(self) -> None:
        while head := self.rfile.readline():
            number = int(head.split()[1][1:])
            while self.rfile.readline().strip():
                pass
            self.rfile.read(40)
            self.server.numbers.append(number)
            time.sleep(self.server.seconds)
            if number % 11 == 10:
                return
            status = b"500 No" if number % 7 == 6 else b"200 OK"
            self.wfile.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 4\r\n\r\nab")
            time.sleep(0.0005)
            self.wfile.write(b"cd")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("way", [drive, pace, dawdle])
def test_every_request_is_accounted_for(server: Server, way: Callable[[Plan], Result]) -> None:
    plan = Plan(server.port, request, seconds=0.2, connections=4, first=7, rate=200.0 if way is pace else 0.0)
    result = way(plan)

    assert sorted(server.numbers) == list(range(7, 7 + result.sent))
    assert result.answers.total() == result.sent
    assert result.answers[0] == sum(number % 11 == 10 for number in server.numbers)


def test_so_many_requests_and_no_more(server: Server) -> None:
    result = drive(Plan(server.port, request, seconds=1e9, connections=8, requests=5, prepared=3))

    assert sorted(server.numbers) == [0, 1, 2, 3, 4]
    assert result.complaints() == []
    assert len(result.latencies) == 5


def test_what_waits_for_a_free_connection_counts_from_when_it_was_due(server: Server) -> None:
    server.seconds = 0.02  # one connection bears 50 a second at most, and is asked for 200
    result = pace(Plan(server.port, lambda number: request(0), seconds=0.15, connections=1, rate=200.0))

    assert result.sent > 15
    assert max(result.latencies) > 0.2  # those at the end waited for all before them
    assert min(result.latencies) >= 0.02
