"""One Stripe object that a buyer can pay through, as we know it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.ids import AttemptId, SessionId
from domain.policies import AttemptKind


class AttemptStatus(StrEnum):
    """Where one Stripe object stands."""

    #: Claimed by us; whether Stripe has it is unknown until its answer is recorded.
    OPENING = "opening"
    #: The buyer can pay through it.
    OPEN = "open"
    #: Paid through it.
    PAID = "paid"
    #: Stripe closed it unpaid, by itself or because we asked.
    CLOSED = "closed"
    #: Stripe will never open it.
    REFUSED = "refused"


class AttemptCause(StrEnum):
    """Why a Stripe object was opened."""

    FIRST = "first"
    #: After a decline. Only these count towards the policy's retry limit.
    RETRY = "retry"
    #: The window was extended beyond the life of the old one.
    EXTENSION = "extension"
    #: The old one is known never to have existed, or Stripe closed it before the window's end.
    REPLACEMENT = "replacement"


@dataclass(slots=True)
class CheckoutAttempt:
    """One Stripe object opened for a session. Its fields are the columns of `checkout_attempts`."""

    id: AttemptId
    session_id: SessionId
    #: Counts within the session, from 1.
    attempt_no: int
    #: `auctionId:buyerId:n`, n counting over all sessions of the pair. Stored before the first call.
    idempotency_key: str
    kind: AttemptKind
    cause: AttemptCause
    created_at: datetime
    #: The end of the window that it was made for: when there is a queue, who has the least time left goes first.
    deadline: datetime | None = None
    status: AttemptStatus = AttemptStatus.OPENING
    #: The parameters sent first, sent unchanged ever after. None until the first call is about to be made.
    request: dict[str, Any] | None = None
    #: The maker's own Stripe account, which gets the money at once, and what the platform keeps of it (Connect).
    destination: str | None = None
    application_fee_minor: int | None = None
    stripe_checkout_id: str | None = None
    stripe_payment_intent_id: str | None = None
    url: str | None = None
    client_secret: str | None = None
    #: When Stripe closes it by itself; None if never.
    expires_at: datetime | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    #: It must be closed at Stripe, because it could outlive its window or was replaced.
    close_requested_at: datetime | None = None
    decline_code: str | None = None
    declined_at: datetime | None = None
    #: When the buyer's bank asked for a confirmation (3-D Secure).
    action_required_at: datetime | None = None
    #: When Stripe said that it is paid, where only its charge can tell whether that was in time; Stripe is asked.
    paid_near_end_at: datetime | None = None
    #: Stripe's balance transaction of a bank debit that was submitted: its list tells of it before the money arrives,
    #: and not again then.
    booked_as: str | None = None
    #: Calls made for the step that is under way.
    tries: int = 0
    last_error: str | None = None
    #: When the next call is due; None when nothing is to be asked of Stripe.
    due_at: datetime | None = None
    #: Until when a worker has it in hand, by the database's clock.
    leased_until: datetime | None = None
    #: Rises with every claim; who holds an older number may not write.
    fence: int = 0
    #: When Stripe is to be asked what became of it (`domain/lookups.py`); None if nothing can have been missed.
    look_up_at: datetime | None = None
    #: Not to be asked again before this.
    look_up_after: datetime | None = None
    #: How often it was looked up.
    look_ups: int = 0
