"""The list of payments: which ones are like this one, and what will they do?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.desk import standing
from console.desk.operators import TheOperator
from console.desk.rendering import show
from console.house import TheApp
from console.problems import Problem
from domain.lifecycle import UNPAID, Status
from domain.payment import Payment
from domain.policies import Policy
from domain.standing.explanation import Explanation
from models.payment_search import Wish
from services.find_payments import Found

router = APIRouter(prefix="/console/payments", include_in_schema=False)

#: Saved views: their names, and what they add to the address.
VIEWS: Final[Mapping[str, Mapping[str, str]]] = {
    "All": {},
    "Needs you": {"needs": "operator"},
    "Closing within the hour": {"left": "under:60m"},
    "Failed, will retry": {"status": "failed"},
    "Money on its way": {"status": "processing"},
}
_FIELDS: Final = ("q", "status", "policy", "currency", "auction", "buyer", "maker", "needs", "left")
_LEFT: Final = {"under:10m": timedelta(minutes=10), "under:60m": timedelta(hours=1), "under:6h": timedelta(hours=6)}


@dataclass(frozen=True, slots=True)
class Row:
    """One payment of the list."""

    payment: Payment
    badges: Sequence[standing.Badge]
    cause: str | None
    told: Explanation
    #: How much of its window is left, of 100; None where the window does not run.
    left: int | None


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the address without it."""

    text: str
    without: str


@router.get("")
def payments(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """One page of the list; a search with one hit opens it."""
    asked = {name: value.strip() for name, value in request.query_params.items() if value.strip()}
    filters: dict[str, str] = {name: asked[name] for name in _FIELDS if name in asked}
    found = app.desk.find_payments(_wish(filters, asked))
    if list(filters) == ["q"] and len(found.payments) == 1 and "after" not in asked and "before" not in asked:
        return RedirectResponse(f"/console/payments/{found.payments[0].session.id}", 303)
    policies, now = app.require_payments.policies, app.now()
    told = app.explain_payment.listed(found.payments)
    rows = [_row(one, told[one.session.id], policies[one.session.policy], now) for one in found.payments]
    return show(
        request,
        operator,
        "payments.html",
        title="Payments",
        rows=rows,
        filters={name: filters.get(name, "") for name in _FIELDS},
        chips=[Chip(_chip(name, value), _without(filters, name)) for name, value in filters.items()],
        views=[(name, _address(view), filters == view) for name, view in VIEWS.items()],
        states=list(Status),
        policies=sorted(policies),
        pages=_pages(filters, found),
    )


def _wish(filters: Mapping[str, str], asked: Mapping[str, str]) -> Wish:
    status, left = filters.get("status"), filters.get("left")
    wrong = [name for name, ok in (("status", status in (None, *Status)), ("left", left in (None, *_LEFT))) if not ok]
    if any("\x00" in value for value in asked.values()):
        wrong.append("q")
    try:
        places = {name: UUID(asked[name]) for name in ("after", "before") if name in asked}
    except ValueError:
        wrong.append("after")
    if wrong:
        raise Problem(422, "invalid_request", f"This filter means nothing here: {', '.join(wrong)}.")
    return Wish(
        q=filters.get("q"),
        status=status,
        policy=filters.get("policy"),
        currency=filters.get("currency"),
        auction=filters.get("auction"),
        buyer=filters.get("buyer"),
        maker=filters.get("maker"),
        needs_operator=filters.get("needs") == "operator",
        left_under=None if left is None else _LEFT[left],
        after=places.get("after"),
        before=places.get("before"),
    )


def _row(payment: Payment, told: Explanation, policy: Policy, now: datetime) -> Row:
    session = payment.session
    left = None
    if session.status in UNPAID:
        whole = policy.window.total_seconds() + session.extended_seconds
        left = max(0, min(100, round(100 * (session.window_expires_at - now).total_seconds() / whole)))
    return Row(payment, standing.badges(payment), standing.cause(payment), told, left)


def _pages(filters: Mapping[str, str], found: Found) -> dict[str, str | None]:
    ids = [one.session.id for one in found.payments]
    newer = _address({**filters, "before": str(ids[0])}) if found.has_newer and ids else None
    older = _address({**filters, "after": str(ids[-1])}) if found.has_older and ids else None
    return {"newer": newer, "older": older}


def _without(filters: Mapping[str, str], name: str) -> str:
    return _address({key: value for key, value in filters.items() if key != name})


def _address(filters: Mapping[str, str]) -> str:
    return "/console/payments" + (f"?{urlencode(filters)}" if filters else "")


def _chip(name: str, value: str) -> str:
    if name == "needs":
        return "needs you"
    if name == "left":
        return f"less than {value.removeprefix('under:')} left"
    return f"{'search' if name == 'q' else name}: {value}"
