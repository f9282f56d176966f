"""Why a payment ended unpaid, and what is still to be done about that."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from domain.attempt import AttemptStatus
from domain.endpoint import AUCTION
from domain.lifecycle import CANCELED, EXPIRED
from domain.refund_requests import person_of
from domain.standing.case import Case, Cause
from domain.standing.explanation import NOTHING, Said, Sentence, Step, must, say

_OVER: Final = frozenset({EXPIRED, CANCELED})
#: The auction service not knowing for so long that the lot is free costs sales.
_TOO_LONG: Final = timedelta(hours=1)
_REOPENED: Final = "auction.reopened"


def _not_told(case: Case) -> Said | None:
    waits = [one for one in case.beside.waiting if one.endpoint == AUCTION and one.type == _REOPENED]
    if case.session.status not in _OVER or not waits:
        return None
    one = waits[0]
    answer = (one.error or "it is being told").rstrip(".")
    why = Sentence(*_ended(case).parts, *say(" The auction service does not know yet: {answer}.", answer=answer).parts)
    you = must("Look at deliveries.") if case.now - one.since >= _TOO_LONG else NOTHING
    return Said(why, (Step(say("Told again, for three days."), one.due_at),), you)


def _closing(case: Case) -> Said | None:
    waits = [one for one in case.payment.attempts if one.close_requested_at is not None]
    waits = [one for one in waits if one.status in (AttemptStatus.OPEN, AttemptStatus.OPENING)]
    waits = [one for one in waits if one.expires_at is None or one.expires_at > case.now]
    if case.session.status not in _OVER or not waits:
        return None
    one, ended = waits[0], case.session.closed_at or case.end
    why = say("The window ended {t}. Stripe has not confirmed that the checkout is closed.", t=ended)
    again = Step(say("Asked again; money that comes is sent back."), one.due_at or one.look_up_at)
    return Said(why, (again,))


def _expired(case: Case) -> Said | None:
    if case.session.status is not EXPIRED:
        return None
    return Said(_ended(case), (_reopened(case),))


def _canceled(case: Case) -> Said | None:
    if case.session.status is not CANCELED:
        return None
    return Said(_ended(case), (_reopened(case),))


def _ended(case: Case) -> Sentence:
    session, ended = case.session, case.beside.ended
    at = session.closed_at or case.end
    by = person_of(ended.by) if ended is not None and ended.by not in ("system", "stripe") else None
    if session.status is CANCELED:
        if by is None:
            return say("Canceled {t}.", t=at)
        why = f': "{ended.why}"' if ended is not None and ended.why else ""
        return say("{who} canceled it {t}{why}.", who=by, t=at, why=why)
    if session.reason == "closed_by_request":
        who = "The auction service" if by is None or _is_service(ended.by if ended else "") else by
        return say("{who} withdrew the lot {t}.", who=who, t=at)
    return say("Nobody paid until {end}.", end=case.end)


def _is_service(actor: str) -> bool:
    return actor.partition(":")[0] not in ("admin", "cli")


def _reopened(case: Case) -> Step:
    if case.session.reason == "closed_by_request":
        return Step(say("Nothing. Money that comes is sent back."))
    return Step(say("Done: the lot was reopened {t}.", t=case.session.closed_at or case.end))


#: In this order.
OVER_CAUSES: Final[Sequence[Cause]] = (
    Cause("expired.not_told", _not_told),
    Cause("expired.closing", _closing),
)
EXPIRED_REST: Final = Cause("expired.nobody_paid", _expired)
CANCELED_REST: Final = Cause("canceled.done", _canceled)
