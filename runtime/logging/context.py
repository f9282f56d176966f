"""The ids of the payment at hand, on every line until the work on it is done."""

from contextlib import AbstractContextManager
from uuid import UUID

import structlog


def bind_payment(
    *,
    session_id: UUID | str | None = None,
    auction_id: str | None = None,
    buyer_id: str | None = None,
    attempt: int | None = None,
    stripe_checkout_id: str | None = None,
    stripe_payment_intent_id: str | None = None,
    stripe_event_id: str | None = None,
    message_id: str | None = None,
    request_id: str | None = None,
) -> AbstractContextManager[None]:
    """Put ids on every line that this thread or task logs inside the `with` block.

    Ids that are not given stay as they were outside. Tasks started inside have them too, threads do not.
    """
    ids = {
        "session_id": None if session_id is None else str(session_id),
        "auction_id": auction_id,
        "buyer_id": buyer_id,
        "attempt": attempt,
        "stripe_checkout_id": stripe_checkout_id,
        "stripe_payment_intent_id": stripe_payment_intent_id,
        "stripe_event_id": stripe_event_id,
        "message_id": message_id,
        "request_id": request_id,
    }
    return structlog.contextvars.bound_contextvars(**{name: value for name, value in ids.items() if value is not None})
