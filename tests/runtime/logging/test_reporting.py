"""Errors reach Sentry as they stand in the log, and nothing else does."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from click.testing import CliRunner

from cli.main import main
from runtime.logging import configure_logging
from runtime.reporting import report_to, sentry_event

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


def test_without_its_library_a_process_says_so_and_does_not_start() -> None:
    try:
        import sentry_sdk  # noqa: F401, PLC0415 - whether it is there is the question
    except ImportError:
        pass
    else:
        pytest.skip("Sentry's library is installed")
    result = CliRunner().invoke(main, ["scheduler"], env={"SENTRY_DSN": "https://key@sentry.example/1"})
    assert result.exit_code == 1
    assert "pip install sentry-sdk" in result.output
