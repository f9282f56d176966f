"""Try again after a decline."""

import asyncio
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Depends, Path
from starlette.concurrency import run_in_threadpool

from console.api import shapes
from console.api.views import is_payable
from console.callers import only
from console.house import House, TheHouse, payment_for
from console.problems import Problem, Responses, documented, sentence
from console.responses import Json
from domain.attempt import AttemptCause, AttemptStatus, CheckoutAttempt
from domain.errors import OfferRefused, TransientError
from domain.lifecycle import COMPLETED, FINAL, PROCESSING
from domain.payment import Payment
from domain.retries import No, why_not
from runtime.tokens import Caller, CallerRole

_log = structlog.get_logger(__name__)
router = APIRouter(prefix="/payments", tags=["Checkout"])

#: The old checkout is closed, and the new one opened; more only where workers do the same at once.
_STEPS: Final = 4
_SETTLED: Final = FINAL | {COMPLETED, PROCESSING}
_ASK_AGAIN: Final = "2"
_RETRIED: Final[Responses] = {
    202: {
        "model": shapes.Retried,
        "description": "It is being opened. Ask again after `Retry-After` with the same request.",
    }
}


@router.post(
    "/retry/{sessionId}",
    summary="Try again after a decline",
    response_class=Json,
    responses=_RETRIED | documented(403, 404, 409, ok=shapes.Retried, codes={409: tuple(No)}),
)
async def retry(
    caller: Annotated[Caller, Depends(only(CallerRole.BUYER, CallerRole.SUPPORT))],
    house: TheHouse,
    session_id: Annotated[str, Path(alias="sessionId")],
) -> Json:
    """Open the next attempt at once. Safe to repeat: while that attempt can be paid, it is the answer.

    It counts as one of the policy's retries. 409 tells why none can be opened.
    """
    payment = await run_in_threadpool(payment_for, house.app, caller, session_id)
    work = house.checkouts.submit(_try_again, house, caller, payment)
    try:
        payment = await asyncio.wait_for(asyncio.wrap_future(work), house.limits.patience)
    except (TimeoutError, TransientError):  # workers go on with it
        _log.info("retry.postponed", session_id=session_id)
        payment = await run_in_threadpool(house.app.view_payments.one, payment.session.id)
    attempt = _opened_again(payment)
    opened = attempt if attempt and attempt.status is AttemptStatus.OPEN else None
    shown = shapes.Retried(
        attempt=attempt.attempt_no if attempt else None,
        stripe_checkout_url=opened.url if opened else None,
        expires_at=payment.session.window_expires_at,
    )
    return Json(shown.document(), 200 if opened else 202, None if opened else {"Retry-After": _ASK_AGAIN})


def _try_again(house: House, caller: Caller, payment: Payment) -> Payment:
    app, session_id = house.app, payment.session.id
    if _opened_again(payment) is None:
        try:
            app.retry_payment(session_id, f"{caller.role}:{caller.subject}")
        except OfferRefused as refused:
            raise Problem(409, refused.code, sentence(refused)) from None
        _log.info("payment.retried", session_id=str(session_id), by=f"{caller.role}:{caller.subject}")
    for _ in range(_STEPS):
        if not app.open_checkouts(session_id):
            break
    payment = app.view_payments.one(session_id)
    if payment.session.status in _SETTLED:  # the old checkout turned out to be paid, or the window has ended
        policy = app.require_payments.policies[payment.session.policy]
        reason = why_not(payment, policy, app.now()) or No.CLOSED
        raise Problem(409, reason, f"No further attempt can be opened: {reason}.")
    return payment


def _opened_again(payment: Payment) -> CheckoutAttempt | None:
    """The attempt that a retry has opened, or is opening, and that nothing has become of yet."""
    newest = payment.newest_attempt
    if newest is None or newest.cause is not AttemptCause.RETRY or newest.declined_at is not None:
        return None
    opening = newest.status is AttemptStatus.OPENING and payment.session.status not in FINAL
    return newest if opening or is_payable(payment.session, newest) else None
