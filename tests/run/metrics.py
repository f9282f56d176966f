"""The contract's metrics, read from running processes as Prometheus reads them."""

from collections.abc import Mapping
from typing import Final

import httpx
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

#: The outward contract's names, each at the processes that know it.
CONTRACT: Final = {
    "worker": """
        payments_checkout_session_completed_total payments_checkout_session_failed_total payments_window_expired_total
        payments_retry_initiated_total payments_retry_attempts_total payments_retry_failures_total
        payments_receipts_generated_total payments_receipt_render_seconds payments_webhook_lag_seconds
        payments_webhook_received_total payments_queue_depth payments_queue_oldest_age_seconds
        payments_stripe_request_seconds payments_stripe_circuit_open payments_refunds_total payments_time_to_pay_seconds
    """,
    "api": "payments_window_extension_total payments_window_override_total payments_stripe_request_seconds",
    "ingest": "payments_webhook_received_total payments_webhook_signature_failures_total",
    "scheduler": """
        payments_checkout_sessions_active payments_inbox_backlog payments_inbox_oldest_age_seconds
        payments_outbox_backlog payments_dead_letters
        payments_unexplained_minor_units payments_work_due payments_work_oldest_age_seconds
        payments_work_promised_seconds payments_scheduler_last_tick_timestamp_seconds payments_database_size_bytes
    """,
}


def scrape(url: str) -> dict[str, Metric]:
    """The families of one process, by the names that stand in expressions."""
    text = httpx.get(url, trust_env=False).text
    families = list(text_string_to_metric_families(text))
    assert len(families) == len({family.name for family in families}), "a family is told twice"
    assert all(family.documentation for family in families), "a family without help"
    return {f"{one.name}_total" if one.type == "counter" else one.name: one for one in families}


def check_metrics(urls: Mapping[str, str]) -> None:
    """Each process tells what it knows, and only the scheduler what the database knows."""
    found = {
        "worker": scrape(urls["worker_metrics"]),
        "scheduler": scrape(urls["scheduler_metrics"]),
        "api": scrape(f"{urls['api']}/metrics"),
        "ingest": scrape(f"{urls['ingest']}/metrics"),
    }
    for process, names in CONTRACT.items():
        assert [name for name in names.split() if name not in found[process]] == [], process
    for name in CONTRACT["scheduler"].split():
        assert [process for process, families in found.items() if name in families] == ["scheduler"], name
