"""Writes the dashboards, each a table of panels below. Run it after a change: `python deploy/grafana/generate.py`.

A panel is a title, a unit and expressions with what stands in the legend. What every scheduler or worker shows alike is
taken with max, never summed.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
_SOURCE: Final = {"type": "prometheus", "uid": "prometheus"}
#: Grafana's grid is so many columns wide; three panels stand in a row.
_WIDTH, _HEIGHT, _COLUMNS = 8, 7, 3


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph, or one figure."""

    title: str
    unit: str
    #: PromQL, and the legend of its series.
    series: tuple[tuple[str, str], ...]
    kind: str = "timeseries"
    #: Drawn as a line, and from there on in red.
    limit: float | None = None
    about: str = ""


_FOUND: Final = (
    "max(rate(payments_database_blocks_hit_total[5m])) /"
    " (max(rate(payments_database_blocks_hit_total[5m])) + max(rate(payments_database_blocks_read_total[5m])))"
)


def figure(title: str, unit: str, expression: str, limit: float | None = None, about: str = "") -> Panel:
    """One number."""
    return Panel(title, unit, ((expression, ""),), "stat", limit, about)


def graph(title: str, unit: str, *series: tuple[str, str], limit: float | None = None, about: str = "") -> Panel:
    """Lines over time."""
    return Panel(title, unit, series, "timeseries", limit, about)


def _quantiles(metric: str, *, by: str = "") -> Iterator[tuple[str, str]]:
    labels, legend = (f"le, {by}", f"{{{{{by}}}}} ") if by else ("le", "")
    for share in (0.5, 0.95, 0.99):
        yield f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket[5m])))", f"{legend}p{share * 100:g}"


def _rate(metric: str, by: str) -> tuple[str, str]:
    return f"sum by ({by}) (rate({metric}[5m]))", " ".join(f"{{{{{label.strip()}}}}}" for label in by.split(","))


def _max(metric: str, by: str) -> tuple[str, str]:
    return f"max by ({by}) ({metric})", " ".join(f"{{{{{label.strip()}}}}}" for label in by.split(","))


