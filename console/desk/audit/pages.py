"""Search in the audit trail, verifying and exporting it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from console.desk import lists, phrases, timeline
from console.desk.audit.files import comma_separated, json_lines
from console.desk.operators import TheForm, TheOperator
from console.desk.rendering import show
from console.desk.risk import words
from console.house import TheApp
from console.problems import sentence
from domain.security import SECURITY_CHAIN
from models.audit_lists import AUDIT_ORDER, AuditRow, WantedEntries
from models.paging import written
from services.receipt_office import TooMany
from services.verify_audit import Verification, describe
from services.view_audit import MOST_EXPORTED, RECENT

BASE: Final = "/console/audit"
router = APIRouter(prefix=BASE, include_in_schema=False)

_NAMES: Final = ("chain", "who", "kind", "since", "until", "by")
_SECURITY: Final = "security"
_FORMS: Final = {
    "csv": (comma_separated, "text/csv; charset=utf-8"),
    "jsonl": (json_lines, "application/jsonl; charset=utf-8"),
}
#: What stands in the phrase already, or is no news to anybody.
_SAID: Final = frozenset({"reason", "why", "event_id", "session_id"})
_MOST_DETAILS: Final = 6


@router.get("")
def audit(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """One page of entries; by itself only what people did."""
    return _page(request, operator, app, None)


@router.get("/verify")
def verify(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """The same, with a look at whether the chain is whole, or the newest chains are."""
    chain = _chain(lists.Filters.of(request, BASE, _NAMES))
    try:
        checked = _checked(chain, app.desk.audit.verify(chain))
    except TooMany as error:
        checked = "warn", [sentence(error)]
    return _page(request, operator, app, checked)


def _page(request: Request, operator: TheOperator, app: TheApp, checked: tuple[str, list[str]] | None) -> Response:
    filters = lists.Filters.of(request, BASE, _NAMES)
    wanted = _wanted(filters)
    found = app.desk.audit.page(wanted, filters.place(AUDIT_ORDER), lists.PAGE)
    words_of = {"chain": "payment", "since": "from", f"chain={_SECURITY}": "the security chain", "by=all": "everybody"}
    return show(
        request,
        operator,
        "audit.html",
        title="Audit",
        checked=checked,
        signed=app.desk.audit.signed(),
        rows=[_row(one, app.now()) for one in found.rows],
        count=app.desk.audit.count(wanted),
        most=MOST_EXPORTED,
        filters=filters,
        names=_NAMES,
        chips=filters.chips(words_of),
        pages=filters.pages(found, lambda row: written(row.entry.at, row.entry.session_id, row.entry.seq)),
        verify=lists.address(f"{BASE}/verify", filters.values),
        recent=RECENT,
    )


def _wanted(filters: lists.Filters) -> WantedEntries:
    chain, by = _chain(filters), filters.word("by", ["all"])
    narrowed = chain is not None or filters.text("who") is not None
    return WantedEntries(
        chain,
        filters.text("who"),
        filters.text("kind"),
        filters.day("since"),
        filters.day("until", over=True),
        people=by is None and not narrowed,
    )


def _chain(filters: lists.Filters) -> UUID | None:
    return SECURITY_CHAIN if filters["chain"] == _SECURITY else filters.id("chain")


def _checked(chain: UUID | None, found: Verification) -> tuple[str, list[str]]:
    """A tint with sentences."""
    if not found.intact:
        return "bad", [f"{said[:1].upper()}{said[1:]}." for said in map(describe, found.broken)]
    if not found.chains:
        return "warn", ["There is no such chain."]
    entries = "1 entry" if found.entries == 1 else f"{found.entries:,} entries"
    if chain is None:
        return "good", [f"Whole: {entries} in the {found.chains:,} newest chains."]
    return "good", [f"Whole: {entries}, none changed, none missing."]


def _row(one: AuditRow, now: datetime) -> dict[str, object]:
    entry = one.entry
    if entry.session_id == SECURITY_CHAIN:
        known = words.said(entry.action)
        phrase = phrases.Phrase(known.title, known.icon, known.tint)
    else:
        phrase = phrases.of_entry(entry)
    told = {name: words.plain(value, now) for name, value in entry.data.items() if name not in _SAID}
    # What stands in the phrase need not stand behind it.
    more = [(name.replace("_", " "), text) for name, text in told.items() if text and text not in phrase.text]
    return {
        "entry": entry,
        "lot": one.lot,
        "is_security": entry.session_id == SECURITY_CHAIN,
        "phrase": phrase,
        "reason": timeline.words_of(entry) if ":" in entry.actor else None,
        "more": more[:_MOST_DETAILS],
    }


@router.post("/export")
def export(operator: TheOperator, app: TheApp, form: TheForm) -> Response:
    """What matches, as a file; that it was taken is on record."""
    kind = form.get("format", "csv")
    if kind not in _FORMS:
        raise lists.unknown_filter("format")
    write, media_type = _FORMS[kind]
    wanted = _wanted(lists.Filters(BASE, _given(form)))
    rows = app.desk.audit.export(wanted, operator.actor, kind)
    name = f"audit-{app.now():%Y-%m-%d-%H%M}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(_in_pieces(write(rows)), headers=headers, media_type=media_type)


def _given(form: Mapping[str, str]) -> dict[str, str]:
    if any("\x00" in value for value in form.values()):
        raise lists.unknown_filter()
    return {name: form.get(name, "").strip() for name in _NAMES}


def _in_pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Some lines at a time: each piece is a way through a thread."""
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= 1 << 16:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
