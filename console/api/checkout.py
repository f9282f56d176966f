"""Checkouts: create, look, close."""

import asyncio
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Depends, Path, Response
from starlette.concurrency import run_in_threadpool

from console.api import shapes, views
from console.api.requests import CreateCheckoutRequest, read_request
from console.callers import Known, audience_of, only
from console.house import House, JsonBody, TheApp, TheHouse, TheLive, payment_for, snapshot_for
from console.problems import Problem, Responses, documented, sentence
from console.responses import Json
from domain.attempt import AttemptStatus
from domain.errors import IllegalTransition, OfferRefused
from domain.lifecycle import FINAL
from domain.messages import PaymentRequired
from domain.payment import Payment
from runtime.app import App
from runtime.tokens import Caller, CallerRole
from services.create_checkout import Created

_log = structlog.get_logger(__name__)
router = APIRouter(prefix="/payments/checkout", tags=["Checkout"])

#: Seconds after which a caller may ask again for a checkout that is not open yet.
_ASK_AGAIN: Final = "2"
_REQUEST: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": CreateCheckoutRequest.model_json_schema(by_alias=True)}},
    }
}
_CREATED: Final[Responses] = {
    200: {"model": shapes.Created, "description": "The same request was made before; this is its session."},
    201: {"model": shapes.Created, "description": "The session, with the page to pay on."},
    202: {
        "model": shapes.Created,
        "description": "The session; its page is not open yet. Ask again after `Retry-After` with the same request.",
    },
}


_REFUSALS: Final = {
    403: ("role_not_permitted", "not_announced"),
    409: ("auction_has_live_session", "conflicting_request"),
    422: ("invalid_request", "seller_is_buyer", "currency_not_in_policy", "url_not_allowed", "checkout_refused"),
}


@router.post(
    "/create",
    summary="Create a checkout",
    openapi_extra=_REQUEST,
    response_class=Json,
    responses=_CREATED | documented(400, 403, 409, 413, 415, 422, codes=_REFUSALS),
)
async def create(
    caller: Annotated[Caller, Depends(only(CallerRole.SERVICE, CallerRole.BUYER))], house: TheHouse, body: JsonBody
) -> Json:
    """Collect a payment from a buyer. Safe to repeat: the same request is answered with the same session.

    Buyers get the checkout of what the auction service has announced for them, with the same amount.
    """
    request = read_request(body)
    answer = await _within_patience(house, caller, request)
    _refuse_what_stripe_refused(answer, caller)
    session_id = answer.session.id
    shown = views.created(answer, house.app.links.page(session_id)).document()
    headers = {"Location": f"/payments/{session_id}"}
    status = 202 if answer.attempt is None else 201 if answer.is_new else 200
    _log.info("checkout.answered", session_id=str(session_id), auction_id=request.auction_id, status=status)
    return Json(shown, status, headers | ({"Retry-After": _ASK_AGAIN} if answer.attempt is None else {}))


async def _within_patience(house: House, caller: Caller, request: PaymentRequired) -> Created:
    """Create the checkout, or at least its session, before the caller's patience ends.

    Stripe may stay silent longer. Then the work goes on in its thread, and the caller asks again.
    """
    work = house.checkouts.submit(_create, house.app, caller, request)
    try:
        return await asyncio.wait_for(asyncio.wrap_future(work), house.limits.patience)
    except TimeoutError:
        return await run_in_threadpool(_claim, house.app, caller, request)


def _create(app: App, caller: Caller, request: PaymentRequired) -> Created:
    _admit(app, caller, request)
    try:
        return app.create_checkout(request)
    except OfferRefused as refused:
        raise _not_offered(refused) from None


def _claim(app: App, caller: Caller, request: PaymentRequired) -> Created:
    """Only the session; workers open its checkout."""
    _admit(app, caller, request)
    answer = app.require_payments([request])[0]
    if isinstance(answer, OfferRefused):
        raise _not_offered(answer)
    return Created(app.view_payments.one(answer.session_id).session, None, answer.is_new)


def _admit(app: App, caller: Caller, request: PaymentRequired) -> None:
    """Nobody sets their own price: a buyer needs a session that is there already."""
    if caller.role is CallerRole.SERVICE:
        return
    known = app.view_payments.listed(auction_id=request.auction_id, buyer_id=request.buyer_id)
    if request.buyer_id != caller.subject or not any(_is_asked_for(payment, request) for payment in known):
        detail = "Buyers can pay what the auction service has announced for them, and nothing else."
        raise Problem(403, "not_announced", detail)


def _is_asked_for(payment: Payment, request: PaymentRequired) -> bool:
    return request.request_id is None or payment.session.intake_key == request.intake_key


def _not_offered(refused: OfferRefused) -> Problem:
    contradicts = refused.code in ("auction_has_live_session", "conflicting_request")
    return Problem(409 if contradicts else 422, refused.code, sentence(refused))


def _refuse_what_stripe_refused(answer: Created, caller: Caller) -> None:
    attempt = answer.attempt
    if attempt is None or attempt.status is not AttemptStatus.REFUSED or answer.session.status in FINAL:
        return
    why = f" {attempt.last_error}" if caller.role is CallerRole.SERVICE and attempt.last_error else ""
    raise Problem(422, "checkout_refused", f"Stripe will not open this checkout.{why}")


@router.get(
    "/{sessionId}/status",
    summary="Where a payment stands",
    response_class=Json,
    responses=documented(404, ok=shapes.State),
)
async def status(
    caller: Known, app: TheApp, live: TheLive, session_id: Annotated[str, Path(alias="sessionId")]
) -> Response:
    """Its state, the time left, whether it can be retried, and the money that came. At most two seconds old."""
    snapshot = await snapshot_for(live, caller, session_id)
    return Response(snapshot.for_api(app.now(), audience_of(caller)), media_type="application/json")


@router.post(
    "/{sessionId}/expire",
    summary="Close a payment now",
    response_class=Json,
    responses=documented(403, 404, 409, ok=shapes.State, codes={409: ("payment_completed", "payment_processing")}),
)
def expire(
    caller: Annotated[Caller, Depends(only(CallerRole.ADMIN, CallerRole.SERVICE))],
    app: TheApp,
    session_id: Annotated[str, Path(alias="sessionId")],
) -> Json:
    """End the time to pay before its end: the session becomes `expired`, and the lot is reopened. Safe to repeat."""
    payment = payment_for(app, caller, session_id)
    try:
        app.close_by_request(payment.session.id, f"{caller.role}:{caller.subject}")
    except IllegalTransition as error:
        raise Problem(409, f"payment_{payment.session.status}", sentence(error)) from None
    _log.info("payment.closed_by_request", session_id=session_id, by=f"{caller.role}:{caller.subject}")
    return state_of(app, caller, app.view_payments.one(payment.session.id))


def state_of(app: App, caller: Caller, payment: Payment) -> Json:
    """The answer that says where a payment stands."""
    policy = app.require_payments.policies[payment.session.policy]
    receipt = views.receipt_link(app.receipts.view.receipt_of(payment.session.id))
    return Json(views.state(payment, policy, app.now(), audience_of(caller), receipt).document())