BOARDS: Final[dict[str, tuple[str, Sequence[Panel]]]] = {
    "business": (
        "Business",
        (
            figure("Checkouts paid, of those decided", "percentunit", "payments:checkout_success:ratio_rate15m", 0.97),
            figure("Live payments", "short", "sum(max by (status, policy) (payments_checkout_sessions_active))"),
            figure("Unexplained money", "short", "max(abs(payments_unexplained_minor_units))", 1, "It must read 0."),
            graph("Paid", "ops", _rate("payments_checkout_session_completed_total", "policy")),
            graph("Declines by reason", "ops", _rate("payments_checkout_session_failed_total", "reason")),
            graph("Live payments by status", "short", _max("payments_checkout_sessions_active", "status, policy")),
            graph(
                "Windows", "ops",
                ("sum(rate(payments_window_expired_total[5m]))", "ran out"),
                ("sum(rate(payments_window_extension_total[5m]))", "extended"),
                ("sum(rate(payments_window_override_total[5m]))", "by operators"),
            ),
            graph(
                "Retries", "ops",
                ("sum(rate(payments_retry_initiated_total[5m]))", "planned"),
                ("sum(rate(payments_retry_attempts_total[5m]))", "opened"),
                ("sum(rate(payments_retry_failures_total[5m]))", "could not be opened"),
            ),
            graph("Time to pay", "s", *_quantiles("payments_time_to_pay_seconds")),
            graph(
                "Refunds", "ops",
                ("sum(rate(payments_refunds_total[5m]))", "made"),
                ("sum(rate(payments_refund_failures_total[5m]))", "failed"),
            ),
            graph(
                "What waits for a person", "short",
                ("max(payments_held)", "payments on hold"),
                ("max(payments_refunds_awaiting_approval)", "refunds to approve"),
                ("max(payments_refunds_stuck)", "refunds that failed"),
                ("max(payments_disputes_awaiting_evidence)", "disputes to answer"),
                ("max(payments_receipts_stuck)", "documents"),
                ("max(payments_dead_letters)", "dead letters"),
            ),
            graph("Risk and disputes", "ops", _rate("payments_risk_alerts_total", "kind"),
                  _rate("payments_disputes_total", "status")),
            graph("Receipts", "ops", _rate("payments_receipts_generated_total", "kind"),
                  _rate("payments_receipt_failures_total", "outcome")),
            graph("Notices", "ops", _rate("payments_notices_total", "kind, outcome")),
            graph(
                "Synthetic checkout", "s",
                ("max(payments_synthetic_checkout_seconds)", "seconds"),
                ("max(payments_synthetic_checkout_success)", "came through"),
            ),
        ),
    ),
    "workers": (
        "Workers",
        (
            figure("Most at risk", "percentunit", "max(payments:work_deadline_risk:ratio)", 1,
                   "Part of what was promised that the longest wait will take."),
            figure("Dead letters", "short", "max(payments_dead_letters)", 1),
            figure("Since the scheduler rang", "s",
                   "time() - max(payments_scheduler_last_tick_timestamp_seconds)", 60),
            graph("Work due", "short", ("payments:work_due:max", "{{queue}}")),
            graph("Age of the oldest", "s", ("payments:work_age_seconds:max", "{{queue}}")),
            graph("Time to drain", "s", ("payments:work_drain_seconds:estimate", "{{queue}}"),
                  about="At the pace of the last five minutes."),
            graph("Risk of being late", "percentunit", ("payments:work_deadline_risk:ratio", "{{queue}}"), limit=1),
            graph("Done", "ops", _rate("payments_work_done_total", "queue")),
            graph("Turns that ended in an error", "ops", _rate("payments_work_failures_total", "queue, kind")),
            graph("Turns, 95 of 100 within", "s",
                  ("histogram_quantile(0.95, sum by (le, queue) (rate(payments_work_turn_seconds_bucket[5m])))",
                   "{{queue}}")),
            graph("Messages in the broker", "short", _max("payments_queue_depth", "queue")),
            graph("Age of the oldest message", "s", _max("payments_queue_oldest_age_seconds", "queue")),
            graph("Processes of pools", "short", ("sum by (state) (payments_worker_processes)", "{{state}}"),
                  ("sum(rate(payments_worker_restarts_total[5m])) * 300", "restarts in 5 min")),
            graph("Memory", "bytes", ('process_resident_memory_bytes{job=~"gavelpay.*"}', "{{job}} {{instance}}")),
            graph("Processors", "percentunit",
                  ('rate(process_cpu_seconds_total{job=~"gavelpay.*"}[5m])', "{{job}} {{instance}}")),
            graph("Paused queues", "short", _max("payments_queue_paused", "queue")),
            graph("Leader", "short", ("payments_scheduler_leader", "{{instance}}")),
            graph("Receipts: printing one", "s", *_quantiles("payments_receipt_render_seconds")),
        ),
    ),
    "webhooks": (
        "Webhooks",
        (
            figure("Lag, 99 of 100 within", "s", "payments:webhook_lag_seconds:p99_5m", 120),
            figure("Oldest that waits", "s", "max(payments_inbox_oldest_age_seconds)", 120),
            figure("Bad signatures in 5 min", "short",
                   "sum(increase(payments_webhook_signature_failures_total[5m]))", 10),
            graph("From receipt to effect", "s", *_quantiles("payments_webhook_lag_seconds"), limit=30),
            graph("Later than 30 s", "percentunit", ("payments:webhook_late:ratio_rate5m", "late"), limit=0.01),
            graph("Backlog", "short", ("max(payments_inbox_backlog)", "to process"),
                  ("max(payments_outbox_backlog)", "to tell")),
            graph("By outcome", "ops", _rate("payments_webhook_received_total", "outcome")),
            graph("By type", "ops", _rate("payments_webhook_received_total", "type")),
            graph("Security events", "ops", _rate("payments_security_events_total", "kind")),
            graph("Told downstream", "ops", _rate("payments_deliveries_total", "endpoint, outcome")),
            graph("Waiting for a receiver", "short", _max("payments_endpoint_backlog", "endpoint")),
            graph("Oldest for a receiver", "s", _max("payments_endpoint_oldest_age_seconds", "endpoint")),
            graph("Receivers that fail or are paused", "short", _max("payments_endpoint_unhealthy", "endpoint, state")),
            graph("Windows in Redis that were mended", "ops", _rate("payments_window_mirror_repairs_total", "kind")),
            graph("Analytics", "ops", _rate("payments_analytics_events_total", "outcome")),
        ),
    ),
    "stripe": (
        "Stripe",
        (
            figure("Calls held back", "short", "max(payments_stripe_circuit_open)", 1),
            figure("Calls that failed", "percentunit", "payments:stripe_failures:ratio_rate5m", 0.05),
            figure("Calls a second", "ops", "sum(rate(payments_stripe_request_seconds_count[5m]))"),
            graph("Calls by operation", "ops", _rate("payments_stripe_request_seconds_count", "operation")),
            graph("Calls by outcome", "ops", _rate("payments_stripe_request_seconds_count", "outcome")),
            graph("95 of 100 within, by operation", "s", ("payments:stripe_request_seconds:p95_5m", "{{operation}}")),
            graph("All calls", "s", *_quantiles("payments_stripe_request_seconds")),
            graph("Circuit by process", "short", ("payments_stripe_circuit_open", "{{job}} {{instance}}")),
            graph("Confirmations with banks", "ops", _rate("payments_authentication_total", "result")),
        ),
    ),
    "database": (
        "Database",
        (
            figure("PostgreSQL answers", "short", "max(payments_database_up)"),
            figure("Size", "bytes", "max(payments_database_size_bytes)"),
            figure("Connections in use", "percentunit",
                   "sum(max by (state) (payments_database_connections)) / max(payments_database_connections_limit)",
                   0.85),
            graph("Connections", "short", _max("payments_database_connections", "state")),
            graph("Oldest transaction", "s",
                  ("max(payments_database_oldest_transaction_seconds)", "oldest"), limit=60),
            graph(
                "Transactions", "ops",
                ("max(rate(payments_database_commits_total[5m]))", "committed"),
                ("max(rate(payments_database_rollbacks_total[5m]))", "rolled back"),
                ("max(rate(payments_database_deadlocks_total[5m]))", "deadlocks"),
            ),
            graph(
                "Found in memory", "percentunit",
                (_FOUND, "of all blocks"),
            ),
            graph("Rows by table", "short", _max("payments_database_table_rows", "table")),
            graph("Dead rows by table", "short", _max("payments_database_table_dead_rows", "table")),
            graph("Disk by table", "bytes", _max("payments_database_table_bytes", "table")),
            graph("Windows compared with Redis", "s",
                  ("time() - max(payments_window_mirror_compared_timestamp_seconds)", "ago"), limit=300),
        ),
    ),
}  # fmt: skip


