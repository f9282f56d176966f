"""How our books and Stripe's stand to each other, the runs, one run, and asking for one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from console.desk import lists
from console.desk.deeds import SECURED, Deed, Question, carry_out, deed_page
from console.desk.figures import clock, relative
from console.desk.operators import Operator, TheForm, TheOperator
from console.desk.plans import Effect
from console.desk.rendering import show
from console.desk.standing import Badge
from console.house import TheApp
from console.problems import Problem
from domain.cursor import STRIPE_BALANCE, STRIPE_EVENTS
from domain.errors import NotFound
from domain.money import Money
from domain.reconciliation import ReconciliationRun, RunStatus
from domain.walks import Walk
from runtime.app import App
from runtime.tokens import CallerRole
from services.reconcile_asked import Books

BASE: Final = "/console/reconciliation"
router = APIRouter(prefix=BASE, include_in_schema=False)

STATES: Final = {
    RunStatus.ASKED: Badge("move", "i-processing", "Under way"),
    RunStatus.DONE: Badge("good", "i-completed", "Done"),
    RunStatus.FAILED: Badge("bad", "i-failed", "Failed"),
}
#: What is wrong with money that nobody can explain, and what a person can do about it.
REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "charge_not_recorded": ("Stripe took money that we have not recorded", "Its payment is looked up again by itself."),
    "refund_not_recorded": ("Stripe sent money back that we have not recorded", "Look at the payment’s refunds."),
    "returned_refund_not_recorded": ("A refund came back, and we have not recorded it", "Look at its refund."),
    "dispute_not_recorded": ("A bank moved money that we have not recorded", "Look at the dispute at Stripe."),
    "payment_not_known": (
        "Stripe took money for a payment that our books do not have",
        "The database was restored from before it was asked for: send it back at Stripe.",
    ),
    "amount_differs": ("Stripe booked another amount than we did", "Compare the payment with Stripe’s."),
    "fee_differs": ("Stripe’s fee is not the one that we booked", "Compare the payment with Stripe’s."),
    "charge_not_booked": ("We recorded money that Stripe has not booked", "Stripe may be late; look again in an hour."),
    "refund_not_booked": ("We recorded a refund that Stripe has not booked", "Stripe may be late; look again later."),
}
_READS: Final = {STRIPE_BALANCE: "Movements of money", STRIPE_EVENTS: "Events that webhooks should have brought"}


@router.get("")
def reconciliation(request: Request, operator: TheOperator, app: TheApp, *, done: str = "") -> Response:
    """What nobody can explain, what was explained, how far everything was read, and the runs."""
    books, now = app.reconcile_asked.books(), app.now()
    newest = next((run for run in books.runs if run.status is RunStatus.DONE), None)
    # What a run has seen moves by the clock a little later.
    seen = newest.found["money"]["unexplained"] if newest else {}
    books = books._replace(unexplained=dict.fromkeys(seen, 0) | books.unexplained)
    return show(
        request,
        operator,
        "reconciliation.html",
        title="Reconciliation",
        headline=_headline(books, now),
        books=books,
        reasons=REASONS,
        reads=[(word, _through(books, name)) for name, word in _READS.items()],
        runs=[(run, STATES[run.status], _summary(run)) for run in books.runs],
        newest=newest,
        balances=_balances(newest),
        may_run=operator.role is not CallerRole.AUDITOR,
        done="A worker compares now. Its run is in the list." if done else None,
    )


def _headline(books: Books, now: datetime) -> str:
    wrong = [Money(currency, minor) for currency, minor in books.unexplained.items() if minor]
    if wrong:
        return f"{' and '.join(map(str, wrong))} cannot be explained."
    if not books.unexplained:
        return "No money has moved yet."
    through = _through(books, STRIPE_BALANCE)
    read = f", read up to {clock(through, now)} UTC" if through else ""
    return f"Ours and Stripe’s agree to the cent{read}."


def _through(books: Books, name: str) -> datetime | None:
    """Up to when a list was read by the clock."""
    return next((Walk.read(one.value).through for one in books.cursors if one.name == name), None)


def _summary(run: ReconciliationRun) -> str:
    """What a run found, in a line."""
    if run.status is not RunStatus.DONE:
        return run.last_error or "Waits for a worker."
    found = run.found
    compared, lost = found["money"]["compared"], found["events"]["lostCount"]
    parts = [f"{compared:,} {'movement' if compared == 1 else 'movements'} compared"]
    parts += [f"{lost:,} lost {'webhook' if lost == 1 else 'webhooks'} caught up"] if lost else []
    repaired = found["money"]["repairedCount"]
    parts += [f"{repaired:,} {'payment' if repaired == 1 else 'payments'} repaired"] if repaired else []
    wrong = [str(Money(currency, minor)) for currency, minor in found["money"]["unexplained"].items() if minor]
    return ", ".join([*parts, f"unexplained: {', '.join(wrong)}" if wrong else "all explained"]) + "."


def _balances(run: ReconciliationRun | None) -> list[dict[str, Any]]:
    """Ours and Stripe's, as the newest run found them."""
    balances: dict[str, dict[str, int]] = (run.found.get("balances") or {}) if run else {}
    return [
        {"currency": currency, **one, "difference": one["available"] + one["pending"] - one["ours"]}
        for currency, one in balances.items()
    ]


