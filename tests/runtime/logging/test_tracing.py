"""Each payment is one trace, made of the lines of the log."""

import io
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Final, NoReturn

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from domain.ids import uuid7
from domain.tracing import trace_of, traceparent
from runtime.logging import configure_logging
from runtime.tracing import Spans, open_tracing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SESSION = uuid7(NOW - timedelta(seconds=2), lambda bits: (1 << bits) - 3)
TRACE = trace_of(SESSION).to_bytes(16, "big")
ASKED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


#: A worker whose parent has something to tell too; neither sends by itself before it ends.
FORKING: Final = """
import os, sys
import structlog
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.tracing import open_tracing

also = [open_tracing(process="worker", release="1")]
configure_logging(process="w", role="w", version="1", now=SystemClock(), terminal=sys.stderr, also=also)
structlog.get_logger().info("payment.required", session_id=sys.argv[1])
pid = os.fork()
if pid == 0:
    structlog.get_logger().info("payment.completed", session_id=sys.argv[1])
else:
    sys.exit(os.waitpid(pid, 0)[1])
"""


class Collector:
    """Takes spans by OTLP over HTTP."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def taken(self) -> list[Any]:
        """Every span that came."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        scopes = [scope for request in requests for one in request.resource_spans for scope in one.scope_spans]
        return [span for scope in scopes for span in scope.spans]


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Where OpenTelemetry's variables point."""
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    yield collector
    collector.server.shutdown()
    thread.join()
    collector.server.server_close()


@pytest.fixture
def spans(collector: Collector) -> Iterator[Spans]:
    """The log of a worker whose lines become spans."""
    assert collector.url
    tracing = open_tracing(process="worker", release="1")
    logs = configure_logging(
        process="worker", role="worker", version="1", now=lambda: NOW, terminal=io.StringIO(), also=[tracing]
    )
    yield tracing
    logs.close()
    tracing.close()


def test_what_happens_to_a_payment_is_one_trace_that_names_no_secret(collector: Collector, spans: Spans) -> None:
    log, about = structlog.get_logger(), {"session_id": str(SESSION)}
    log.info("worker.started")
    log.info("stripe.called", operation="checkout.create", outcome="ok", seconds=0.25, **about)
    log.info("payment.required", amount="12.50", traceparent=ASKED, **about)
    log.info("notice.done", kind="reminder", outcome="refused", to="ann@example.com", tries=2, data={"a": 1}, **about)
    log.error("notice.torn", **about)
    log.info("payment.required", session_id="no id")
    spans.flush()
    call, root, mail, torn = sorted(collector.taken(), key=lambda span: span.name != "stripe checkout.create")
    assert {span.trace_id for span in (call, root, mail, torn)} == {TRACE}
    assert (root.name, root.parent_span_id, root.span_id) == ("payment.required", b"", TRACE[8:])
    assert {span.parent_span_id for span in (call, mail, torn)} == {root.span_id}
    assert traceparent(SESSION) == f"00-{root.trace_id.hex()}-{root.span_id.hex()}-01"
    assert (call.name, mail.name, torn.name) == ("stripe checkout.create", "notice reminder", "notice.torn")
    assert [link.trace_id.hex() for link in root.links] == [ASKED.split("-")[1]]
    assert call.end_time_unix_nano - call.start_time_unix_nano == 250_000_000
    assert root.end_time_unix_nano - root.start_time_unix_nano == 2_000_000_000
    assert [span.status.code for span in (call, root, mail, torn)] == [0, 0, 2, 2]
    said = {one.key: one.value for one in mail.attributes}
    assert (said["gavelpay.tries"].int_value, said["gavelpay.data"].string_value) == (2, '{"a":1}')
    assert b"ann@example.com" not in b"".join(collector.bodies)


def test_of_payments_that_are_not_sampled_nothing_is_kept(
    collector: Collector, spans: Spans, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.25")
    rng = Random(5)  # noqa: S311 - ids
    sessions = [uuid7(NOW, rng.getrandbits) for _ in range(200)]
    for session in sessions:
        structlog.get_logger().info("payment.required", session_id=str(session))
        structlog.get_logger().info("payment.completed", session_id=str(session))
    spans.flush()
    kept = [span.trace_id for span in collector.taken()]
    assert 30 <= len(set(kept)) <= 70
    assert all(kept.count(trace) == 2 for trace in kept)


def test_forked_processes_send_their_own_spans_at_the_latest_when_they_end(collector: Collector) -> None:
    subprocess.run([sys.executable, "-c", FORKING, str(SESSION)], check=True, timeout=60, capture_output=True)
    assert sorted(span.name for span in collector.taken()) == ["payment.completed", "payment.required"]
    assert {span.trace_id for span in collector.taken()} == {TRACE}


def test_no_line_fails_for_its_span(collector: Collector, spans: Spans) -> None:
    log, about = structlog.get_logger(), {"session_id": str(SESSION)}
    log.info("a {stranger} says } {0:>9999999999}", **about)
    log.info("stripe.called", **about)  # which operation, nobody knows
    log.info("payment.completed", seconds="soon", **about)
    log.info("payment.completed", data={1: 2**70}, **about)
    log.info("payment.completed", **about)
    spans.flush()
    names = [span.name for span in collector.taken()]
    assert names[0] == "a {stranger} says } {0:>9999999999}"
    assert names[-1] == "payment.completed"


def test_a_process_ends_soon_though_its_collector_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        tracing = open_tracing(process="worker", release="1")
        for _ in range(600):
            tracing({"event": "payment.completed", "timestamp": NOW.isoformat(), "session_id": str(SESSION)})
        begun = time.monotonic()
        tracing.close()
    assert time.monotonic() - begun < 15  # as long as nobody kills it for that


def test_where_no_span_can_be_made_the_log_goes_on_and_says_so_once() -> None:
    def no_room() -> NoReturn:
        raise RuntimeError("can't start new thread")

    terminal, tracing = io.StringIO(), Spans(no_room)
    logs = configure_logging(
        process="worker", role="worker", version="1", now=lambda: NOW, terminal=terminal, also=[tracing]
    )
    for _ in range(3):
        structlog.get_logger().info("payment.completed", session_id=str(SESSION))
    logs.close()
    tracing.close()
    assert terminal.getvalue().count("payment.completed") == 3
    assert terminal.getvalue().count("tracing.torn") == 1
