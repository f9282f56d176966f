"""What admins do to a payment's window."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Response

from console.api import shapes
from console.api.bodies import Override, OverrideRequest, documented_body, read_override
from console.api.checkout import state_of
from console.api.repeats import Asked, IdempotencyKey, once
from console.callers import only
from console.house import JsonBody, TheApp, payment_for
from console.problems import Problem, documented, sentence
from console.responses import Json
from domain.errors import IllegalTransition, OfferRefused
from domain.payment import Payment
from models.unit_of_work import Begin
from runtime.app import App
from runtime.tokens import Caller, CallerRole

router = APIRouter(prefix="/payments", tags=["Operating"])

_CODES: Final = {
    409: (
        "already_over",
        "beyond_maximum",
        "payment_in_flight",
        "payment_completed",
        "request_in_progress",
        "answer_lost",
    ),
    422: ("invalid_request", "idempotency_key_reused"),
}


@router.post(
    "/window/{sessionId}/override",
    summary="Extend a window, or end it",
    openapi_extra=documented_body(OverrideRequest),
    response_class=Json,
    responses=documented(400, 403, 404, 409, 413, 415, 422, ok=shapes.State, codes=_CODES),
)
def override(
    caller: Annotated[Caller, Depends(only(CallerRole.ADMIN))],
    app: TheApp,
    session_id: Annotated[str, Path(alias="sessionId")],
    body: JsonBody,
    key: IdempotencyKey = None,
) -> Response:
    """Give the buyer more time, within the policy's maximum; or cancel the payment, and the lot is reopened.

    Ending is the same when done twice. Extending twice extends twice, unless both come with one `Idempotency-Key`.
    """
    wish = read_override(body)
    payment = payment_for(app, caller, session_id)
    asked = Asked(caller, key, f"override {payment.session.id}", body)

    def change(begin: Begin) -> Json:
        _change(app, begin, payment, wish, asked.actor)
        return state_of(app, caller, app.view_payments.one(payment.session.id))

    return once(app, asked, change)


def _change(app: App, begin: Begin, payment: Payment, wish: Override, actor: str) -> None:
    session_id = payment.session.id
    try:
        if wish.by is None:
            replace(app.terminate_window, begin=begin)(session_id, wish.reason, actor)
        else:
            replace(app.extend_window, begin=begin)(session_id, wish.by, wish.reason, actor)
    except OfferRefused as refused:
        raise Problem(409, refused.code, sentence(refused)) from None
    except IllegalTransition as refused:
        status = app.view_payments.one(session_id).session.status
        raise Problem(409, f"payment_{status}", sentence(refused)) from None