def board(slug: str) -> dict[str, Any]:
    """One dashboard as Grafana reads it."""
    title, panels = BOARDS[slug]
    return {
        "uid": f"gavelpay-{slug}",
        "title": f"Gavelpay: {title}",
        "tags": ["gavelpay"],
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "refresh": "30s",
        "timezone": "utc",
        "time": {"from": "now-6h", "to": "now"},
        "links": [{"title": "Gavelpay", "type": "dashboards", "tags": ["gavelpay"], "asDropdown": True}],
        "panels": [_panel(number, one) for number, one in enumerate(panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(number, _COLUMNS)
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.limit is not None:
        # Of what is to be high, such as the share of what is paid, red is what is below.
        first, then = ("red", "green") if panel.limit > 0.9 and panel.limit < 1 else ("green", "red")  # noqa: PLR2004
        steps = [{"color": first, "value": None}, {"color": then, "value": panel.limit}]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        if panel.kind == "timeseries":
            defaults["custom"] = {"thresholdsStyle": {"mode": "line"}}
    return {
        "id": number + 1,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "gridPos": {"h": _HEIGHT, "w": _WIDTH, "x": column * _WIDTH, "y": row * _HEIGHT},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + at), "expr": expression, "legendFormat": legend, "datasource": _SOURCE}
            for at, (expression, legend) in enumerate(panel.series)
        ],
    }


def text(slug: str) -> str:
    """The file of a board."""
    return json.dumps(board(slug), indent=1) + "\n"


if __name__ == "__main__":
    for each in BOARDS:
        (HERE / "boards" / f"{each}.json").write_text(text(each))
