"""The records of what comes in and goes out: Stripe's events, outgoing events, deliveries, dead letters."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

#: The version of what stands in an outgoing event's `data`, and part of it. New keys do not raise it; a changed meaning
#: does.
EVENT_VERSION: Final = 1


@dataclass(slots=True)
class StoredEvent:
    """A verified Stripe event, as it came. Its fields are the columns of `webhook_events`."""

    id: UUID
    stripe_event_id: str
    type: str
    created: datetime
    livemode: bool
    account: str | None
    #: The payment that its metadata names, if any.
    session_id: UUID | None
    object_id: str | None
    body: bytes
    #: How we came by it: `webhook`, `reconciliation`.
    source: str
    received_at: datetime
    status: str = "waiting"
    reason: str | None = None
    tries: int = 0
    due_at: datetime | None = None
    processed_at: datetime | None = None


@dataclass(slots=True)
class OutgoingEvent:
    """Something that a service downstream is told. Its fields are the columns of `outbox`."""

    id: UUID
    type: str
    auction_id: str
    #: Counts within the auction: its events are told in this order.
    order_no: int
    #: The payment that it is about; None for a request that never became one.
    session_id: UUID | None
    body: dict[str, Any]
    occurred_at: datetime
    #: What happens once only where nothing else says so: the refusal of a request.
    dedupe_key: str | None = None


@dataclass(slots=True)
class Delivery:
    """One outgoing event on its way to one endpoint. Its fields are the columns of `deliveries`."""

    event_id: UUID
    endpoint: str
    auction_id: str
    order_no: int
    created_at: datetime
    #: Since when it is being tried: after three days it is given up.
    waiting_since: datetime
    status: str = "waiting"
    tries: int = 0
    last_error: str | None = None
    due_at: datetime | None = None
    leased_until: datetime | None = None
    fence: int = 0
    finished_at: datetime | None = None
    #: Sent again out of its turn: what follows it may have been received before.
    late: bool = False


@dataclass(slots=True)
class DeadLetter:
    """A message that gave up, or was never one, kept whole. Its fields are the columns of `dead_letters`."""

    id: UUID
    queue: str
    actor: str
    message: bytes
    #: A stable word for what was wrong.
    reason: str
    #: What was wrong, in a sentence.
    error: str
    created_at: datetime
    tries: int = 0
    #: How often it came with the same reason while it waited for a person, and when it last did.
    copies: int = 1
    last_at: datetime | None = None
    status: str = "dead"
    resolution: str | None = None
    resolved_by: str | None = None
    resolved_at: datetime | None = None
    #: What was sent in its stead.
    corrected: bytes | None = None
    #: The row of ours that gave up; None where it was a message.
    row_id: UUID | None = None

    @property
    def content(self) -> str:
        """The same for all copies of a message that failed for the same reason: what it says, not its envelope.

        A copy has its own message id and time of sending. What is no message of a queue is all content.
        """
        try:
            envelope = json.loads(self.message)
            return self._digest({"args": envelope.get("args") or [], "kwargs": envelope["kwargs"]})
        except (ValueError, AttributeError, LookupError, TypeError, RecursionError):
            return self._digest(sha256(self.message).hexdigest())

    def _digest(self, said: object) -> str:
        whole = json.dumps((self.queue, self.actor, self.reason, said), sort_keys=True)
        return sha256(whole.encode()).hexdigest()


@dataclass(slots=True)
class AuditEntry:
    """One link of a payment's audit chain. Its fields are the columns of `audit_entries`."""

    session_id: UUID
    seq: int
    action: str
    actor: str
    at: datetime
    data: dict[str, Any]
    previous_hash: bytes | None
    hash: bytes
