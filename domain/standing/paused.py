"""A queue is paused in which something of this payment waits, or will."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from domain.endpoint import BELL_OF
from domain.lifecycle import FINAL
from domain.notice import NoticeStatus
from domain.queues import Pause
from domain.receipt import ReceiptStatus
from domain.refund_requests import person_of
from domain.standing.case import Case, Cause
from domain.standing.explanation import Said, Step, may, must, say
from domain.transaction import RefundStatus

_PRINTING: Final = (ReceiptStatus.WANTED, ReceiptStatus.NUMBERED)


def _ends_meanwhile(case: Case, pause: Pause) -> bool:
    return case.is_over or (case.is_unpaid and (pause.until is None or pause.until > case.end))


def _waits_to_hear(endpoint: str, case: Case, _pause: Pause) -> bool:
    return any(one.endpoint == endpoint for one in case.beside.waiting)


#: For each queue: whether it matters to a payment, and what waits.
_WAITS: Final[Mapping[str, tuple[Callable[[Case, Pause], bool], str]]] = {
    "checkouts": (
        lambda case, _: any(one.due_at is not None for one in case.payment.attempts),
        "Its checkout is neither opened nor closed at Stripe.",
    ),
    "events": (
        lambda case, _: case.session.status not in FINAL,
        "What Stripe tells of it is stored, and nothing is made of it.",
    ),
    "windows": (_ends_meanwhile, "Its window is not closed when it ends: the buyer can still pay."),
    "retries": (
        lambda case, _: case.session.next_retry_at is not None and case.is_unpaid,
        "Its next attempt is not opened.",
    ),
    "refunds": (
        lambda case, _: any(
            one.status is RefundStatus.REQUESTED and not one.awaits_approval for one in case.payment.refunds
        ),
        "Its refund is not sent.",
    ),
    "notices": (
        lambda case, _: any(one.status is NoticeStatus.QUEUED for one in case.beside.mails),
        "Its letters are not sent.",
    ),
    "receipts": (
        lambda case, _: any(one.status in _PRINTING for one in case.beside.papers),
        "Its receipt is not issued.",
    ),
    **{
        bell.partition(".")[0]: (partial(_waits_to_hear, endpoint), f"The {endpoint} service is not told.")
        for endpoint, bell in BELL_OF.items()
    },
}


def _queue_paused(case: Case) -> Said | None:
    for pause in case.beside.pauses:
        matters, harm = _WAITS.get(pause.queue, (_never, ""))
        if matters(case, pause):
            return _said(pause, harm)
    return None


def _said(pause: Pause, harm: str) -> Said:
    why = say(
        "{harm} The queue {queue} is paused since {t} by {by}: {reason}.",
        harm=harm,
        queue=pause.queue,
        t=pause.paused_at,
        by=person_of(pause.paused_by),
        reason=pause.reason.rstrip("."),
    )
    if pause.until is None:
        return Said(why, (Step(say("Nothing until it is resumed.")),), must("Resume the queue."))
    return Said(why, (Step(say("The queue goes on by itself."), pause.until),), may("Resume the queue earlier."))


def _never(_case: Case, _pause: Pause) -> bool:
    return False


QUEUE_PAUSED: Final = Cause("any.queue_paused", _queue_paused)
