"""Search in the audit trail, and verifying it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from console.desk import lists, phrases, timeline
from console.desk.audit.export import FORMS
from console.desk.audit.filters import BASE, NAMES, WORDS, chain_of, wanted_of
from console.desk.operators import MAY_EXPORT, TheOperator
from console.desk.rendering import show
from console.desk.risk import words
from console.house import TheApp
from console.problems import sentence
from domain.security import SECURITY_CHAIN
from models.audit_lists import AUDIT_ORDER, AuditRow
from models.paging import written
from services.receipt_office import TooMany
from services.verify_audit import Verification, describe
from services.view_audit import MOST_EXPORTED, RECENT

router = APIRouter(prefix=BASE, include_in_schema=False)

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
    chain = chain_of(lists.Filters.of(request, BASE, NAMES))
    try:
        checked = _checked(chain, app.desk.audit.verify(chain))
    except TooMany as error:
        checked = "warn", [sentence(error)]
    return _page(request, operator, app, checked)


def _page(request: Request, operator: TheOperator, app: TheApp, checked: tuple[str, list[str]] | None) -> Response:
    filters = lists.Filters.of(request, BASE, NAMES)
    wanted = wanted_of(filters)
    found = app.desk.audit.page(wanted, filters.place(AUDIT_ORDER), lists.PAGE)
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
        chips=filters.chips(WORDS),
        may_export=operator.role in MAY_EXPORT,
        exports={name: lists.address(f"{BASE}/export", {**filters.values, "format": name}) for name in FORMS},
        pages=filters.pages(found, lambda row: written(row.entry.at, row.entry.session_id, row.entry.seq)),
        verify=lists.address(f"{BASE}/verify", filters.values),
        recent=RECENT,
    )


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
