"""Errors reach Sentry as they stand in the log, and nothing else does."""

import gzip
import io
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import sentry_sdk
import structlog

from runtime.logging import configure_logging
from runtime.reporting import open_sentry, report_to, sentry_event

KEY = "sk_live_" + "x" * 20


def fail(text: str) -> None:
    raise ZeroDivisionError(text)


def test_errors_are_reported_redacted_and_alike_ones_are_one_issue() -> None:
    reported: list[dict[str, Any]] = []
    logs = configure_logging(
        process="worker",
        role="worker",
        version="1",
        now=lambda: datetime(2026, 11, 21, tzinfo=UTC),
        terminal=io.StringIO(),
        also=[report_to(reported.append)],
    )
    try:
        log = structlog.get_logger()
        log.info("payment.completed", session_id="one")
        log.warning("work.put_off")
        for number in range(2):
            try:
                fail(f"buyer{number}@example.com {KEY}")
            except ZeroDivisionError:
                log.exception("message.gave_up", queue="payment_required", session_id=str(number))
    finally:
        logs.close()
    first, second = reported
    assert first["fingerprint"] == second["fingerprint"] == ["message.gave_up", "ZeroDivisionError"]
    assert first["tags"] == {"role": "worker", "process": "worker", "queue": "payment_required"}
    assert first["level"] == "error"
    assert first["extra"]["session_id"] == "0"
    assert "buyer0@" not in str(reported)
    assert KEY not in str(reported)


def test_a_line_without_an_error_is_named_by_itself() -> None:
    event = sentry_event({"level": "critical", "event": "worker.unwell", "problem": "dead threads"})
    assert event is not None
    assert (event["message"], event["level"]) == ({"formatted": "worker.unwell"}, "fatal")
    assert sentry_event({"level": "info", "event": "worker.started"}) is None


class Sentry(BaseHTTPRequestHandler):
    """Takes whatever is reported, and remembers it."""

    told: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.told.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_an_error_reaches_sentry_and_nothing_of_where_it_happened_does() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Sentry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        report = open_sentry(f"http://key@127.0.0.1:{server.server_port}/1", release="1.2.3")
        report({"level": "error", "event": "message.gave_up", "queue": "refunds", "session_id": "one"})
        sentry_sdk.get_client().close(timeout=10)
        server.shutdown()
    (told,) = Sentry.told
    event = json.loads(told.splitlines()[2])
    assert (event["message"], event["release"]) == ({"formatted": "message.gave_up"}, "gavelpay@1.2.3")
    assert event["tags"]["queue"] == "refunds"
    assert not {"exception", "stacktrace", "modules", "request", "user"} & event.keys()
