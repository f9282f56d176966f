"""What the buyer's page shows of a payment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from console.pages.english import ENGLISH_WORDS
from console.pages.german import GERMAN_WORDS
from console.pages.languages import Language
from console.pages.stages import Stage, payable_attempt
from console.pages.words import Said, Words
from domain.money import Money
from domain.payment import Payment
from domain.transaction import Disposition
from domain.wording.declines import explain
from domain.wording.titles import isolated, one_line

WORDS: Final = {"en": ENGLISH_WORDS, "de": GERMAN_WORDS}
_TONES: Final = {
    Stage.PROCESSING: "move",
    Stage.CHECKING: "move",
    Stage.PAID: "good",
    Stage.DECLINED: "warn",
    Stage.EXHAUSTED: "warn",
    Stage.EXPIRED: "end",
    Stage.LATE: "end",
    Stage.CANCELED: "end",
}
#: Where the buyer may act, and time counts.
_OPEN: Final = frozenset({Stage.PENDING, Stage.TURNED_BACK, Stage.INSTANT, Stage.DECLINED, Stage.EXHAUSTED})
#: Below this, time left is amber; below the other, larger too.
_SOON: Final = timedelta(hours=1)
_LAST: Final = timedelta(minutes=1)
_REFERENCE: Final = 8
#: Characters: a few lines on a phone.
_LONGEST_TITLE: Final = 160


@dataclass(frozen=True, slots=True)
class TimeToPay:
    """The time that is left."""

    left: str
    by: str
    end: datetime
    seconds_left: int
    seconds_in_all: int
    urgency: str


@dataclass(frozen=True, slots=True)
class BuyersPage:
    """What one buyer's page shows."""

    said: Said
    tone: str
    title: str
    amount: str
    reference: str
    #: None where time does not matter any more.
    time: TimeToPay | None
    #: None where there is nothing to pay, or not here.
    pay_url: str | None
    button: str


def buyers_page(payment: Payment, stage: Stage, words: Words, language: Language, now: datetime) -> BuyersPage:
    """Put the page together."""
    session, attempt = payment.session, payable_attempt(payment)
    title = one_line(session.title or "", _LONGEST_TITLE) or words.labels["untitled"].format(auction=session.auction_id)
    said, declined = words.said[stage], explain(session.reason, language.tag)
    facts = {
        "title": isolated(title),
        "amount": language.money(_late_money(payment) or session.amount),
        "end": language.moment(_end(payment, stage)),
        "declined": declined.title,
        "reason": declined.reason,
        "advice": declined.advice,
    }
    return BuyersPage(
        said=Said(said.title.format_map(facts), said.text.format_map(facts)),
        tone=_TONES.get(stage, "wait"),
        title=title,
        amount=language.money(session.amount),
        reference=session.id.hex[-_REFERENCE:].upper(),
        time=_time_to_pay(payment, words, language, now) if stage in _OPEN else None,
        pay_url=attempt.url if attempt and stage in _OPEN else None,
        button=words.labels["again" if stage in (Stage.DECLINED, Stage.EXHAUSTED) else "pay"],
    )


def _end(payment: Payment, stage: Stage) -> datetime:
    """When it was over: by the clock, or when somebody ended it before."""
    session = payment.session
    by_request = stage is Stage.CANCELED or session.reason == "closed_by_request"
    return (session.closed_at if by_request else None) or session.window_expires_at


def _late_money(payment: Payment) -> Money | None:
    late = [one for one in payment.transactions if one.disposition is Disposition.LATE]
    return Money(late[-1].currency, late[-1].amount_minor) if late else None


def _time_to_pay(payment: Payment, words: Words, language: Language, now: datetime) -> TimeToPay:
    session = payment.session
    end, begun = session.window_expires_at, session.window_started_at or session.created_at
    left = max(end - now, timedelta())
    return TimeToPay(
        left=language.left(left),
        by=words.labels["by"].format(end=language.moment(end)),
        end=end,
        seconds_left=int(left.total_seconds()),
        seconds_in_all=max(int((end - begun).total_seconds()), 1),
        urgency="last" if left < _LAST else "soon" if left < _SOON else "",
    )
