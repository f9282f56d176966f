"""What is noted about payments is counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from domain.ids import SessionId
from domain.messaging import OutgoingEvent, StoredEvent
from domain.payment import Note
from domain.session import PaymentSession
from runtime.metrics import declare_metrics
from runtime.observing import COUNTS, MetricsObserver

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SESSION = PaymentSession(
    id=SessionId(UUID(int=1)),
    auction_id="a",
    buyer_id="b",
    maker_id="m",
    intake_key="a:b",
    policy="standard",
    amount_minor=100,
    currency="USD",
    created_at=NOW,
    updated_at=NOW,
    window_expires_at=NOW,
    window_started_at=NOW - timedelta(seconds=90),
)
HEARD = StoredEvent(
    id=UUID(int=2),
    stripe_event_id="evt_1",
    type="charge.updated",
    created=NOW,
    livemode=False,
    account=None,
    session_id=SESSION.id,
    object_id="ch_1",
    body=b"{}",
    source="webhook",
    received_at=NOW,
)
TOLD = OutgoingEvent(UUID(int=3), "auction.payment_completed", "a", 1, SESSION.id, {}, NOW)


@pytest.mark.parametrize(
    ("action", "data", "sample", "labels"),
    [
        ("checkout_completed", {}, "payments_checkout_session_completed_total", {"policy": "standard"}),
        ("checkout_completed", {}, "payments_time_to_pay_seconds_sum", {}),
        (
            "payment_declined",
            {"code": "expired_card"},
            "payments_checkout_session_failed_total",
            {"policy": "standard", "reason": "expired_card"},
        ),
        ("risk_alert", {"kind": "fraud_warning"}, "payments_risk_alerts_total", {"kind": "fraud_warning"}),
        ("payment_expired", {}, "payments_window_expired_total", {}),
        ("window_extended", {}, "payments_window_extension_total", {}),
        ("window_extended", {}, "payments_window_override_total", {}),
        ("payment_canceled", {}, "payments_window_override_total", {}),
        ("refund_succeeded", {}, "payments_refunds_total", {}),
        ("refund_failed", {}, "payments_refund_failures_total", {}),
        ("refund_refused", {}, "payments_refund_failures_total", {}),
        ("dispute_changed", {"after": "lost"}, "payments_disputes_total", {"status": "lost"}),
        ("retry_initiated", {}, "payments_retry_initiated_total", {}),
        ("checkout_created", {"cause": "retry"}, "payments_retry_attempts_total", {}),
        ("checkout_refused", {"cause": "retry"}, "payments_retry_failures_total", {}),
        ("authentication_requested", {}, "payments_authentication_total", {"result": "requested"}),
        ("authentication_result", {"result": "failed"}, "payments_authentication_total", {"result": "failed"}),
    ],
)
def test_a_note_is_counted(action: str, data: dict[str, Any], sample: str, labels: dict[str, str]) -> None:
    registry = CollectorRegistry()
    observer = MetricsObserver(declare_metrics(registry, of_process=False))
    observer.noted([(SESSION, Note(action, NOW, "system", data))])
    assert registry.get_sample_value(sample, labels) == (90 if sample.endswith("_sum") else 1)


def test_first_attempts_are_no_retries_and_other_notes_count_nothing() -> None:
    registry = CollectorRegistry()
    observer = MetricsObserver(declare_metrics(registry, of_process=False))
    for action in ("checkout_created", "checkout_refused", "fee_recorded"):
        observer.noted([(SESSION, Note(action, NOW, "system", {"cause": "first"}))])
    assert registry.get_sample_value("payments_retry_attempts_total") == 0
    assert registry.get_sample_value("payments_retry_failures_total") == 0
    assert "fee_recorded" not in COUNTS


def test_events_webhooks_calls_and_deliveries_are_counted() -> None:
    registry = CollectorRegistry()
    observer = MetricsObserver(declare_metrics(registry, of_process=False))
    for status in ("done", "set_aside"):
        observer.event_processed(replace(HEARD, status=status), 0.5)
    observer.received("charge.updated", "stored")
    observer.signature_failure("wrong")
    observer.stripe_called("refund.create", "ok", 0.1)
    observer.delivered("auction", TOLD, "sent", 0.1)
    value = registry.get_sample_value
    assert value("payments_deliveries_total", {"endpoint": "auction", "outcome": "sent"}) == 1
    assert value("payments_webhook_lag_seconds_count") == 2
    assert value("payments_webhook_received_total", {"type": "charge.updated", "outcome": "set_aside"}) == 1
    assert value("payments_webhook_signature_failures_total") == 1
    assert value("payments_stripe_request_seconds_count", {"operation": "refund.create", "outcome": "ok"}) == 1


@pytest.mark.parametrize(
    ("action", "level"), [("risk_alert", "warning"), ("risk_hold", "warning"), ("fee_recorded", "info")]
)
def test_what_a_person_should_see_is_a_warning(action: str, level: str) -> None:
    observer = MetricsObserver(declare_metrics(CollectorRegistry(), of_process=False))
    with capture_logs() as lines:
        observer.noted([(SESSION, Note(action, NOW, "system", {"kind": "fraud_warning"}))])
    assert [(line["event"], line["log_level"]) for line in lines] == [(f"payment.{action}", level)]