@router.get("/run")
def ask_page(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """What a run would look at."""
    return deed_page(request, operator, _deed(operator, app, request.query_params))


@router.post("/run")
def ask(request: Request, operator: TheOperator, app: TheApp, *, form: TheForm) -> Response:
    """Ask for a run."""

    def do(reason: str) -> ReconciliationRun:
        return app.reconcile_asked.ask(_span(form), operator.actor, reason)

    return carry_out(request, operator, form, lambda: _deed(operator, app, form), do)


def _deed(operator: Operator, app: App, asked: Mapping[str, str]) -> Deed:
    operator.require(CallerRole.ADMIN, CallerRole.SUPPORT, to="have books compared")
    span, now = _span(asked), app.now()
    waiting = next((run for run in app.reconcile_asked.books().runs if run.status is RunStatus.ASKED), None)
    refused = f"One is being made already, asked for {relative(waiting.asked_at, now)}." if waiting else None
    return Deed(
        "Compare with Stripe now",
        "Compare now",
        BASE,
        (("Reconciliation", BASE),),
        seen="asked" if waiting else "free",
        refused=refused,
        effects=(
            Effect("i-call", f"Stripe’s events and movements since {clock(now - span, now)} UTC are read, 100 a call."),
            Effect("i-webhook", "Webhooks that were lost are stored and processed, as if they had come."),
            Effect("i-scale", "Every movement is compared with our books; what we had not heard of is looked up."),
            Effect("i-pay", "Payments may be completed or declined by that: by what Stripe has, never by us."),
            SECURED,
        ),
        questions=(
            Question(
                "span",
                "How far back",
                asked.get("span") or "24h",
                kind="choice",
                choices=[("1h", "1 hour"), ("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days")],
            ),
        ),
        answers={"span": asked.get("span") or "24h"},
        done=f"{BASE}?done=run",
    )


def _span(asked: Mapping[str, str]) -> timedelta:
    span = lists.SPANS.get(asked.get("span") or "24h")
    if span is None:
        raise lists.unknown_filter("span")
    return span


@router.get("/{run_id}")
def one_run(request: Request, operator: TheOperator, app: TheApp, *, run_id: str) -> Response:
    """What one run found."""
    try:
        run = app.reconcile_asked.one(UUID(run_id))
    except (ValueError, NotFound):
        raise Problem(404, "not_found", "There is no such run.") from None
    return show(
        request,
        operator,
        "run.html",
        title="A comparison",
        run=run,
        state=STATES[run.status],
        summary=_summary(run),
        balances=_balances(run),
        reasons=REASONS,
        moment=datetime.fromisoformat,
    )
