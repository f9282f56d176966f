"""Why a declined payment is where it is, and when it is tried again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from domain.attempt import AttemptCause, AttemptStatus
from domain.lifecycle import FAILED
from domain.policies import AttemptKind
from domain.remaining import lost_of, owed, refunds_of
from domain.restating import HELD_MONEY_RETURNED
from domain.retries import attempts_left
from domain.settlement import AUTHENTICATION_FAILURES
from domain.standing.case import Case, Cause, decline_words
from domain.standing.explanation import Said, Sentence, Step, may, say
from domain.transaction import UNDER_WAY, Disposition


def _retrying(case: Case) -> Said | None:
    session, newest = case.session, case.newest
    if not _fits(case) or newest is None:
        return None
    is_opening = newest.status is AttemptStatus.OPENING and newest.cause is AttemptCause.RETRY
    is_closing = newest.status is AttemptStatus.OPEN and newest.close_requested_at is not None
    is_asked = session.retry_asked_at is not None or _is_due(session.next_retry_at, case.now)
    if not (is_opening or is_closing or is_asked):
        return None
    number, old = session.retry_count + (not is_opening), newest.attempt_no - is_opening
    again = case.retry_words(number)
    why = say("{Again} is being made; attempt {a} is closed at Stripe first.", Again=again.capitalize(), a=old)
    return Said(why, (Step(say("Seconds. If attempt {a} turns out paid, that is recorded.", a=old)),))


def _opening(case: Case) -> Said | None:
    """Another attempt is opened that is no retry: the one before ended too early."""
    newest = case.newest
    if not _fits(case) or newest is None or newest.status is not AttemptStatus.OPENING:
        return None
    if newest.cause is AttemptCause.RETRY:
        return None
    why = Sentence(*_declined(case).parts, *say(" Attempt {a} is being opened.", a=newest.attempt_no).parts)
    return Said(why, (Step(say("Attempt {a} opens.", a=newest.attempt_no), newest.due_at), case.closes))


def _confirmation(case: Case) -> Said | None:
    if not _fits(case) or case.session.reason not in AUTHENTICATION_FAILURES or case.session.next_retry_at is None:
        return None
    why = say("The confirmation with the buyer's bank failed or was left, {t}.", t=case.declined_at)
    return Said(why, (*_retry_steps(case, case.session.next_retry_at), case.closes), may("Retry now or extend."))


def _retry_planned(case: Case) -> Said | None:
    due = case.session.next_retry_at
    if not _fits(case) or due is None or case.newest is None:
        return None
    stays = case.newest.status is AttemptStatus.OPEN
    also = say(" Attempt {a} stays open at Stripe.", a=case.newest.attempt_no) if stays else say("")
    why = Sentence(*_declined(case).parts, *also.parts)
    return Said(why, (*_retry_steps(case, due), case.closes), may("Retry now or extend."))


def _went_back(case: Case) -> Said | None:
    """What was held is held no longer, and nothing is left through which the buyer could pay instead."""
    if not _fits(case) or not _is_returned(case) or case.can_be_paid:
        return None
    why = Sentence(*_declined(case).parts, " The buyer cannot pay again: nothing is open to pay through.")
    return Said(why, (case.closes,), may("Terminate it, so that the lot is reopened at once."))


def _instant(case: Case) -> Said | None:
    if not _fits(case) or case.policy.kind is not AttemptKind.PAYMENT_INTENT:
        return None
    if _is_returned(case):
        why = Sentence(*_declined(case).parts, *say(" The buyer may pay on the page until {end}.", end=case.end).parts)
    else:
        why = say("Declined {t}. The buyer may try again on the page until {end}.", t=case.declined_at, end=case.end)
    return Said(why, (case.closes,))


def _none_left(case: Case) -> Said | None:
    if not _fits(case) or attempts_left(case.session, case.policy) != 0:
        return None
    works = any(one.status is AttemptStatus.OPEN for one in case.payment.live_attempts)
    link = "The buyer's link still works." if works else "Nothing is open to pay through."
    if _is_returned(case):
        why = say("{back} All {m} retries are used. {link}", back=_declined(case), m=case.retries, link=link)
    else:
        why = say(
            "All {m} retries are used, last declined {t}: {reason}. {link}",
            m=case.retries,
            t=case.declined_at,
            reason=_reason(case),
            link=link,
        )
    return Said(why, (case.closes,), may("Extend or resend the link."))


def _no_time_left(case: Case) -> Said | None:
    if not _fits(case):
        return None
    why = Sentence(*_declined(case).parts, " The next retry would begin after the window's end.")
    return Said(why, (case.closes,), may("Extend."))


def _fits(case: Case) -> bool:
    return case.session.status is FAILED and case.is_unpaid and case.session.held_at is None


def _is_due(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _reason(case: Case) -> str:
    return decline_words(case.declined.decline_code if case.declined else case.session.reason)


def _declined(case: Case) -> Sentence:
    if _is_returned(case):
        return say("Money came that could not be kept; {how}.", how=_how_it_went(case))
    return say("The buyer's bank declined: {reason}, last {t}.", reason=_reason(case), t=case.declined_at)


def _is_returned(case: Case) -> bool:
    return case.session.reason == HELD_MONEY_RETURNED


def _how_it_went(case: Case) -> str:
    """By which ways what was held has gone back to its buyer, or is to."""
    payment = case.payment
    held = [one for one in payment.transactions if one.disposition is Disposition.HELD]
    on_its_way = any(refund.status in UNDER_WAY for one in held for refund in refunds_of(payment, one))
    ways = {
        "was sent back": on_its_way or any(one.refunded_minor for one in held),
        "was taken back by the buyer's bank": any(lost_of(payment, one) for one in held),
        "was paid back another way": any(one.settled_minor for one in held),
        "is owed back": any(one.transaction in held for one in owed(payment)),
    }
    true = [way for way, is_so in ways.items() if is_so] or ["went back"]
    return f"it {true[0]}" if len(true) == 1 else ", ".join(f"a part {way}" for way in true)


def _retry_steps(case: Case, due: datetime) -> tuple[Step, ...]:
    newest = case.newest
    number = newest.attempt_no if newest else 0
    again = case.retry_words(case.session.retry_count + 1).capitalize()
    ended = newest is not None and newest.status is not AttemptStatus.OPEN
    closes = "" if ended else f"closes attempt {number}, "
    words = say("{Again}; {closes}opens attempt {a}, mails a fresh link.", Again=again, closes=closes, a=number + 1)
    return (Step(words, due),)


#: In this order.
FAILED_CAUSES: Final[Sequence[Cause]] = (
    Cause("failed.retrying", _retrying),
    Cause("failed.opening", _opening),
    Cause("failed.went_back", _went_back),
    Cause("failed.instant", _instant),
    Cause("failed.confirmation", _confirmation),
    Cause("failed.retry_planned", _retry_planned),
    Cause("failed.none_left", _none_left),
    Cause("failed.no_time_left", _no_time_left),
)
