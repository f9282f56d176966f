"""A request that its caller may send again under the same key, to be answered and never done again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(slots=True)
class KeyedRequest:
    """What was asked under a key, and what was answered. Its fields are the columns of `keyed_requests`.

    The row is committed with what the request does: who finds it knows that it was done, or refused for good.
    """

    id: UUID
    #: Who asked, such as `admin:alice`. Keys of others are others.
    caller: str
    key: str
    #: SHA-256 of what was asked.
    fingerprint: bytes
    created_at: datetime
    #: None until it is written down, a moment after it was done: HTTP's status, and the body.
    status: int | None = None
    answer: str | None = None
