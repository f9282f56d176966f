"""What this process counts."""

from typing import Final, Protocol

#: The `type` of what was never read as an event. Others are Stripe's own, and signed: there are some hundreds of them.
UNKNOWN_TYPE: Final = "unknown"


class IngestMetrics(Protocol):
    """Counters. They are called on the event loop and must not wait."""

    def received(self, event_type: str, outcome: str) -> None:
        """Count a webhook that was signed, or refused before its signature was looked at."""

    def signature_failure(self, reason: str) -> None:
        """Count a webhook that was not taken for Stripe's."""
