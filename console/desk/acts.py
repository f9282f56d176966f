"""Acts on a payment, each a page of its own: what will happen first, and then, if nothing has moved, doing it."""

from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.desk.catalog import ACTS, Act, Confirmed
from console.desk.money_plans import waiting_refund
from console.desk.operators import Operator, TheForm, TheOperator, reason_of
from console.desk.plans import Plan
from console.desk.rendering import show
from console.house import TheApp, payment_for
from console.problems import Problem, not_found, sentence
from domain.errors import ActRefused, IllegalTransition, OfferRefused
from domain.payment import Payment
from runtime.app import App
from services.act_as_seen import Moved

router = APIRouter(prefix="/console/payments", include_in_schema=False)

_MOVED: Final = "The payment has changed meanwhile. Nothing was done; this is the new plan."


@router.get("/{session_id}/{name}")
def act_page(request: Request, operator: TheOperator, app: TheApp, session_id: str, name: str) -> Response:
    """What an act would do. Nothing has changed yet."""
    act = _act(operator, name)
    payment = payment_for(app, operator.caller, session_id)
    return _page(request, operator, app, act, payment=payment, form=request.query_params)


@router.post("/{session_id}/{name}")
def act_on(
    request: Request, operator: TheOperator, app: TheApp, *, form: TheForm, session_id: str, name: str
) -> Response:
    """Do it, unless the payment has moved since the plan was made."""
    act = _act(operator, name)
    payment = payment_for(app, operator.caller, session_id)
    reason, seen = reason_of(form), form.get("seen", "")
    if not reason:
        said = "Say why. The reason is kept in the audit trail."
        return _page(request, operator, app, act, payment=payment, form=form, said=said, status=422)
    if not seen.isascii() or not seen.isdigit() or len(seen) > 9:  # noqa: PLR2004 - more is no number of an entry
        return _page(request, operator, app, act, payment=payment, form=form, said=_MOVED, status=409)
    confirmed = Confirmed(payment, form, operator.actor, reason)
    try:
        app.desk.act_as_seen(payment.session.id, int(seen), lambda begin: act.do(app, begin, confirmed))
    except Moved:
        payment = payment_for(app, operator.caller, session_id)
        return _page(request, operator, app, act, payment=payment, form=form, said=_MOVED, status=409)
    except (ActRefused, OfferRefused, IllegalTransition) as refused:
        payment = payment_for(app, operator.caller, session_id)
        said = f"Nothing was done: {sentence(refused)}"
        return _page(request, operator, app, act, payment=payment, form=form, said=said, status=409)
    return RedirectResponse(f"/console/payments/{payment.session.id}?done={act.name}", 303)


def _act(operator: Operator, name: str) -> Act:
    act = ACTS.get(name)
    if act is None:
        raise not_found()
    operator.require(*sorted(act.roles), to=act.title.lower().removesuffix(" now"))
    return act


def _page(
    request: Request,
    operator: Operator,
    app: App,
    act: Act,
    *,
    payment: Payment,
    form: Mapping[str, str],
    said: str | None = None,
    status: int = 200,
) -> Response:
    seen, title = payment.session.audit_seq, payment.session.title or payment.session.auction_id
    refund = waiting_refund(payment, form)
    if "\x00" in "".join(form.values()):
        raise Problem(422, "invalid_request", "This text has a sign in it that is none.")
    choices = _choices(app, act, payment)
    plan: Plan = act.plan(app, payment, form)
    return show(
        request,
        operator,
        "act.html",
        status=status,
        title=f"{act.title}: {title}",
        act=act,
        plan=plan,
        lot=title,
        session=payment.session,
        seen=seen,
        said=said,
        reason=form.get("reason", ""),
        minutes=form.get("minutes") or "120",
        amount=form.get("amount", ""),
        choices=choices,
        chosen=form.get(act.choice.name, "") if act.choice else "",
        refund=refund.id if refund else "",
    )


def _choices(app: App, act: Act, payment: Payment) -> Sequence[tuple[str, str]]:
    """What the form lets one choose from."""
    if act.choice is None:
        return []
    found = act.choice.of(app, payment)
    return [] if act.choice.only_many and len(found) < 2 else found  # noqa: PLR2004 - one is no choice
