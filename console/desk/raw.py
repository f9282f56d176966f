"""Records as they are: Stripe's events, entries of the audit chain, notices, deliveries."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response

from console.desk.discretion import discreet
from console.desk.operators import TheOperator
from console.desk.rendering import show
from console.house import TheApp, payment_for
from console.problems import not_found
from domain.endpoint import ENDPOINTS
from services.view_timeline import Happened

router = APIRouter(prefix="/console/payments", include_in_schema=False)


@router.get("/{session_id}/raw/{kind}/{ref}")
def raw(request: Request, operator: TheOperator, app: TheApp, *, session_id: str, kind: str, ref: str) -> Response:
    """One record that belongs to a payment."""
    payment = payment_for(app, operator.caller, session_id)
    found = _find(app.desk.timeline(payment.session.id), kind, ref)
    if found is None:
        raise not_found()
    title, document = found
    text = orjson.dumps(discreet(document), option=orjson.OPT_INDENT_2, default=_plain).decode()
    return show(request, operator, "raw.html", title=title, session=payment.session, text=text)


def _find(happened: Happened, kind: str, ref: str) -> tuple[str, Any] | None:
    match kind:
        case "entry":
            entries = [one for one in happened.audit if str(one.seq) == ref]
            return (f"Audit entry {ref}", asdict(entries[0])) if entries else None
        case "event":
            events = [one for one in happened.events if one.stripe_event_id == ref]
            if not events:
                return None
            processing = {key: value for key, value in asdict(events[0]).items() if key != "body"}
            return f"Stripe event {ref}", {"processing": processing, "event": _parsed(events[0].body)}
        case "notice":
            notices = [one for one in happened.notices if str(one.id) == ref]
            return ("Letter", asdict(notices[0])) if notices else None
        case _:
            endpoint = kind.removeprefix("delivery-")
            if endpoint not in ENDPOINTS:
                return None
            sent = [(one, event) for one, event in happened.deliveries if str(event.id) == ref]
            mine = [
                {"delivery": asdict(one), "event": asdict(event)} for one, event in sent if one.endpoint == endpoint
            ]
            return (f"What the {endpoint} service is told", mine[0]) if mine else None


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, UUID):
        return str(value)
    return repr(value)
