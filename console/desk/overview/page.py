"""The page at `/console`."""

from collections import Counter
from typing import Final

from fastapi import APIRouter, Request, Response

from console.desk.operators import TheOperator
from console.desk.overview import charts, drawing, wording
from console.desk.overview.tiles import tiles
from console.desk.rendering import show
from console.house import TheApp
from console.problems import Problem
from domain.overview import SPANS, USUAL
from services.view_overview import Overview

router = APIRouter(prefix="/console", include_in_schema=False)

#: Seconds after which the page asks for news, by span.
_NEWS: Final = {"1h": 5, "24h": 10, "7d": 30, "30d": 60}
_ROLES: Final = ("worker", "scheduler")


@router.get("")
def overview(request: Request, operator: TheOperator, app: TheApp, span: str = USUAL, currency: str = "") -> Response:
    """How payments go over a span."""
    if span not in SPANS:
        raise Problem(422, "invalid_request", f"There is no such span: use {', '.join(SPANS)}.")
    view = app.desk.overview(SPANS[span])
    takings = view.counted.takings or ()
    chosen = next((one for one in takings if one.currency == currency), takings[0] if takings else None)
    return show(
        request,
        operator,
        "overview.html",
        title="Overview",
        heading=wording.title(view),
        summary=wording.summary(view),
        view=view,
        spans=SPANS.values(),
        news=_NEWS[span],
        told=[wording.tell(need, view.at) for need in view.standing.needs] if view.standing else [],
        tiles=list(tiles(view)),
        chosen=chosen,
        currencies=[one.currency for one in takings],
        money=chosen and drawing.money(chosen, view),
        success=view.counted.endings and drawing.success(view.counted.endings, view),
        to_pay=view.counted.endings and drawing.to_pay(view.counted.endings),
        windows=view.standing and drawing.windows(view.standing.windows),
        lag=view.counted.lags and drawing.lag(view.counted.lags, view),
        work=view.standing and drawing.work(view.standing.backlogs),
        heard=_heard(view),
        every=charts.every(view.frame.step),
    )


def _heard(view: Overview) -> list[tuple[str, bool]]:
    """Which processes are alive, in words, and whether that is well."""
    if view.standing is None:
        return []
    alive = Counter(one.role for one in view.standing.processes if not one.is_gone(view.at))
    return [
        (
            f"{alive[role]} {role}{'s' if alive[role] != 1 else ''} alive" if alive[role] else f"no {role} alive",
            bool(alive[role]),
        )
        for role in _ROLES
    ]
