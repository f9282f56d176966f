"""The small server of a process that serves nothing else."""

import socket
import struct
import threading
from collections.abc import Callable
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from gateways.queue.health import HealthServer
from tests.workers.house import wait_until


def served(problem: Callable[[], str | None]) -> HealthServer:
    return HealthServer(CollectorRegistry(), problem, 0).start()


def test_who_asks_and_goes_away_leaves_a_line_of_the_log_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    asked, gone = threading.Event(), threading.Event()

    def problem() -> str | None:
        asked.set()
        gone.wait(10)
        return "x" * 5_000_000

    server = served(problem)
    with capture_logs() as lines:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert asked.wait(10)
            # Closed with something unread, so that the other side is told at once.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.set()
        server.stop()
        wait_until(lambda: bool(lines))
    assert [line["event"] for line in lines] == ["health.asker_gone"]
    assert capfd.readouterr().err == ""


def test_an_answer_that_fails_is_told_with_its_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    def problem() -> str | None:
        raise ZeroDivisionError

    server = served(problem)
    with capture_logs() as lines:
        with pytest.raises((HTTPError, OSError)):
            urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=10)
        server.stop()
        wait_until(lambda: bool(lines))
    (line,) = lines
    assert line["event"] == "health.failed"
    assert isinstance(line["exc_info"], ZeroDivisionError)
    assert capfd.readouterr().err == ""
