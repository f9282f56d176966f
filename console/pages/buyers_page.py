"""What the buyer's page shows of a payment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any, Final

from markupsafe import Markup

from console.pages.card_form import CardForm
from console.pages.english import ENGLISH_WORDS
from console.pages.german import GERMAN_WORDS
from console.pages.languages import Language
from console.pages.moments import deadline, moment, time_of_day
from console.pages.paid import Paid, ShownReceipt, paid
from console.pages.returned import owed_back, way_back
from console.pages.stages import Stage, payable_attempt
from console.pages.words import Said, Words
from domain.attempt import CheckoutAttempt
from domain.money import Money
from domain.payment import Payment
from domain.policies import Policy
from domain.restating import HELD_MONEY_RETURNED
from domain.retries import attempts_left, why_not
from domain.session import PaymentSession
from domain.transaction import Disposition
from domain.wording.declines import explain
from domain.wording.reasons import reason_of
from domain.wording.titles import isolated, one_line
from runtime.settings import HouseSettings

WORDS: Final = {"en": ENGLISH_WORDS, "de": GERMAN_WORDS}
_TONES: Final = {
    Stage.PROCESSING: "move",
    Stage.CHECKING: "move",
    Stage.OPENING: "move",
    Stage.PAID: "good",
    Stage.DECLINED: "warn",
    Stage.EXHAUSTED: "warn",
    Stage.EXPIRED: "end",
    Stage.LATE: "end",
    Stage.CANCELED: "canceled",
}
#: Where the buyer may act, and time counts.
_OPEN: Final = frozenset(
    {Stage.PENDING, Stage.TURNED_BACK, Stage.INSTANT, Stage.ELSEWHERE, Stage.DECLINED, Stage.EXHAUSTED}
)
_DECLINED: Final = (Stage.DECLINED, Stage.EXHAUSTED)
#: Below this, time left is amber; below the other, larger too.
_SOON: Final = timedelta(hours=1)
_LAST: Final = timedelta(minutes=1)
_REFERENCE: Final = 8
#: Characters: a few lines on a phone.
_LONGEST_TITLE: Final = 160
_LONGEST_NAME: Final = 60
_LONGEST_LOT: Final = 24


@dataclass(frozen=True, slots=True)
class TimeToPay:
    """The time that is left."""

    left: str
    by: Markup
    seconds_left: int
    seconds_in_all: int
    urgency: str


@dataclass(frozen=True, slots=True)
class BuyersPage:
    """What one buyer's page shows."""

    stage: Stage
    version: int
    now: datetime
    end: datetime
    #: The tab's title, and the page's own.
    tab: str
    heading: str
    text: Markup
    tone: str
    #: The lot's number and its maker, as far as the auction service told them.
    lot: str
    title: str
    amount: str
    reference: str
    #: None where time does not matter any more.
    time: TimeToPay | None
    #: None where there is nothing to pay, or not there: Stripe's page, or its card fields here.
    pay_url: str | None
    card: CardForm | None
    #: The buyer may have another attempt opened.
    may_retry: bool
    button: str
    under: Markup
    paid: Paid | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a page is made of."""

    payment: Payment
    policy: Policy
    stage: Stage
    house: HouseSettings
    now: datetime
    card: CardForm | None = None
    receipt: ShownReceipt | None = None


def buyers_page(facts: Facts, words: Words, language: Language) -> BuyersPage:
    """Put the page together."""
    payment, stage = facts.payment, facts.stage
    session, attempt = payment.session, payable_attempt(payment)
    title = one_line(session.title or "", _LONGEST_TITLE) or words.labels["untitled"].format(auction=session.auction_id)
    said, filled = _said(facts, words), _filled(facts, isolated(title), words, language)
    may_retry = _may_retry(facts)
    is_open = stage in _OPEN and (stage not in _DECLINED or may_retry or attempt is not None)
    done = paid(payment, facts.receipt, words, language) if stage is Stage.PAID else None
    return BuyersPage(
        stage=stage,
        version=session.audit_seq,
        now=facts.now,
        end=session.window_expires_at,
        tab=words.labels["tab_paid"] if stage is Stage.PAID else said.title.format_map(filled),
        heading=said.title.format_map(filled),
        text=Markup(said.text).format_map(filled),  # noqa: S704 - our own words, and what is filled in is escaped
        tone=_TONES.get(stage, "wait"),
        lot=_lot(session, words),
        title=title,
        amount=done.total if done else language.money(session.amount),
        reference=session.id.hex[-_REFERENCE:].upper(),
        time=_time_to_pay(payment, words, language, facts.now) if is_open else None,
        pay_url=attempt.url if attempt and is_open and not may_retry else None,
        card=facts.card if is_open else None,
        may_retry=may_retry,
        button=_button(facts, words, language),
        under=_under(facts, attempt, words, language),
        paid=done,
        email=one_line(session.buyer_email, _LONGEST_TITLE) if session.buyer_email else None,
    )


def _said(facts: Facts, words: Words) -> Said:
    return words.returned[way_back(facts.payment)] if _is_returned(facts) else words.said[facts.stage]


def _is_returned(facts: Facts) -> bool:
    return facts.stage in _DECLINED and facts.payment.session.reason == HELD_MONEY_RETURNED


def _may_retry(facts: Facts) -> bool:
    return facts.stage is Stage.DECLINED and why_not(facts.payment, facts.policy, facts.now) is None


def _then(facts: Facts, words: Words, language: Language) -> Markup:
    """Whether the buyer can still pay, and until when."""
    if not _may_retry(facts) and payable_attempt(facts.payment) is None:
        return _with_address(facts, words.labels["cannot_pay"], words, language)
    label = words.labels["can_pay" if _is_returned(facts) else "can_pay_exhausted"]
    return Markup(label).format(amount=language.money(facts.payment.session.amount))  # noqa: S704 - our own words


def _with_address(facts: Facts, label: str, words: Words, language: Language) -> Markup:
    """A sentence that says where to write to, and until when."""
    end = time_of_day(facts.payment.session.window_expires_at, facts.now, language)
    write: str | Markup = words.labels["write"]
    if address := help_address(facts.house):
        write = Markup('<a href="mailto:{}">{}</a>').format(address, write)
    return Markup(label).format(write=write, end=end)  # noqa: S704 - our own words


def _filled(facts: Facts, title: str, words: Words, language: Language) -> Mapping[str, Any]:
    session = facts.payment.session
    declined = explain(session.reason, language.tag)
    declines = sum(one.declined_at is not None for one in facts.payment.attempts)
    return {
        "title": title,
        "house": facts.house.name,
        "maker": _maker(session) or words.labels["the_maker"],
        "amount": language.money(_late_money(facts.payment) or session.amount),
        "end": moment(_end(facts.payment, facts.stage), language, mine=True),
        "declined": declined.title,
        "reason": declined.reason,
        "advice": declined.advice,
        "declines": words.declines(declines, reason_of(session.reason)),
        "then": _then(facts, words, language) if facts.stage in _DECLINED else "",
        "owed": ", ".join(language.money(one) for one in owed_back(facts.payment)),
    }


def _lot(session: PaymentSession, words: Words) -> str:
    number = one_line(session.metadata.get("lot", ""), _LONGEST_LOT)
    lot = words.labels["lot_number"].format(number=isolated(number)) if number else words.labels["lot"]
    maker = _maker(session)
    return f"{lot} · {maker}" if maker else lot


def _maker(session: PaymentSession) -> str:
    return isolated(one_line(session.metadata.get("maker_name", ""), _LONGEST_NAME))


def _button(facts: Facts, words: Words, language: Language) -> str:
    if facts.card is not None:
        return words.labels["pay_amount"].format(amount=language.money(facts.payment.session.amount))
    names = {Stage.DECLINED: "again", Stage.EXHAUSTED: "another_card"}
    return words.labels[names.get(facts.stage, "pay")]


def _under(facts: Facts, attempt: CheckoutAttempt | None, words: Words, language: Language) -> Markup:
    """The line under the button."""
    session, labels = facts.payment.session, words.labels
    if facts.card is not None:
        return Markup(labels["under_card"])  # noqa: S704 - our own words
    if facts.stage is Stage.DECLINED and facts.policy.retry_limit:
        left = attempts_left(session, facts.policy) or 0
        tries = Markup(words.tries_left(left, facts.policy.retry_limit))  # noqa: S704 - our own words
        if session.next_retry_at is None:
            return tries
        retry = time_of_day(session.next_retry_at, facts.now, language)
        return tries + " " + Markup(labels["fresh_link"]).format(retry=retry)  # noqa: S704 - our own words
    if facts.stage is Stage.EXHAUSTED:
        return _with_address(facts, labels["under_exhausted"], words, language)
    if attempt is None or session.window_expires_at - facts.now >= _LAST:
        return Markup(labels["under"])  # noqa: S704 - our own words
    return Markup(labels["under_last"])  # noqa: S704 - our own words


def help_address(house: HouseSettings) -> str | None:
    """Where buyers ask questions."""
    return parseaddr(house.email)[1] or None if house.email else None


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
        by=Markup(words.labels["by"]).format(end=deadline(end, language)),  # noqa: S704 - our own words
        seconds_left=int(left.total_seconds()),
        seconds_in_all=max(int((end - begun).total_seconds()), 1),
        urgency="last soon" if left < _LAST else "soon" if left < _SOON else "",
    )
