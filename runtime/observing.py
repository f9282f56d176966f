"""What happens becomes metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

import structlog
from prometheus_client import Counter

from domain.attempt import AttemptCause
from domain.messaging import OutgoingEvent, StoredEvent
from domain.payment import Note
from domain.security import SecurityEvent
from domain.session import PaymentSession
from domain.tracing import REQUIRED_BY
from runtime.logging import log_alike
from runtime.metrics import Metrics

log = structlog.get_logger()

#: Notes whose name says already what they are about.
_EVENT: Final = {
    "payment_required": "payment.required",
    "payment_expired": "payment.expired",
    "payment_declined": "payment.declined",
    "payment_processing": "payment.processing",
    "checkout_completed": "payment.completed",
}

#: Notes that a person should see.
_WARNINGS: Final = frozenset(
    {"risk_alert", "risk_hold", "checkout_held", "checkout_vanished", "receipt_stuck", "paid_back_twice"}
)

Count = Callable[[Metrics, PaymentSession, Note], None]


def _completed(metrics: Metrics, session: PaymentSession, note: Note) -> None:
    metrics.sessions_completed.labels(session.policy).inc()
    if session.window_started_at is not None:
        metrics.time_to_pay.observe((note.at - session.window_started_at).total_seconds())


def _declined(metrics: Metrics, session: PaymentSession, note: Note) -> None:
    metrics.sessions_failed.labels(session.policy, str(note.data["code"])).inc()


def _expired(metrics: Metrics, _session: PaymentSession, _note: Note) -> None:
    metrics.windows_expired.inc()


def _extended(metrics: Metrics, _session: PaymentSession, _note: Note) -> None:
    metrics.windows_extended.inc()
    metrics.windows_overridden.inc()


def _canceled(metrics: Metrics, _session: PaymentSession, _note: Note) -> None:
    metrics.windows_overridden.inc()


def _retried(metrics: Metrics, _session: PaymentSession, _note: Note) -> None:
    metrics.retries_initiated.inc()


def _opened(metrics: Metrics, _session: PaymentSession, note: Note) -> None:
    if note.data.get("cause") == AttemptCause.RETRY:
        metrics.retry_attempts.inc()


def _not_opened(metrics: Metrics, _session: PaymentSession, note: Note) -> None:
    if note.data.get("cause") == AttemptCause.RETRY:
        metrics.retry_failures.inc()


def _authentication(metrics: Metrics, _session: PaymentSession, note: Note) -> None:
    metrics.authentications.labels(str(note.data.get("result", note.action.removeprefix("authentication_")))).inc()


def _refunded(metrics: Metrics, _session: PaymentSession, _note: Note) -> None:
    metrics.refunds.inc()


def _alerted(metrics: Metrics, _session: PaymentSession, note: Note) -> None:
    metrics.risk_alerts.labels(str(note.data["kind"])).inc()


def _refund_failed(metrics: Metrics, _session: PaymentSession, _note: Note) -> None:
    metrics.refund_failures.inc()


def _disputed(metrics: Metrics, _session: PaymentSession, note: Note) -> None:
    metrics.disputes.labels(str(note.data["after"])).inc()


def _issued(metrics: Metrics, _session: PaymentSession, note: Note) -> None:
    metrics.receipts_generated.labels(str(note.data["kind"])).inc()


def _what(noted: tuple[PaymentSession, Note]) -> tuple[str, str, Mapping[str, Any]]:
    """What was noted, whoever it was noted about."""
    _, note = noted
    return note.action, note.actor, note.data


def _about(session: PaymentSession, note: Note) -> dict[str, Any]:
    """Who it was noted about."""
    ids = {"session_id": session.id, "auction_id": session.auction_id, "buyer_id": session.buyer_id}
    if note.action == "payment_required" and REQUIRED_BY in session.metadata:
        ids[REQUIRED_BY] = session.metadata[REQUIRED_BY]
    return ids


#: Which note about a payment counts as what.
COUNTS: Final[Mapping[str, Count]] = {
    "checkout_completed": _completed,
    "payment_declined": _declined,
    "payment_expired": _expired,
    "refund_succeeded": _refunded,
    "risk_alert": _alerted,
    "window_extended": _extended,
    "payment_canceled": _canceled,
    "retry_initiated": _retried,
    "checkout_created": _opened,
    "checkout_refused": _not_opened,
    "authentication_requested": _authentication,
    "authentication_failed": _authentication,
    "authentication_result": _authentication,
    "refund_failed": _refund_failed,
    "refund_refused": _refund_failed,
    "dispute_changed": _disputed,
    "receipt_issued": _issued,
}


@dataclass(frozen=True, slots=True)
class MetricsObserver:
    """Counts what use cases, the ingest process and the Stripe gateway tell."""

    metrics: Metrics
    #: The counters of `received`: finding one by its labels costs 2 µs, and a webhook has 90.
    _received: dict[tuple[str, str], Counter] = field(default_factory=dict, init=False, repr=False)

    def noted(self, notes: Sequence[tuple[PaymentSession, Note]]) -> None:
        """Count what was noted about payments, and log it: one line for each step of a payment's life."""
        for (action, actor, data), alike in groupby(notes, _what):
            pairs = list(alike)
            tell = log.warning if action in _WARNINGS else log.info
            about = [_about(session, note) for session, note in pairs]
            log_alike(tell, _EVENT.get(action, f"payment.{action}"), about, **data, actor=actor)
            count = COUNTS.get(action)
            if count is not None:
                for session, note in pairs:
                    count(self.metrics, session, note)

    def alarmed(self, events: Sequence[SecurityEvent]) -> None:
        """Count and log what happened to the system."""
        for event in events:
            about = {} if event.session_id is None else {"session_id": str(event.session_id)}
            log.warning("security_event.recorded", kind=event.kind, actor=event.actor, **about, details=event.data)
            self.metrics.security_events.labels(event.kind).inc()

    def event_processed(self, event: StoredEvent, lag_seconds: float) -> None:
        """A stored event has been dealt with."""
        tell = log.warning if event.status == "set_aside" else log.info
        about = {} if event.session_id is None else {"session_id": str(event.session_id)}
        tell(
            "stripe_event.processed",
            **about,
            stripe_event_id=event.stripe_event_id,
            type=event.type,
            outcome=event.status,
            seconds=round(lag_seconds, 3),
        )
        self.metrics.webhook_lag.observe(lag_seconds)
        self.metrics.webhooks_received.labels(event.type, event.status).inc()

    def delivered(self, endpoint: str, event: OutgoingEvent, outcome: str, seconds: float) -> None:
        """An endpoint was told of an event, or not."""
        self.metrics.deliveries.labels(endpoint, outcome).inc()
        about = {} if event.session_id is None else {"session_id": str(event.session_id)}
        log.info(
            "event.delivered" if outcome == "sent" else "event.not_delivered",
            **about,
            auction_id=event.auction_id,
            type=event.type,
            endpoint=endpoint,
            outcome=outcome,
            seconds=round(seconds, 4),
        )

    def noticed(self, kind: str, channel: str, outcome: str) -> None:
        """A notice was sent, postponed, refused, given up or dropped."""
        tell = log.warning if outcome in ("refused", "given_up") else log.info
        tell("notice.done", kind=kind, channel=channel, outcome=outcome)
        self.metrics.notices.labels(kind, channel, outcome).inc()

    def mirror_compared(self, repairs: Mapping[str, int]) -> None:
        """The mirror of windows was compared with PostgreSQL."""
        if any(repairs.values()):
            log.warning("window_mirror.repaired", **repairs)
        for kind, count in repairs.items():
            self.metrics.mirror_repairs.labels(kind).inc(count)
        self.metrics.mirror_compared.set_to_current_time()

    def pruned(self, table: str, rows: int) -> None:
        """Rows that were old and over are gone."""
        log.info("old.pruned", table=table, rows=rows)
        self.metrics.pruned_rows.labels(table).inc(rows)

    def receipt_printed(self, seconds: float) -> None:
        """A document was printed. Those that are issued are counted by their notes."""
        self.metrics.receipt_render.observe(seconds)

    def receipt_failed(self, outcome: str) -> None:
        """A document could not be issued, for now or until a person has looked."""
        self.metrics.receipt_failures.labels(outcome).inc()

    def received(self, event_type: str, outcome: str) -> None:
        """A webhook was answered."""
        counter = self._received.get((event_type, outcome))
        if counter is None:
            counter = self._received[event_type, outcome] = self.metrics.webhooks_received.labels(event_type, outcome)
        counter.inc()

    def signature_failure(self, reason: str) -> None:
        """A webhook was not taken for Stripe's."""
        self.metrics.webhook_signature_failures.inc()
        self.metrics.webhooks_received.labels("unknown", f"signature_{reason}").inc()

    def stripe_called(self, operation: str, outcome: str, seconds: float) -> None:
        """A call to Stripe is over."""
        log.info("stripe.called", operation=operation, outcome=outcome, seconds=round(seconds, 4))
        self.metrics.stripe_request.labels(operation, outcome).observe(seconds)

    def stripe_held_back(self, is_open: bool) -> None:  # noqa: FBT001 - what the breaker tells
        """Calls to Stripe are held back now, or no more."""
        log.warning("stripe.held_back" if is_open else "stripe.called_again")
        self.metrics.stripe_circuit_open.set(is_open)
