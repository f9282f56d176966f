"""What bears on a payment and is no part of it: letters, paper, deliveries, events. All of it may be unknown."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.documents import DocumentKind
from domain.money import Money
from domain.notice import Channel, NoticeStatus
from domain.notices import NoticeKind
from domain.queues import Pause
from domain.receipt import ReceiptStatus


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter to the buyer about this payment."""

    kind: NoticeKind
    channel: Channel
    status: NoticeStatus
    due_at: datetime
    finished_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """Its receipt, or one of its credit notes."""

    kind: DocumentKind
    status: ReceiptStatus
    number: str | None = None
    due_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An outgoing event that an endpoint has not received yet."""

    endpoint: str
    #: What it tells, such as `auction.sold`.
    type: str
    since: datetime
    tries: int = 0
    error: str | None = None
    #: When it is told next.
    due_at: datetime | None = None
    paused_at: datetime | None = None
    paused_by: str | None = None


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event of Stripe's that was not understood."""

    type: str
    reason: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class GaveUp:
    """Something of this payment that waits in dead letters for a person."""

    #: As a person would name it: `the letter to the buyer`.
    what: str
    tries: int
    error: str


@dataclass(frozen=True, slots=True)
class Circuit:
    """Stripe is not being called, because it failed too often."""

    failed: int
    calls: int
    since: datetime
    trial_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How it came to its end, as its audit trail tells."""

    by: str
    #: What a person gave as the reason.
    why: str | None = None
    #: Where it stood before.
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """All of that."""

    #: Newest first.
    mails: tuple[Mail, ...] = ()
    papers: tuple[Paper, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    gave_up: tuple[GaveUp, ...] = ()
    circuit: Circuit | None = None
    #: Checkouts that are due to be opened, over all payments.
    queue: int = 0
    #: Calls a second that Stripe permits.
    calls_per_second: float | None = None
    #: How often windows that are over are looked for.
    sweep: timedelta = timedelta(seconds=15)
    #: From more than this on, two people decide on a refund.
    two_people_above: Money | None = None
    ended: Ended | None = None
    #: Queues that a person has paused.
    pauses: tuple[Pause, ...] = ()
