"""One payment: why it is where it is, what comes next and when, and whether anybody must act."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from console.desk import standing, timeline
from console.desk.catalog import ACTS
from console.desk.figures import masked
from console.desk.operators import Operator, TheOperator
from console.desk.rendering import show
from console.house import TheApp, payment_for
from domain.holds import AMOUNT_DIFFERS
from domain.lifecycle import UNPAID
from domain.payment import Payment
from domain.remaining import owed
from runtime.app import App
from runtime.tokens import CallerRole

router = APIRouter(prefix="/console/payments", include_in_schema=False)

SHOWN: Final = {"all": "All", "state": "States", "stripe": "Stripe", "sent": "Sent", "people": "People"}


@dataclass(frozen=True, slots=True)
class Button:
    """Leads to an act; or says why it cannot be done."""

    name: str
    title: str
    destroys: bool
    refused: str | None


@router.get("/{session_id}")
def payment_page(request: Request, operator: TheOperator, app: TheApp, *, session_id: str, done: str = "") -> Response:
    """The page of one payment."""
    kind = request.query_params.get("show", "all")
    found = payment_for(app, operator.caller, session_id)
    happened = app.desk.timeline(found.session.id)
    payment, now = happened.payment, app.now()
    session, policy = payment.session, app.require_payments.policies[payment.session.policy]
    told = app.explain_payment.listed([payment])[session.id]
    everything = timeline.items(happened)
    whole = policy.window.total_seconds() + session.extended_seconds
    left = max(0, min(100, round(100 * (session.window_expires_at - now).total_seconds() / whole)))
    return show(
        request,
        operator,
        "payment.html",
        title=session.title or session.auction_id,
        payment=payment,
        session=session,
        policy=policy,
        badges=standing.badges(payment),
        cause=standing.cause(payment),
        told=told,
        state=standing.STATES[session.status],
        planned=timeline.planned(told, now) if kind in ("all", "state") else [],
        causes=timeline.causes(timeline.shown(everything, kind)),
        kind=kind if kind in SHOWN else "all",
        kinds=[(name, word, len(timeline.shown(everything, name))) for name, word in SHOWN.items()],
        buttons=_buttons(app, operator, payment),
        deliveries=happened.deliveries,
        receipts=app.receipts.view.of_payment(session.id),
        email=masked(session.buyer_email),
        left=left if session.status in UNPAID else None,
        done=ACTS[done].done if done in ACTS else None,
    )


def _buttons(app: App, operator: Operator, payment: Payment) -> Sequence[Button]:
    """The acts that this operator's role has. Auditors have none."""
    if operator.role is CallerRole.AUDITOR:
        return []
    waits = any(one.awaits_approval for one in payment.refunds)
    held = payment.session.held_at is not None
    hidden = set() if waits else {"agree", "decline"}
    hidden |= set() if owed(payment) else {"settle"}
    hidden |= set() if held else {"release"}
    hidden |= set() if payment.session.reason == AMOUNT_DIFFERS else {"accept"}
    made = []
    for act in ACTS.values():
        if act.name in hidden:
            continue
        refused: str | None = "Only admins can."
        if operator.role in act.roles:
            # Plans try the rules on what they are given.
            restore = payment.checkpoint()
            refused = act.plan(app, payment, {}).refused
            restore()
        made.append(Button(act.name, act.title, act.destroys, refused))
    return made
