"""A payment's trace, by the rules of W3C Trace Context: its id is made of its session's."""

from typing import Final
from uuid import UUID

#: Where a message's metadata may name the span of the service that required the payment.
REQUIRED_BY: Final = "traceparent"

_LOW: Final = (1 << 64) - 1
_VARIANT: Final = 62


def trace_of(session_id: UUID) -> int:
    """The trace of a payment: its session's id, but for one of 32 digits.

    The two bits by which every UUID is known begin its lower half, and samplers want that half to be random: they are
    those of another random digit here.
    """
    return session_id.int & ~(3 << _VARIANT) | (session_id.int >> 64 & 3) << _VARIANT


def root_span(session_id: UUID) -> int:
    """The span that all others of a payment are below: the lower half of its trace's id, and never zero."""
    return trace_of(session_id) & _LOW or 1


def traceparent(session_id: UUID) -> str:
    """What a request carries to go on with a payment's trace, which is kept."""
    return f"00-{trace_of(session_id):032x}-{root_span(session_id):016x}-01"
