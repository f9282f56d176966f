"""How much of anything this process takes."""

from dataclasses import dataclass

from services.create_checkout import PATIENCE


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one `api` process."""

    #: Of a request. The longest useful one, with all metadata, is 40 KB.
    body_bytes: int = 64 * 1024
    #: Requests that are worked on at the same time; others wait. The database's pool must bear them and the checkouts.
    threads: int = 8
    #: Requests that wait for Stripe at the same time. They have threads of their own, so that a silent Stripe does not
    #: take the ones that only read.
    checkouts: int = 8
    #: Seconds until a caller whose checkout is not open is told to ask again.
    patience: float = PATIENCE + 1.0
    #: Above this, connections are answered 503.
    connections: int = 500
    #: Load balancers reuse connections for a minute, and take a close in that time for a failure.
    keep_alive_seconds: int = 75
    #: On SIGTERM, for requests under way.
    stop_seconds: int = 25
