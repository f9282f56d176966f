"""The list of Stripe's events, and the page of one."""

from datetime import datetime
from typing import Final

import orjson
from fastapi import APIRouter, Request, Response

from console.desk import lists
from console.desk.discretion import discreet
from console.desk.events import words
from console.desk.operators import Operator, TheOperator
from console.desk.rendering import show
from console.house import TheApp
from console.problems import Problem
from domain.errors import NotFound
from domain.messaging import StoredEvent
from domain.unreadable import Unreadable
from models.paging import Place, written
from models.tables.messaging import EVENT_STATES
from runtime.app import App
from runtime.tokens import CallerRole
from services.list_events import ListEvents
from services.replay_events import ORDER, WantedEvents

BASE: Final = "/console/events"
router = APIRouter(prefix=BASE, include_in_schema=False)

FIELDS: Final = ("q", "type", "state", "payment", "since")
#: A list without an id or a payment goes back so far, unless it is asked for more.
_USUAL: Final = "7d"
DONE: Final = {"replay": "Waiting to be processed again. Workers do so within seconds."}
_SPANS: Final = (("1h", "last hour"), ("24h", "last 24 h"), ("30d", "last 30 days"))
_CHIPS: Final = {
    "q": "event",
    **{f"state={name}": badge.word.lower() for name, badge in words.STATES.items()},
    **{f"since={value}": word for value, word in _SPANS},
}


@router.get("")
def events(request: Request, operator: TheOperator, app: TheApp, *, done: str = "") -> Response:
    """One page of the list."""
    filters = lists.Filters.of(request, BASE, FIELDS)
    found = app.operating.replay.page(wanted(filters, app.now()), filters.place(ORDER), lists.PAGE)
    replay = app.operating.replay
    waiting, aside = (replay.count(WantedEvents(status=status)) for status in ("waiting", "set_aside"))
    newest = replay.page(WantedEvents(), Place(), 1).rows
    return show(
        request,
        operator,
        "events.html",
        title="Webhook events",
        headline=words.headline(waiting, aside, newest[0].received_at if newest else None),
        newest=newest[0] if newest else None,
        waiting=waiting,
        aside=aside,
        rows=[(one, words.STATES[one.status]) for one in found.rows],
        words=words,
        filters=filters,
        chips=filters.chips(_CHIPS),
        states=[(name, badge.word) for name, badge in words.STATES.items()],
        spans=_SPANS,
        pages=filters.pages(found, lambda one: written(one.received_at, one.id)),
        paused=next((one for one in app.operating.pauses.listed() if one.queue == "events"), None),
        may_retry=may_retry(operator),
        done=DONE.get(done),
    )


@router.get("/{event_id}")
def one_event(request: Request, operator: TheOperator, app: TheApp, *, event_id: str, done: str = "") -> Response:
    """One event: what Stripe said, and what became of it."""
    event = event_of(app, event_id)
    return show(
        request,
        operator,
        "event.html",
        title=event.type,
        event=event,
        badge=words.STATES[event.status],
        words=words,
        text=_body(event),
        may_retry=may_retry(operator),
        done=DONE.get(done),
    )


def wanted(filters: lists.Filters, now: datetime) -> WantedEvents:
    """What a list asks for."""
    whole = filters["q"] or filters["payment"] or filters["state"] in ("set_aside", "waiting")
    since = None if whole and not filters["since"] else now - filters.span("since", _USUAL)
    return WantedEvents(
        filters.text("type"),
        filters.word("state", EVENT_STATES),
        since,
        filters.id("payment"),
        filters.text("q"),
    )


def event_of(app: App, event_id: str) -> StoredEvent:
    """By Stripe's id or ours; raises 404."""
    try:
        return ListEvents(app.store.begin).one(event_id.replace("\x00", ""))
    except NotFound:
        raise Problem(404, "not_found", "There is no such event.") from None


def may_retry(operator: Operator) -> bool:
    """Support retries; auditors only look."""
    return operator.role is not CallerRole.AUDITOR


def _body(event: StoredEvent) -> str:
    if isinstance(event.body, Unreadable):
        return f"No key of ours opens it: {event.body.why}"
    try:
        document = orjson.loads(event.body)
    except orjson.JSONDecodeError:
        return event.body.decode(errors="replace")
    return orjson.dumps(discreet(document), option=orjson.OPT_INDENT_2).decode()
