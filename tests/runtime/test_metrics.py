"""The metrics have the contract's names and live on a registry of their own."""

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from runtime.metrics import declare_metrics, exposition

NAMES = {
    "payments_checkout_session_completed_total": {"policy"},
    "payments_checkout_session_failed_total": {"policy", "reason"},
    "payments_window_expired_total": set(),
    "payments_retry_initiated_total": set(),
    "payments_retry_attempts_total": set(),
    "payments_retry_failures_total": set(),
    "payments_webhook_lag_seconds_bucket": {"le"},
    "payments_webhook_received_total": {"type", "outcome"},
    "payments_webhook_signature_failures_total": set(),
    "payments_stripe_request_seconds_bucket": {"operation", "outcome", "le"},
    "payments_stripe_circuit_open": set(),
    "payments_refunds_total": set(),
    "payments_risk_alerts_total": {"kind"},
    "payments_refund_failures_total": set(),
    "payments_disputes_total": {"status"},
    "payments_time_to_pay_seconds_bucket": {"le"},
    "payments_window_mirror_repairs_total": {"kind"},
    "payments_window_mirror_compared_timestamp_seconds": set(),
}


def test_what_a_process_counts_is_exposed_by_its_name_and_labels() -> None:
    metrics = declare_metrics(CollectorRegistry())
    metrics.sessions_completed.labels(policy="standard").inc()
    metrics.sessions_failed.labels(policy="standard", reason="card_declined").inc()
    metrics.webhooks_received.labels(type="charge.updated", outcome="stored").inc()
    metrics.stripe_request.labels(operation="open_checkout", outcome="ok").observe(0.2)
    metrics.risk_alerts.labels(kind="fraud_warning").inc()
    metrics.disputes.labels(status="lost").inc()
    metrics.mirror_repairs.labels(kind="missing").inc()
    body, content_type = exposition(metrics.registry)
    samples = {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }
    assert {name: samples[name] for name in NAMES} == NAMES
    assert {"process_cpu_seconds_total", "python_info", "python_gc_collections_total"} <= set(samples)
    assert content_type.startswith("text/plain")


def test_openmetrics_is_given_to_whom_asks_for_it() -> None:
    metrics = declare_metrics(CollectorRegistry())
    metrics.refunds.inc()
    body, content_type = exposition(metrics.registry, "application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert "payments_refunds" in {family.name for family in openmetrics_families(body.decode())}


def test_two_registries_count_apart_and_the_global_one_not_at_all() -> None:
    first, second = declare_metrics(CollectorRegistry()), declare_metrics(CollectorRegistry())
    first.refunds.inc(2)
    assert first.registry.get_sample_value("payments_refunds_total") == 2
    assert second.registry.get_sample_value("payments_refunds_total") == 0
    assert REGISTRY.get_sample_value("payments_refunds_total") is None
