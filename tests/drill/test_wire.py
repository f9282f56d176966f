"""A network that can be cut, slowed and silenced."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from proof.drill.wire import Wire


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that says everything back; its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def answer(line: socket.socket) -> None:
        with line, suppress(OSError):
            while piece := line.recv(65_536):
                line.sendall(piece)

    def accept() -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                threads.append(threading.Thread(target=answer, args=(line,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for thread in (accepting, *threads):
        thread.join(10)


@pytest.fixture
def wire(echo: int) -> Iterator[Wire]:
    with Wire(f"redis://:word@127.0.0.1:{echo}/3") as wire:
        yield wire


def connected(wire: Wire) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(wire.url.rpartition(":")[2].split("/")[0])), 10)


def said_back(line: socket.socket, words: bytes = b"hello") -> bytes:
    line.sendall(words)
    found = b""
    while len(found) < len(words) and (piece := line.recv(len(words))):
        found += piece
    return found


def test_it_has_an_address_with_the_same_secrets_and_carries_both_ways(wire: Wire) -> None:
    assert wire.url.startswith("redis://:word@127.0.0.1:")
    assert wire.url.endswith("/3")
    with connected(wire) as one, connected(wire) as other:
        assert said_back(one, b"x" * 300_000) == b"x" * 300_000
        assert said_back(other) == b"hello"


def test_a_cut_ends_connections_and_refuses_new_ones_until_it_is_mended(wire: Wire) -> None:
    with connected(wire) as line:
        assert said_back(line) == b"hello"
        wire.cut()
        with suppress(ConnectionError):
            assert line.recv(1) == b""
        with pytest.raises(ConnectionError):
            connected(wire)
    wire.mend()
    with connected(wire) as line:
        assert said_back(line) == b"hello"


def test_what_is_sent_into_silence_arrives_when_it_is_over(wire: Wire) -> None:
    with connected(wire) as line:
        wire.silence()
        line.sendall(b"hello")
        line.settimeout(0.2)
        with pytest.raises(TimeoutError):
            line.recv(5)
        line.settimeout(10)
        wire.mend()
        assert line.recv(5) == b"hello"


def test_a_slow_wire_takes_its_time_both_ways(wire: Wire) -> None:
    wire.slow(0.1)
    with connected(wire) as line:
        began = time.monotonic()
        assert said_back(line) == b"hello"
        assert time.monotonic() - began >= 0.2
        wire.mend()
        assert said_back(line) == b"hello"


def test_a_far_side_that_is_away_closes_the_near_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with (
        Wire(f"postgresql://name:word@127.0.0.1:{port}/it") as wire,
        connected(wire) as line,
        suppress(ConnectionError),
    ):
        assert line.recv(1) == b""


def test_closing_twice_is_closing_once(wire: Wire) -> None:
    wire.close()
    wire.close()
    with pytest.raises(ConnectionRefusedError):
        connected(wire)
