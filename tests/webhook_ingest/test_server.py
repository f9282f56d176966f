"""The process: its port, its end."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from runtime.serving import CannotListen, listen
from tests.webhook_ingest.harness import (
    PATIENCE,
    event,
    locked_inbox,
    signature,
    stored,
    wait_until,
    waiting_for_locks,
)
from webhook_ingest.webhook import WEBHOOK_PATH

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("ingest_process.py")
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(database_url: str) -> Iterator[Start]:
    """Starts ingest processes that do not outlive the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(port: int = 0, *more: str) -> "subprocess.Popen[str]":
        started.append(
            subprocess.Popen(
                [sys.executable, "-W", "error", str(PROGRAM), database_url, str(port), *more],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate(timeout=PATIENCE)


def port_of(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def post(client: httpx.Client, name: str) -> int:
    body = event(name)
    headers = {"stripe-signature": signature(body, datetime.now(UTC))}
    try:
        return client.post(WEBHOOK_PATH, content=body, headers=headers).status_code
    except httpx.TransportError:
        return 0


@pytest.fixture
def client_of() -> Iterator[Callable[[int], httpx.Client]]:
    clients: list[httpx.Client] = []

    def make(port: int) -> httpx.Client:
        clients.append(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_stop_finishes_what_is_under_way(
    start: Start, client_of: Callable[[int], httpx.Client], database_url: str, number: signal.Signals
) -> None:
    process = start()
    client = client_of(port_of(process))
    with ThreadPoolExecutor(10) as pool:
        with locked_inbox(database_url):
            under_way = [pool.submit(post, client, f"evt_{index}") for index in range(10)]
            wait_until(lambda: waiting_for_locks(database_url))
            process.send_signal(number)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
        answered = {f"evt_{index}": one.result() for index, one in enumerate(under_way)}
    assert process.wait(PATIENCE) == 0
    assert 200 in answered.values()
    assert {name for name, status in answered.items() if status == 200} <= set(stored(database_url))
    assert set(answered.values()) <= {200, 0}  # 0: not accepted any more


def test_under_load_nothing_that_was_answered_200_is_lost_by_a_stop(
    start: Start, client_of: Callable[[int], httpx.Client], database_url: str
) -> None:
    process = start()
    client = client_of(port_of(process))
    answered: dict[str, int] = {}

    def send(worker: int) -> None:
        for number in range(10_000):
            name = f"evt_{worker}_{number}"
            answered[name] = post(client, name)
            if answered[name] != 200:
                return

    with ThreadPoolExecutor(8) as pool:
        for worker in range(8):
            pool.submit(send, worker)
        wait_until(lambda: len(answered) > 100)
        process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert {name for name, status in answered.items() if status == 200} <= set(stored(database_url))


def test_what_cannot_be_finished_in_time_gets_503_and_the_process_ends(
    start: Start, client_of: Callable[[int], httpx.Client], database_url: str
) -> None:
    process = start(0, "1")
    client = client_of(port_of(process))
    with ThreadPoolExecutor(1) as pool, locked_inbox(database_url):
        under_way = pool.submit(post, client, "evt_1")
        wait_until(lambda: waiting_for_locks(database_url))
        process.send_signal(signal.SIGTERM)
        assert under_way.result() == 503
        assert process.wait(PATIENCE) == 0


def test_a_port_in_use_is_one_clear_sentence_and_a_failure(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(port)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert said.strip() == f"ingest cannot listen on 127.0.0.1 port {port}: another program listens there already"


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("192.0.2.1", 0, "this machine does not have that address"),
        ("256.0.0.1", 0, "cannot listen on 256.0.0.1"),
    ],
)
def test_an_address_that_cannot_be_had_is_told(host: str, port: int, reason: str) -> None:
    with pytest.raises(CannotListen, match=reason):
        listen("ingest", host, port, 128)


def test_importing_has_no_side_effect() -> None:
    program = (
        "import threading, signal; before = signal.getsignal(signal.SIGTERM)\n"
        "import webhook_ingest.server\n"
        "assert threading.active_count() == 1 and signal.getsignal(signal.SIGTERM) == before"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, timeout=PATIENCE)
