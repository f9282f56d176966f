"""What a process counts and measures, by the names of the contract.

There is no global registry: the composition root makes one, and hands `Metrics` on. One process is one registry and one
`/metrics`. The processes of `worker --processes N` share one, by prometheus_client's multiprocess mode
(`workers/pool.py`): counters and histograms add up there, and each gauge says below what becomes of the values of
several processes. A gauge must be set there; one that is computed when it is asked for would read 0.
"""

from dataclasses import dataclass
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import choose_encoder

from domain.messages import POLICIES

#: From a bell that rang at once to a sweep of minutes later; an alert stands at two minutes.
_LAG: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600)
#: A call takes 0.2 to 2 s; the client gives up below a minute and a half.
_CALL: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 2, 5, 10, 30, 80)
#: Twelve milliseconds is the goal.
_RENDER: Final = (0.002, 0.005, 0.008, 0.012, 0.016, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
#: From an instant payment to the end of a window of days.
_TO_PAY: Final = (10, 30, 60, 120, 300, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 72 * 3600)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics that a process counts itself. How the whole system stands is in `runtime/gauges.py`."""

    registry: CollectorRegistry
    #: By `policy`.
    sessions_completed: Counter
    #: Declined attempts, by `policy` and `reason`.
    sessions_failed: Counter
    windows_expired: Counter
    #: Acts of operators: more time; more time or an end.
    windows_extended: Counter
    windows_overridden: Counter
    #: Confirmations with the buyer's bank (3-D Secure), by `result`.
    authentications: Counter
    #: Retries planned; attempts opened for them; attempts that could not be opened.
    retries_initiated: Counter
    retry_attempts: Counter
    retry_failures: Counter
    #: From received to processed.
    webhook_lag: Histogram
    #: By `type` and `outcome`.
    webhooks_received: Counter
    webhook_signature_failures: Counter
    #: By `kind`.
    security_events: Counter
    #: By `operation` and `outcome`.
    stripe_request: Histogram
    stripe_circuit_open: Gauge
    refunds: Counter
    #: Refunds whose money is with Stripe again, or never left: a person must look.
    refund_failures: Counter
    #: Steps of disputes, by `status`.
    disputes: Counter
    #: By `kind` of signal.
    risk_alerts: Counter
    #: From the first checkout to the payment.
    time_to_pay: Histogram
    #: By `kind`: missing, wrong, stale.
    mirror_repairs: Counter
    mirror_compared: Gauge
    #: By `kind`, `channel` and `outcome`: sent, postponed, refused, given_up, dropped.
    notices: Counter
    #: By `kind`: receipt, credit_note.
    receipts_generated: Counter
    receipt_render: Histogram
    #: By `outcome`: retried, or why a person must look.
    receipt_failures: Counter
    #: Tries to tell a service downstream, by `endpoint` and `outcome`: sent, refused, given_up.
    deliveries: Counter
    pruned_rows: Counter
    #: By `outcome`: sent, lost, dropped.
    analytics_events: Counter


def declare_metrics(registry: CollectorRegistry, *, of_process: bool = True) -> Metrics:
    """Declare every metric on a registry, with what prometheus_client tells of the process itself, unless it has it."""
    if of_process:
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
    metrics = Metrics(
        registry=registry,
        sessions_completed=Counter(
            "payments_checkout_session_completed_total", "Paid sessions", ["policy"], registry=registry
        ),
        sessions_failed=Counter(
            "payments_checkout_session_failed_total", "Declined attempts", ["policy", "reason"], registry=registry
        ),
        windows_expired=Counter("payments_window_expired_total", "Windows that ran out unpaid", registry=registry),
        windows_extended=Counter(
            "payments_window_extension_total", "Windows that an operator made longer", registry=registry
        ),
        windows_overridden=Counter(
            "payments_window_override_total", "Windows that an operator made longer or ended", registry=registry
        ),
        authentications=Counter(
            "payments_authentication_total", "Confirmations with the buyer's bank", ["result"], registry=registry
        ),
        retries_initiated=Counter(
            "payments_retry_initiated_total", "Retries planned after a decline", registry=registry
        ),
        retry_attempts=Counter("payments_retry_attempts_total", "Attempts opened for a retry", registry=registry),
        retry_failures=Counter("payments_retry_failures_total", "Retries that could not be opened", registry=registry),
        webhook_lag=Histogram(
            "payments_webhook_lag_seconds", "From a webhook's receipt to its effect", buckets=_LAG, registry=registry
        ),
        webhooks_received=Counter(
            "payments_webhook_received_total", "Webhooks received", ["type", "outcome"], registry=registry
        ),
        webhook_signature_failures=Counter(
            "payments_webhook_signature_failures_total", "Webhooks with a wrong signature", registry=registry
        ),
        security_events=Counter(
            "payments_security_events_total", "Security events recorded", ["kind"], registry=registry
        ),
        stripe_request=Histogram(
            "payments_stripe_request_seconds",
            "Calls to Stripe",
            ["operation", "outcome"],
            buckets=_CALL,
            registry=registry,
        ),
        stripe_circuit_open=Gauge(
            "payments_stripe_circuit_open",
            "1 while calls to Stripe are held back",
            registry=registry,
            multiprocess_mode="livemax",  # one process that holds back is news; a dead one holds nothing
        ),
        refunds=Counter("payments_refunds_total", "Refunds made", registry=registry),
        refund_failures=Counter(
            "payments_refund_failures_total", "Refunds that failed, and wait for a person", registry=registry
        ),
        disputes=Counter("payments_disputes_total", "Steps of disputes", ["status"], registry=registry),
        risk_alerts=Counter(
            "payments_risk_alerts_total", "Payments that look risky, by what says so", ["kind"], registry=registry
        ),
        time_to_pay=Histogram(
            "payments_time_to_pay_seconds", "From the first checkout to the payment", buckets=_TO_PAY, registry=registry
        ),
        mirror_repairs=Counter(
            "payments_window_mirror_repairs_total",
            "Windows in Redis that were not as PostgreSQL has them, and were mended",
            ["kind"],
            registry=registry,
        ),
        mirror_compared=Gauge(
            "payments_window_mirror_compared_timestamp_seconds",
            "When this process last compared Redis with PostgreSQL, in Unix seconds",
            registry=registry,
            multiprocess_mode="max",
        ),
        notices=Counter(
            "payments_notices_total",
            "Notices to buyers and makers",
            ["kind", "channel", "outcome"],
            registry=registry,
        ),
        receipts_generated=Counter(
            "payments_receipts_generated_total", "Receipts and credit notes issued", ["kind"], registry=registry
        ),
        receipt_render=Histogram(
            "payments_receipt_render_seconds", "Printing one document", buckets=_RENDER, registry=registry
        ),
        receipt_failures=Counter(
            "payments_receipt_failures_total", "Documents that could not be issued", ["outcome"], registry=registry
        ),
        deliveries=Counter(
            "payments_deliveries_total",
            "Tries to tell a service downstream of an event",
            ["endpoint", "outcome"],
            registry=registry,
        ),
        pruned_rows=Counter(
            "payments_pruned_rows_total", "Rows that were old and over, and are gone", ["table"], registry=registry
        ),
        analytics_events=Counter(
            "payments_analytics_events_total", "Events for analytics", ["outcome"], registry=registry
        ),
    )
    for policy in POLICIES:  # what has not happened yet is 0, so that its first time is a rise
        metrics.sessions_completed.labels(policy)
    return metrics


def exposition(registry: CollectorRegistry, accept: str = "") -> tuple[bytes, str]:
    """Render a registry as Prometheus reads it. Gives the body and its content type, as `accept` asks for."""
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
