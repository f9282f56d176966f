"""Typed ids. Our own are UUIDs of version 7: they sort by the time they were made (RFC 9562, section 5.7)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NewType
from uuid import UUID

SessionId = NewType("SessionId", UUID)
AttemptId = NewType("AttemptId", UUID)
TransactionId = NewType("TransactionId", UUID)
RefundId = NewType("RefundId", UUID)
DisputeId = NewType("DisputeId", UUID)
EventId = NewType("EventId", UUID)
ReceiptId = NewType("ReceiptId", UUID)

#: Makes a fresh id. Random in production, seeded in simulation.
NewId = Callable[[], UUID]

_VARIANT = 0b10 << 62
_VERSION = 7 << 76


def uuid7(now: datetime, random_bits: Callable[[int], int]) -> UUID:
    """Build a UUIDv7 from a time (millisecond resolution) and 74 random bits."""
    milliseconds = int(now.timestamp() * 1000)
    bits = random_bits(74)
    return UUID(int=milliseconds << 80 | _VERSION | (bits >> 62) << 64 | _VARIANT | bits & ((1 << 62) - 1))


def made_at(id_: UUID) -> datetime:
    """When an id of version 7 was made, to the millisecond."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=id_.int >> 80)
