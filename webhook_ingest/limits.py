"""How much of anything this process takes."""

from dataclasses import dataclass

from runtime.bounded_http import HttpLimits


@dataclass(frozen=True, slots=True)
class Limits(HttpLimits):
    """The bounds of one `ingest` process. Together they bound its memory, whoever sends what."""

    #: Promised: webhook bodies up to 256 KB. Stripe's are around 3.
    body_bytes: int = 256 * 1024
    #: From a verified event to its commit. Stripe repeats what got 503, so waiting longer gains nothing.
    store_seconds: float = 10.0
    #: Each may hold one body that is being read.
    connections: int = 2000
    #: Rows in one commit. Far above what arrives during one, and still only milliseconds.
    batch_events: int = 500
    batch_bytes: int = 16 * 1024 * 1024
    #: Events that wait for their commit, or are in it.
    waiting_events: int = 5000
    waiting_bytes: int = 64 * 1024 * 1024
    #: After `stop_seconds`, for the commit under way. It answers nobody any more.
    commit_seconds: float = 5.0
    #: Between two readings of the signing secrets. Stripe signs with both for as long as one is being rolled.
    secrets_seconds: float = 5.0
