"""Held payments, disputes and risk signals; security events with their counts over time, and their chain."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Request, Response

from console.desk import lists, standing
from console.desk.operators import TheOperator
from console.desk.overview import charts
from console.desk.rendering import show
from console.desk.risk import chart, words
from console.house import TheApp
from domain.overview import SPANS, USUAL
from domain.risk import WEIGHTS
from domain.security import SecurityEventKind
from models.paging import written
from models.trust_lists import SECURITY_ORDER, SIGNAL_ORDER, WantedSecurity
from runtime.tokens import CallerRole
from services.view_trust import Watch, kinds_of

BASE: Final = "/console/risk"
SECURITY: Final = f"{BASE}/security"
router = APIRouter(prefix=BASE, include_in_schema=False)

_WEIGHTY: Final = [kind for kind, weight in WEIGHTS.items() if weight.points]


@router.get("")
def risk(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """Who should not pay."""
    filters = lists.Filters.of(request, BASE, ("kind",))
    kind = filters.word("kind", _WEIGHTY)
    held, disputes = app.desk.trust.held()
    signals = app.desk.trust.signals(kind, filters.place(SIGNAL_ORDER), lists.PAGE)
    told = app.explain_payment.listed(held)
    return show(
        request,
        operator,
        "risk.html",
        title="Risk",
        headline=_headline(len(held), len(disputes)),
        held=[(one, standing.badges(one), told[one.session.id]) for one in held],
        disputes=disputes,
        rows=signals.rows,
        words=words.SIGNALS,
        filters=filters,
        kinds=[(one, words.SIGNALS[one]) for one in _WEIGHTY],
        chips=filters.chips({f"kind={one}": text.lower() for one, text in words.SIGNALS.items()}),
        pages=filters.pages(
            signals, lambda row: written(row.signal.at, row.signal.session_id, row.signal.kind, row.signal.source)
        ),
        may_act=operator.role is CallerRole.ADMIN,
    )


def _headline(held: int, disputes: int) -> str:
    if held:
        return f"{held} {'payment waits' if held == 1 else 'payments wait'} for a decision."
    if disputes:
        return f"Nothing is held; {disputes} {'dispute is' if disputes == 1 else 'disputes are'} open."
    return "Nothing is held, and nobody disputes a payment."


@router.get("/security")
def security(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """Who should not be here."""
    filters = lists.Filters.of(request, SECURITY, ("span", "kind", "actor", "payment"))
    span = SPANS[filters.word("span", list(SPANS)) or USUAL]
    frame = span.frame(app.now())
    watch = app.desk.trust.watch(frame.since, frame.step)
    wanted = WantedSecurity(
        frame.since, filters.word("kind", list(SecurityEventKind)), filters.text("actor"), filters.id("payment")
    )
    found = app.desk.trust.security(wanted, filters.place(SECURITY_ORDER), lists.PAGE)
    kinds = kinds_of(watch.counts)
    return show(
        request,
        operator,
        "security.html",
        title="Security",
        chart=chart.drawn(watch.counts, kinds, span, frame),
        total=sum(watch.counts.values()),
        levels=charts.levels(
            [(words.said(kind).title, _sum(watch, kind)) for kind in kinds], _addresses(filters, kinds)
        ),
        watch=watch,
        rows=[(event, words.said(event.kind), words.details(event, frame.until)) for event in found.rows],
        filters=filters,
        span=span,
        spans=[(one.name, filters.address(span=one.name), one is span) for one in SPANS.values()],
        kinds=[(kind, words.said(kind).title) for kind in SecurityEventKind],
        chips=[chip for chip in filters.chips(_kind_words()) if not chip.text.startswith("span")],
        pages=filters.pages(found, lambda event: written(event.audit_seq)),
    )


def _sum(watch: Watch, kind: str) -> int:
    return sum(count for (_, one), count in watch.counts.items() if one == kind)


def _addresses(filters: lists.Filters, kinds: Sequence[str]) -> list[str]:
    return [filters.address(kind=kind) for kind in kinds]


def _kind_words() -> dict[str, str]:
    return {f"kind={kind}": words.said(kind).title.lower() for kind in SecurityEventKind}
