"""One notice on its way to one person or topic."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.ids import SessionId
from domain.notices import NoticeKind, Recipient


class Channel(StrEnum):
    """How a notice travels."""

    #: To the person's own mailbox.
    EMAIL = "email"
    #: To the buyer's own telephone.
    SMS = "sms"
    #: To whoever listens for all buyers, or all makers: an Amazon SNS topic.
    TOPIC = "topic"


class NoticeStatus(StrEnum):
    """Where a notice stands, and who moves it on."""

    #: Waits until it is due, or for another try. A worker sends it.
    QUEUED = "queued"
    #: The mail server, or Amazon, has it. Final.
    SENT = "sent"
    #: There is no such mailbox, or it will not have this. Final, unless a person sends it again.
    REFUSED = "refused"
    #: Nobody took it for three days: a dead letter waits for a person.
    GIVEN_UP = "given_up"
    #: It was not true any more when it was to be sent. Final.
    DROPPED = "dropped"


@dataclass(slots=True)
class Notice:
    """One notice through one channel. Its fields are the columns of `notifications`.

    It names nobody: addresses, names and titles are read from the payment when it is sent.
    """

    id: UUID
    session_id: SessionId
    kind: NoticeKind
    recipient: Recipient
    channel: Channel
    #: What it is about, spelled so that the same thing is told once.
    dedupe_key: str
    created_at: datetime
    #: When it is to be sent; moves on with each try.
    due_at: datetime
    #: When it was first to be sent: a reminder is young however long it has waited.
    wanted_at: datetime
    #: What its words need and the payment does not tell by itself: ids, numbers, stable words.
    facts: dict[str, Any] = field(default_factory=dict)
    status: NoticeStatus = NoticeStatus.QUEUED
    tries: int = 0
    leased_until: datetime | None = None
    fence: int = 0
    #: By which a repeat is recognised: a mail's Message-ID, or Amazon's own id.
    message_id: str | None = None
    #: Why it was not sent, or why not yet. Never an address.
    last_error: str | None = None
    finished_at: datetime | None = None
