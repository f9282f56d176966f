"""The `api` process over real HTTP: listening, bounds, and an orderly stop."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import PIPE, Popen
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from console.limits import Limits
from console.server import build_server, serve
from runtime.serving import CannotListen, listen
from tests.console.calling import Client, wanted
from tests.house import House
from tests.sockets import read_all


@contextmanager
def served(api: FastAPI, limits: Limits | None = None) -> Iterator[str]:
    """The application on a port of its own."""
    listener = listen("api", "127.0.0.1", 0, 8)
    server = build_server(api, limits or Limits())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()


def test_a_checkout_is_created_and_looked_at_over_http(home: House, api: FastAPI, service: Client) -> None:
    with served(api) as url, httpx.Client(base_url=url, headers=service.authorization, timeout=30) as http:
        created = http.post("/payments/checkout/create", json=wanted())
        session = created.json()["paymentSession"]
        status = http.get(f"/payments/checkout/{session['id']}/status")

        assert created.status_code == 201
        assert status.json()["paymentSession"]["status"] == "pending"
        assert b'"amount":275.50' in status.content
        assert "server" not in status.headers


def test_a_body_of_megabytes_is_answered_and_its_connection_survives_the_answer(api: FastAPI, service: Client) -> None:
    with served(api) as url, httpx.Client(base_url=url, headers=service.authorization, timeout=30) as http:
        whole = http.post(
            "/payments/checkout/create", content=b"x" * 5_000_000, headers={"Content-Type": "application/json"}
        )
        after = http.get("/healthz")

    assert whole.status_code == 413
    assert after.status_code == 200


def test_heads_and_bodies_that_do_not_end_and_silence_are_bounded(api: FastAPI, service: Client) -> None:
    post = "POST /payments/checkout/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    post += f"Authorization: {service.authorization['Authorization']}\r\nContent-Length: 99\r\n\r\n{{"
    with served(api, Limits(head_seconds=0.3, read_seconds=0.3, connections=4)) as url, ExitStack() as closing:
        silent = [closing.enter_context(connected(url, b"G")) for _ in range(8)]
        assert httpx.get(f"{url}/healthz").status_code == 200
        assert {read_all(one)[:13] for one in silent} <= {b"", b"HTTP/1.1 408 "}  # those made room, these were too slow
        with capture_logs() as logs, connected(url, post.encode()) as slow:
            assert read_all(slow).startswith(b"HTTP/1.1 408 ")
        assert not logs  # nobody's fault of ours
        with connected(url, b"GET /healthz HTTP/1.1\r\n") as endless, suppress(ConnectionError):
            for _ in range(2000):
                endless.sendall(b"X-Padding: %b\r\n" % (b"x" * 10_000))
            pytest.fail("20 MB of a head were taken")


def connected(url: str, first: bytes) -> socket.socket:
    """A connection that has sent this."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=20)
    connection.sendall(first)
    return connection


def test_a_port_in_use_is_told_in_one_sentence(api: FastAPI) -> None:
    with listen("api", "127.0.0.1", 0, 8) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"^api cannot listen on 127.0.0.1 port {port}: another program listens"):
            serve(api, "127.0.0.1", port)


def test_serving_ends_with_the_signal_to_stop(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from fastapi import FastAPI\n"
        "from console.server import serve\n"
        "serve(FastAPI(), '127.0.0.1', 0, on_listening=lambda port: print(port, flush=True))\n"
        "print('stopped', flush=True)\n"
    )
    root = Path(__file__).parents[2]
    with Popen([sys.executable, program], stdout=PIPE, text=True, env={"PYTHONPATH": str(root)}) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        process.terminate()
        rest, _ = process.communicate(timeout=30)

    assert rest == "stopped\n"
    assert process.returncode == 0
