"""How a buyer has paid."""

from typing import Annotated

from fastapi import APIRouter, Depends

from console.api import shapes
from console.callers import only
from console.house import TheApp
from console.problems import documented
from console.responses import Json
from domain.payment_method import PaymentMethod
from runtime.tokens import Caller, CallerRole

router = APIRouter(prefix="/payments", tags=["Payments"])


@router.get(
    "/methods",
    summary="How I have paid",
    response_class=Json,
    responses=documented(403, ok=shapes.PaymentMethods),
)
def methods(caller: Annotated[Caller, Depends(only(CallerRole.BUYER))], app: TheApp) -> Json:
    """The buyer's own payment methods, the one used last first. Never card data."""
    known = app.view_payments.methods(caller.subject)
    return Json(shapes.PaymentMethods(data=[_shown(one) for one in known]).document())


def _shown(one: PaymentMethod) -> shapes.PaymentMethodState:
    return shapes.PaymentMethodState(
        id=one.id,
        type=one.type,
        brand=one.brand,
        last4=one.last4,
        exp_month=one.exp_month,
        exp_year=one.exp_year,
        first_used_at=one.first_used_at,
        last_used_at=one.last_used_at,
    )
