"""Who is told what when: pure rules, applied where a payment is written, with the commit of what they tell of.

A notice arises from a note (`Payment.note`), for notes are exactly what has happened in this transaction. Its key says
what it tells of, so that what happens twice, or is heard twice, is told once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from domain.documents import DocumentKind
from domain.ids import NewId
from domain.lifecycle import UNPAID
from domain.notice import Channel, Notice
from domain.notices import NoticeKind, Recipient
from domain.payment import Note, Payment
from domain.policies import Policy

#: A buyer who is declined mostly has another card at hand, and is not written to while they are still trying.
DECLINE_REST: Final = timedelta(minutes=1)
#: So much of a short window at most is spent on that rest.
_REST_PART: Final = 10
#: The mail about money waits so long for the paper that goes with it; then it says that the paper follows.
PAPER_PATIENCE: Final = timedelta(minutes=5)
#: What is also sent to a telephone: what cannot wait, and what is to be kept. The rest would be noise at a price.
BY_TEXT: Final = frozenset({NoticeKind.PAYMENT_REQUIRED, NoticeKind.REMINDER, NoticeKind.PAYMENT_RECEIVED})

BUYER, MAKER = Recipient.BUYER, Recipient.MAKER


@dataclass(frozen=True, slots=True)
class Telling:
    """What a process can tell through, and how the house wants it."""

    new_id: NewId
    policies: Mapping[str, Policy] = field(default_factory=dict)
    mail: bool = False
    text: bool = False
    topics: frozenset[Recipient] = frozenset()

    @property
    def hears(self) -> bool:
        """Whether anybody can be told of anything."""
        return self.mail or self.text or bool(self.topics)


#: For processes that write no payments: through nothing, nobody is told anything.
QUIET: Final = Telling(uuid4)


@dataclass(frozen=True, slots=True)
class Tell:
    """Something that one side is to be told."""

    kind: NoticeKind
    to: Recipient
    #: What it tells of, within its payment and kind.
    about: str = ""
    due: datetime | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict)


Rule = Callable[[Payment, Note, Policy | None], Iterator[Tell]]


def plan(payment: Payment, telling: Telling) -> None:
    """Write down what is to be told of all that was just noted about a payment."""
    if not telling.hears:
        return
    session = payment.session
    for note in payment.notes:
        rule = _RULES.get(note.action)
        if rule is None:
            continue
        for tell in rule(payment, note, telling.policies.get(session.policy)):
            payment.notices += _notices(payment, tell, note.at, telling)


def key_of(payment: Payment, kind: NoticeKind, about: str, channel: Channel) -> str:
    """What makes a notice one: told once, however often it comes about."""
    return ":".join(filter(None, (kind, str(payment.session.id), about, channel)))


def channels(payment: Payment, kind: NoticeKind, to: Recipient, telling: Telling) -> Iterator[Channel]:
    """Through what somebody can be told; nothing where they have no address and nobody listens."""
    session = payment.session
    if telling.mail and (session.buyer_email if to is BUYER else session.maker_email):
        yield Channel.EMAIL
    if telling.text and to is BUYER and session.buyer_phone and kind in BY_TEXT:
        yield Channel.SMS
    if to in telling.topics:
        yield Channel.TOPIC


def _notices(payment: Payment, tell: Tell, now: datetime, telling: Telling) -> Iterator[Notice]:
    due = tell.due or now
    for channel in channels(payment, tell.kind, tell.to, telling):
        yield Notice(
            id=telling.new_id(),
            session_id=payment.session.id,
            kind=tell.kind,
            recipient=tell.to,
            channel=channel,
            dedupe_key=key_of(payment, tell.kind, tell.about, channel),
            created_at=now,
            due_at=due,
            wanted_at=due,
            facts=dict(tell.facts),
        )


def _opened(payment: Payment, note: Note, policy: Policy | None) -> Iterator[Tell]:
    """The first checkout is open. Later ones come under the same key: the link is to our page, and stays the same."""
    if payment.session.status in UNPAID and payment.session.window_started_at is not None:
        yield Tell(NoticeKind.PAYMENT_REQUIRED, BUYER)
        yield from _reminder(payment, note, policy)


def _reminder(payment: Payment, note: Note, policy: Policy | None) -> Iterator[Tell]:
    """A while before the end, unless that is nearly all of the time, or nearly now."""
    session, lead = payment.session, policy.reminder if policy else timedelta()
    whole = session.window_expires_at - (session.window_started_at or note.at)
    due = session.window_expires_at - lead
    if lead and whole >= 2 * lead and due - note.at >= lead / 2:
        version = session.window_version
        yield Tell(NoticeKind.REMINDER, BUYER, str(version), due, {"window_version": version})


def _declined(payment: Payment, note: Note, _policy: Policy | None) -> Iterator[Tell]:
    """Once for each Stripe object, whatever number of cards is tried on it, and after a rest."""
    attempt = int(note.data["attempt"])
    rest = min(DECLINE_REST, max(payment.session.window_expires_at - note.at, timedelta()) / _REST_PART)
    yield Tell(NoticeKind.PAYMENT_FAILED, BUYER, str(attempt), note.at + rest, {"attempt": attempt})


def _completed(_payment: Payment, note: Note, _policy: Policy | None) -> Iterator[Tell]:
    yield Tell(NoticeKind.PAYMENT_RECEIVED, BUYER, due=note.at + PAPER_PATIENCE)
    yield Tell(NoticeKind.LOT_PAID, MAKER)


def _refunded(_payment: Payment, note: Note, _policy: Policy | None) -> Iterator[Tell]:
    refund = str(note.data["refund"])
    yield Tell(NoticeKind.REFUNDED, BUYER, refund, note.at + PAPER_PATIENCE, {"refund": refund})


def _paper_issued(payment: Payment, note: Note, _policy: Policy | None) -> Iterator[Tell]:
    """The mail that waits for this paper goes out with it: the same key, due now.

    Later none waits. Paper for money of long ago, from before there were mails, is news to nobody.
    """
    is_receipt = note.data["kind"] == DocumentKind.RECEIPT
    refund = str(note.data["refund"])
    moved_at = payment.session.completed_at if is_receipt else _refunded_at(payment, refund)
    if moved_at is None or note.at - moved_at >= PAPER_PATIENCE:
        return
    if is_receipt:
        yield Tell(NoticeKind.PAYMENT_RECEIVED, BUYER, due=note.at)
    else:
        yield Tell(NoticeKind.REFUNDED, BUYER, refund, note.at, {"refund": refund})


def _refunded_at(payment: Payment, refund: str) -> datetime | None:
    return next((one.updated_at for one in payment.refunds if str(one.id) == refund), None)


def _extended(payment: Payment, note: Note, policy: Policy | None) -> Iterator[Tell]:
    version = payment.session.window_version
    if payment.session.window_started_at is not None:
        yield Tell(NoticeKind.WINDOW_EXTENDED, BUYER, str(version), facts={"window_version": version})
        yield from _reminder(payment, note, policy)


def _ended(payment: Payment, _note: Note, _policy: Policy | None) -> Iterator[Tell]:
    """A buyer who was never shown a checkout was not asked for anything, and is not told that it is over."""
    if payment.session.window_started_at is not None:
        yield Tell(NoticeKind.WINDOW_EXPIRED, BUYER)
    yield Tell(NoticeKind.LOT_NOT_PAID, MAKER)


_RULES: Final[Mapping[str, Rule]] = {
    "checkout_created": _opened,
    "payment_declined": _declined,
    "checkout_completed": _completed,
    "receipt_issued": _paper_issued,
    "refund_succeeded": _refunded,
    "window_extended": _extended,
    "payment_expired": _ended,
    "payment_canceled": _ended,
}
