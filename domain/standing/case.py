"""One payment with all that is known about it at one moment, and what the rows of each status ask of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from domain.attempt import AttemptCause, AttemptStatus, CheckoutAttempt
from domain.lifecycle import UNPAID
from domain.money import Money
from domain.notice import Channel, NoticeStatus
from domain.notices import NoticeKind
from domain.payment import Payment
from domain.policies import AttemptKind, Policy
from domain.retries import attempts_left
from domain.session import PaymentSession
from domain.standing.beside import Beside, Mail
from domain.standing.explanation import Said, Step, say
from domain.wording.declines import explain as decline_in_words

#: Letters that carry the buyer's link.
_WITH_LINK: Final = frozenset(
    {NoticeKind.PAYMENT_REQUIRED, NoticeKind.REMINDER, NoticeKind.PAYMENT_FAILED, NoticeKind.WINDOW_EXTENDED}
)


@dataclass(frozen=True)
class Case:
    """What a row looks at."""

    payment: Payment
    beside: Beside
    policy: Policy
    now: datetime

    @property
    def session(self) -> PaymentSession:
        """Its session."""
        return self.payment.session

    @property
    def end(self) -> datetime:
        """When its window ends."""
        return self.session.window_expires_at

    @property
    def is_over(self) -> bool:
        """Whether its window has run out unpaid, and nobody has closed it yet."""
        return self.session.status in UNPAID and self.now >= self.end

    @property
    def is_unpaid(self) -> bool:
        """Whether the buyer could pay, or soon can."""
        return self.session.status in UNPAID and self.now < self.end

    @cached_property
    def newest(self) -> CheckoutAttempt | None:
        """The attempt opened last."""
        return self.payment.newest_attempt

    @cached_property
    def opening(self) -> CheckoutAttempt | None:
        """The attempt that is being opened, unless a hold keeps it."""
        newest = self.newest
        if newest is None or newest.status is not AttemptStatus.OPENING or self.session.held_at is not None:
            return None
        return newest

    @property
    def can_be_paid(self) -> bool:
        """Whether something is open to pay through, is being opened, or may be once no hold keeps it from that."""
        if any(one.close_requested_at is None for one in self.payment.live_attempts) or self.session.next_retry_at:
            return True
        return self.policy.kind is AttemptKind.CHECKOUT and attempts_left(self.session, self.policy) != 0

    @cached_property
    def declined(self) -> CheckoutAttempt | None:
        """The attempt that was declined last."""
        known = [one for one in self.payment.attempts if one.declined_at is not None]
        return max(known, key=lambda one: one.declined_at or self.now, default=None)

    @property
    def declined_at(self) -> datetime:
        """When the bank declined last."""
        one = self.declined
        return self.session.updated_at if one is None or one.declined_at is None else one.declined_at

    @property
    def retries(self) -> int | None:
        """How many retries the policy has; None: as many as fit."""
        return self.policy.retry_limit

    @cached_property
    def link_mail(self) -> Mail | None:
        """The newest letter with the buyer's link that was meant for the buyer's own mailbox."""
        mine = (one for one in self.beside.mails if one.kind in _WITH_LINK and one.channel is Channel.EMAIL)
        return next((one for one in mine if one.status is not NoticeStatus.DROPPED), None)

    @property
    def closes(self) -> Step:
        """What happens at the end of the window."""
        return Step(say("Closes, the lot is reopened."), self.end)

    def retry_words(self, number: int) -> str:
        """A retry by its number, such as `retry 2 of 3`."""
        return f"retry {number}" if self.retries is None else f"retry {number} of {self.retries}"


Row = Callable[[Case], Said | None]


@dataclass(frozen=True, slots=True)
class Cause:
    """A row of the table: a stable word, and what it says of payments that it fits."""

    code: str
    says: Row


def decline_words(code: str | None) -> str:
    """Why the bank declined, as a part of a sentence. What the bank conceals from buyers stays a code."""
    reason = decline_in_words(code, "en").reason.rstrip(".")
    reason = reason[0].lower() + reason[1:]
    return f"{reason} ({code})" if code else reason


def opened_after(payment: Payment, attempt: CheckoutAttempt) -> str:
    """Why another attempt was opened."""
    before: Sequence[CheckoutAttempt] = [one for one in payment.attempts if one.attempt_no < attempt.attempt_no]
    match attempt.cause:
        case AttemptCause.RETRY:
            declined = [one for one in before if one.declined_at is not None]
            return f"a decline: {decline_words(declined[-1].decline_code)}" if declined else "a decline"
        case AttemptCause.EXTENSION:
            return "an extension of the time to pay"
        case _:
            return "the one before it came to nothing"


def amount_of(minor: int, currency: str) -> Money:
    """An amount of a record."""
    return Money(currency, minor)
