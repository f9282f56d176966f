"""Refunds: one admin asks, and above the house's limit another one agrees or declines."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response

from console.api import shapes, views
from console.api.bodies import Decision, RefundRequest, documented_body, read_reason, read_refund
from console.api.repeats import Asked, IdempotencyKey, once
from console.callers import only
from console.house import JsonBody, TheApp, payment_for
from console.problems import Problem, Responses, documented, not_found, sentence
from console.responses import Json
from domain.errors import ActRefused
from domain.payment import Payment
from domain.telling import Audience
from domain.transaction import Refund
from models.unit_of_work import Begin
from runtime.app import App
from runtime.tokens import Caller, CallerRole
from services.request_refund import DecideRefund

router = APIRouter(prefix="/payments", tags=["Operating"])

Admin = Annotated[Caller, Depends(only(CallerRole.ADMIN))]
_REFUSALS: Final = (
    "nothing_left",
    "amount_out_of_range",
    "invalid_amount",
    "no_such_money",
    "which_money",
    "disputed",
    "in_two_parts",
)
_OBJECTIONS: Final = (
    "not_waiting",
    "same_person",
    "cannot_tell_apart",
    "approval_expired",
    "disputed",
    "amount_out_of_range",
)
_WAITS: Final[Responses] = {
    202: {
        "model": shapes.RefundState,
        "description": "It is above the house's limit: nothing is sent before a second admin has agreed.",
    }
}


def _documented(*refusals: str) -> Responses:
    codes = {
        409: (*refusals, "request_in_progress", "answer_lost"),
        422: ("invalid_request", "idempotency_key_reused"),
    }
    return documented(400, 403, 404, 409, 413, 415, 422, ok=shapes.RefundState, codes=codes)


@router.post(
    "/{sessionId}/refund",
    summary="Send money back",
    openapi_extra=documented_body(RefundRequest),
    response_class=Json,
    responses=_WAITS | _documented(*_REFUSALS),
)
def refund(
    caller: Admin,
    app: TheApp,
    *,
    session_id: Annotated[str, Path(alias="sessionId")],
    body: JsonBody,
    key: IdempotencyKey = None,
) -> Response:
    """Send a payment's money back, in full or in part.

    200: it is being sent. 202: it is above `REFUND_TWO_PEOPLE_ABOVE`, by itself or with what one person alone has
    refunded of the same money before. Then it waits 72 hours for a second admin, and is called off after that.
    Refunding a part twice sends two parts, unless both requests come with one `Idempotency-Key`.
    """
    wish = read_refund(body)
    payment = payment_for(app, caller, session_id)
    asked = Asked(caller, key, f"refund {payment.session.id}", body)

    def ask(begin: Begin) -> Refund:
        return replace(app.request_refund, begin=begin)(
            payment.session.id,
            reason=wish.reason,
            actor=asked.actor,
            amount=wish.amount,
            payment_intent=wish.payment_intent,
        )

    return once(app, asked, _answering(ask))


@router.post(
    "/{sessionId}/refunds/{refundId}/approve",
    summary="Agree to a refund",
    openapi_extra=documented_body(Decision),
    response_class=Json,
    responses=_documented(*_OBJECTIONS),
)
def approve(
    caller: Admin,
    app: TheApp,
    *,
    session_id: Annotated[str, Path(alias="sessionId")],
    refund_id: Annotated[str, Path(alias="refundId")],
    body: JsonBody,
    key: IdempotencyKey = None,
) -> Response:
    """As the second person: it is sent at once. Whoever asked for it cannot agree to it."""
    return _decided(app, Asked(caller, key, "approve", body), session_id, refund_id, DecideRefund.approve)


@router.post(
    "/{sessionId}/refunds/{refundId}/decline",
    summary="Decline a refund",
    openapi_extra=documented_body(Decision),
    response_class=Json,
    responses=_documented("not_waiting"),
)
def decline(
    caller: Admin,
    app: TheApp,
    *,
    session_id: Annotated[str, Path(alias="sessionId")],
    refund_id: Annotated[str, Path(alias="refundId")],
    body: JsonBody,
    key: IdempotencyKey = None,
) -> Response:
    """It is called off, and the money can be asked for again. Whoever asked for it may take it back so."""
    return _decided(app, Asked(caller, key, "decline", body), session_id, refund_id, DecideRefund.decline)


def _decided(app: App, asked: Asked, session_id: str, refund_id: str, decision: Callable[..., Refund]) -> Response:
    reason = read_reason(asked.body)
    payment = payment_for(app, asked.caller, session_id)
    one = _refund_of(payment, refund_id)

    def decide(begin: Begin) -> Refund:
        decider = replace(app.decide_refund, begin=begin)
        return decision(decider, payment.session.id, one.id, reason=reason, actor=asked.actor)

    return once(app, replace(asked, what=f"{asked.what} {one.id}"), _answering(decide))


def _refund_of(payment: Payment, refund_id: str) -> Refund:
    try:
        wanted = UUID(refund_id)
    except ValueError:
        raise not_found() from None
    for one in payment.refunds:
        if one.id == wanted:
            return one
    raise not_found()


def _answering(act: Callable[[Begin], Refund]) -> Callable[[Begin], Json]:
    """An act on a refund, with its answer."""

    def answer(begin: Begin) -> Json:
        try:
            refund = act(begin)
        except ActRefused as refused:
            raise Problem(409, refused.code, sentence(refused)) from None
        return Json(views.refund(refund, Audience.STAFF).document(), 202 if refund.awaits_approval else 200)

    return answer
