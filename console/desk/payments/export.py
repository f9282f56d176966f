"""Payments as a file: how many first, then the rows as they are read."""

from dataclasses import astuple

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from console.desk.deeds import SECURED, Deed, deed_page
from console.desk.operators import MAY_EXPORT, TheForm, TheOperator, reason_of
from console.desk.payments.filters import BASE, Filters
from console.desk.plans import Effect
from console.desk.spreadsheets import as_csv
from console.house import TheApp
from console.problems import sentence
from domain.errors import ActRefused
from runtime.app import App
from services.export_payments import COLUMNS, MOST

router = APIRouter(prefix=BASE, include_in_schema=False)


@router.get("/export")
def export_page(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """How many would be exported, and what of them. Nothing has left yet."""
    operator.require(*MAY_EXPORT, to="export payments")
    return deed_page(request, operator, _deed(app, Filters.of(request.query_params)))


@router.post("/export")
def export(request: Request, operator: TheOperator, app: TheApp, form: TheForm) -> Response:
    """The file. That it was taken is on record before its first row."""
    operator.require(*MAY_EXPORT, to="export payments")
    filters = Filters.of({name: value for name, value in form.items() if name not in ("csrf", "seen", "reason")})
    reason = reason_of(form)
    if not reason:
        said = "Say why. The reason is kept in the audit trail."
        return deed_page(request, operator, _deed(app, filters), said=said, status=422)
    try:
        rows = app.desk.export_payments(filters.wish, reason=reason, actor=operator.actor, asked=filters.set)
    except ActRefused as refused:
        said = f"Nothing was exported: {sentence(refused)}"
        return deed_page(request, operator, _deed(app, filters), said=said, reason=reason, status=409)
    name = f"payments-{app.now():%Y%m%dT%H%MZ}.csv"
    return StreamingResponse(
        as_csv(COLUMNS, map(astuple, rows)),
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        media_type="text/csv; charset=utf-8",
    )


def _deed(app: App, filters: Filters) -> Deed:
    count, back = app.desk.export_payments.count(filters.wish), filters.address()
    chosen = ", ".join(chip.text for chip in filters.chips()) or "all payments"
    refused = None
    if count is None or count > MOST:
        much = f"More than {MOST:,} payments match" if count else "These payments cannot be counted in time"
        refused = f"{much}. Narrow the filters, such as to a month at a time: since and until."
    elif not count:
        refused = "No payment matches: there is nothing to export."
    said = "One payment" if count == 1 else f"{count:,} payments" if count is not None and count <= MOST else "Payments"
    return Deed(
        title=f"Export {said[:1].lower()}{said[1:]}",
        button=f"Export {said[:1].lower()}{said[1:]} as CSV",
        back=back,
        crumbs=[("Payments", back)],
        seen="export",
        effects=[
            Effect("i-download", f"{said} leave the console as a file: {chosen}."),
            Effect("i-info", f"Each with {', '.join(COLUMNS[:-1]).replace('_', ' ')} and {COLUMNS[-1]}."),
            Effect("i-lock", "No e-mail address, no telephone number and nothing of a card is in it."),
            SECURED,
        ],
        refused=refused,
        answers=dict(filters.set),
    )
