"""The page at `/console/payments`, and what has changed since it was made."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.desk import standing
from console.desk.operators import MAY_EXPORT, TheOperator
from console.desk.payments.filters import BASE, VIEWS, Filters
from console.desk.rendering import show
from console.house import TheApp
from console.problems import Problem
from domain.lifecycle import UNPAID, Status
from domain.payment import Payment
from domain.policies import Policy
from domain.standing.explanation import Explanation
from runtime.app import App
from services.find_payments import PAGE, Found

router = APIRouter(prefix=BASE, include_in_schema=False)

#: More are not counted beside a name; pages say "1,000+".
_COUNTED: Final = 1_000
#: Counts of saved views stay true enough for so long.
_KEEP: Final = timedelta(seconds=10)
#: Seconds after which the page asks whether something has changed.
_NEWS: Final = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One payment of the list."""

    payment: Payment
    badges: Sequence[standing.Badge]
    cause: str | None
    told: Explanation
    #: How much of its window is left, of 100; None where the window does not run.
    left: int | None
    #: Whether that is less than an hour.
    is_short: bool


@dataclass(frozen=True, slots=True)
class View:
    """A saved view, and how many payments it holds."""

    name: str
    address: str
    count: str
    current: bool
    #: Whether what it holds waits for a person.
    waits: bool


@dataclass(slots=True)
class _Counts:
    """What the saved views hold, counted once for all who look within seconds."""

    counted: dict[str, int | None] = field(default_factory=dict)
    at: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, app: App) -> dict[str, int | None]:
        with self.lock:
            now = app.now()
            if self.at is None or not timedelta(0) <= now - self.at < _KEEP:
                wishes = {name: Filters.of(view).wish for name, view in VIEWS.items()}
                self.counted = {name: app.desk.find_payments.count(wish, _COUNTED) for name, wish in wishes.items()}
                self.at = now
            return self.counted


@router.get("")
def payments(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """One page of the list; a search with one hit opens it."""
    filters = Filters.of(request.query_params)
    wish = filters.wish
    found = app.desk.find_payments(wish)
    is_place = wish.after is not None or wish.before is not None
    if list(filters.set) == ["q"] and len(found.payments) == 1 and not is_place:
        return RedirectResponse(f"{BASE}/{found.payments[0].session.id}", 303)
    policies, now = app.require_payments.policies, app.now()
    told = app.explain_payment.listed(found.payments)
    rows = [_row(one, told[one.session.id], policies[one.session.policy], now) for one in found.payments]
    counts = _counts(request).of(app)
    whole = _whole(filters, found, app, counts)
    return show(
        request,
        operator,
        "payments.html",
        title="Payments",
        rows=rows,
        filters=filters,
        chips=filters.chips(),
        views=[_view(name, filters, counts[name]) for name in VIEWS],
        count=_counted(whole),
        states=list(Status),
        policies=sorted(policies),
        pages=_pages(filters, found),
        density=filters.address(density=None if filters.tight else "tight"),
        export=filters.address("/export"),
        may_export=operator.role in MAY_EXPORT,
        news=filters.address(
            "/news", made=now.isoformat(), shown=_shown(found), after=_id(wish.after), before=_id(wish.before)
        ),
        news_seconds=_NEWS,
        again=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
    )


@router.get("/news")
def news(request: Request, operator: TheOperator, app: TheApp, made: str, shown: str = "") -> Response:
    """Whether something on a page has changed since it was made. Rows never move by themselves."""
    filters = Filters.of({name: value for name, value in request.query_params.items() if name not in ("made", "shown")})
    try:
        since, ids = datetime.fromisoformat(made), [UUID(hex=one) for one in shown.split(".") if one][:PAGE]
    except ValueError:
        raise Problem(422, "invalid_request", "This asks about no page of ours.") from None
    if since.tzinfo is None:
        raise Problem(422, "invalid_request", "This asks about no page of ours.")
    changed, newer = app.desk.find_payments.news(filters.wish, ids, since)
    again = filters.address(after=_id(filters.wish.after), before=_id(filters.wish.before))
    return show(request, operator, "payments_news.html", changed=changed, newer=newer, again=again)


def _counts(request: Request) -> _Counts:
    state = request.app.state
    if not hasattr(state, "desk_counts"):
        state.desk_counts = _Counts()
    counts: _Counts = state.desk_counts
    return counts


def _whole(filters: Filters, found: Found, app: App, counts: dict[str, int | None]) -> int | None:
    """How many there are on all pages; not counted again where that is known."""
    if not found.has_newer and not found.has_older:
        return len(found.payments)
    for name, view in VIEWS.items():
        if filters.set == view:
            return counts[name]
    return app.desk.find_payments.count(filters.wish, _COUNTED)


def _counted(count: int | None) -> str:
    if count is None:
        return "many"
    return f"{count:,}" if count <= _COUNTED else f"{_COUNTED:,}+"


def _view(name: str, filters: Filters, count: int | None) -> View:
    address = Filters(VIEWS[name], filters.wish, filters.tight).address()
    waits = name == "Needs you" and bool(count)
    return View(name, address, _counted(count), filters.set == VIEWS[name], waits)


def _row(payment: Payment, told: Explanation, policy: Policy, now: datetime) -> Row:
    session = payment.session
    left, short = None, False
    if session.status in UNPAID:
        whole = policy.window.total_seconds() + session.extended_seconds
        rest = session.window_expires_at - now
        left = max(0, min(100, round(100 * rest.total_seconds() / whole)))
        short = rest < timedelta(hours=1)
    return Row(payment, standing.badges(payment), standing.cause(payment), told, left, short)


def _pages(filters: Filters, found: Found) -> dict[str, str | None]:
    ids = [one.session.id for one in found.payments]
    newer = filters.address(before=str(ids[0])) if found.has_newer and ids else None
    older = filters.address(after=str(ids[-1])) if found.has_older and ids else None
    return {"newer": newer, "older": older}


def _shown(found: Found) -> str:
    return ".".join(one.session.id.hex for one in found.payments)


def _id(place: UUID | None) -> str | None:
    return None if place is None else str(place)
