"""How much of anything this process takes."""

from dataclasses import dataclass

from runtime.bounded_http import HttpLimits
from services.create_checkout import PATIENCE


@dataclass(frozen=True, slots=True)
class Limits(HttpLimits):
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
    #: Who listens to a payment's events holds a connection, and nothing else. In all, to one payment, and one caller.
    listeners: int = 250
    listeners_per_payment: int = 20
    listeners_per_caller: int = 50
    #: Seconds between two signs of life to a listener.
    beat_seconds: float = 15.0
    #: A listener who does not take an event for so long is dropped.
    slow_reader_seconds: float = 10.0
    #: After this a listener is let go and comes again: tokens end, and load moves to new processes.
    listening_seconds: float = 600.0
    listen_again_ms: int = 3000
    #: How often PostgreSQL is asked what has changed, in case Redis lost news; and while it brings none.
    look_seconds: float = 15.0
    look_seconds_unheard: float = 2.0
