"""What happens becomes metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.payment import Note
from domain.session import PaymentSession
from runtime.metrics import Metrics

Count = Callable[[Metrics, PaymentSession, Note], None]


def _completed(metrics: Metrics, session: PaymentSession, note: Note) -> None:
    metrics.sessions_completed.labels(session.policy).inc()
    if session.window_started_at is not None:
        metrics.time_to_pay.observe((note.at - session.window_started_at).total_seconds())


def _declined(metrics: Metrics, session: PaymentSession, note: Note) -> None:
    metrics.sessions_failed.labels(session.policy, str(note.data["code"])).inc()


def _expired(metrics: Metrics, _session: PaymentSession, _note: Note) -> None:
    metrics.windows_expired.inc()


def _refunded(metrics: Metrics, _session: PaymentSession, _note: Note) -> None:
    metrics.refunds.inc()


#: Which note about a payment counts as what.
COUNTS: Final[Mapping[str, Count]] = {
    "checkout_completed": _completed,
    "payment_declined": _declined,
    "payment_expired": _expired,
    "refund_succeeded": _refunded,
}


@dataclass(frozen=True, slots=True)
class MetricsObserver:
    """Counts what use cases, the ingest process and the Stripe gateway tell."""

    metrics: Metrics

    def noted(self, notes: Sequence[tuple[PaymentSession, Note]]) -> None:
        """Count what was noted about payments."""
        for session, note in notes:
            count = COUNTS.get(note.action)
            if count is not None:
                count(self.metrics, session, note)

    def event_processed(self, event_type: str, outcome: str, lag_seconds: float) -> None:
        """A stored event has been dealt with."""
        self.metrics.webhook_lag.observe(lag_seconds)
        self.metrics.webhooks_received.labels(event_type, outcome).inc()

    def delivered(self, endpoint: str, outcome: str) -> None:
        """Deliveries are counted where they wait: in the outbox."""

    def received(self, event_type: str, outcome: str) -> None:
        """A webhook was answered."""
        self.metrics.webhooks_received.labels(event_type, outcome).inc()

    def signature_failure(self, reason: str) -> None:
        """A webhook was not taken for Stripe's."""
        self.metrics.webhook_signature_failures.inc()
        self.metrics.webhooks_received.labels("unknown", f"signature_{reason}").inc()

    def stripe_called(self, operation: str, outcome: str, seconds: float) -> None:
        """A call to Stripe is over."""
        self.metrics.stripe_request.labels(operation, outcome).observe(seconds)
