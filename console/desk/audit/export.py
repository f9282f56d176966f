"""Audit entries as a file: how many first, then the entries as they are read."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from console.desk import lists
from console.desk.audit.files import comma_separated, json_lines
from console.desk.audit.filters import BASE, NAMES, WORDS, wanted_of
from console.desk.deeds import SECURED, Deed, deed_page
from console.desk.operators import MAY_EXPORT, TheForm, TheOperator, reason_of
from console.desk.plans import Effect
from console.house import TheApp
from runtime.app import App
from services.view_audit import MOST_EXPORTED

router = APIRouter(prefix=BASE, include_in_schema=False)

#: What a file is called, how it is written, and what browsers are told that it is.
FORMS: Final = {
    "csv": ("CSV", comma_separated, "text/csv; charset=utf-8"),
    "jsonl": ("JSON lines", json_lines, "application/jsonl; charset=utf-8"),
}


@router.get("/export")
def export_page(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """How many would be exported. Nothing has left yet."""
    operator.require(*MAY_EXPORT, to="export the audit trail")
    return deed_page(request, operator, _deed(app, request.query_params))


@router.post("/export")
def export(request: Request, operator: TheOperator, app: TheApp, form: TheForm) -> Response:
    """The file. That it was taken is on record before its first entry."""
    operator.require(*MAY_EXPORT, to="export the audit trail")
    reason = reason_of(form)
    if not reason:
        said = "Say why. The reason is kept in the audit trail."
        return deed_page(request, operator, _deed(app, form), said=said, status=422)
    kind, wanted = _kind(form), wanted_of(lists.Filters.read(BASE, NAMES, form))
    _, write, media_type = FORMS[kind]
    rows = app.desk.audit.export(wanted, operator.actor, kind, reason)
    name = f"audit-{app.now():%Y-%m-%d-%H%M}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(_in_pieces(write(rows)), headers=headers, media_type=media_type)


def _deed(app: App, given: Mapping[str, str]) -> Deed:
    filters, kind = lists.Filters.read(BASE, NAMES, given), _kind(given)
    count, back = app.desk.audit.count(wanted_of(filters)), filters.address()
    newest = f"the newest {MOST_EXPORTED:,} entries"
    said = newest if count > MOST_EXPORTED else "1 entry" if count == 1 else f"{count:,} entries"
    chosen = ", ".join(chip.text for chip in filters.chips(WORDS)) or "what people did"
    return Deed(
        title=f"Export {said}",
        button=f"Export {said} as {FORMS[kind][0]}",
        back=back,
        crumbs=[("Audit", back)],
        seen="export",
        effects=[
            Effect("i-download", f"{said[:1].upper()}{said[1:]} leave the console as a file: {chosen}."),
            Effect("i-info", "Each with who did what to which payment, when and why, and with the hash of its chain."),
            SECURED,
        ],
        refused=None if count else "No entry matches: there is nothing to export.",
        answers={**{name: value for name, value in filters.values.items() if value}, "format": kind},
    )


def _kind(given: Mapping[str, str]) -> str:
    kind = given.get("format", "csv")
    if kind not in FORMS:
        raise lists.unknown_filter("format")
    return kind


def _in_pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Some lines at a time: each piece is a way through a thread."""
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= 1 << 16:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
