"""The lists of outgoing events and of notices, and the page of one event."""

from typing import Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response

from console.desk import lists
from console.desk.deliveries import words
from console.desk.discretion import discreet
from console.desk.operators import Operator, TheOperator
from console.desk.rendering import show
from console.house import TheApp
from console.problems import Problem
from domain.endpoint import ENDPOINTS
from domain.notice import Channel, NoticeStatus
from domain.notices import NoticeKind, Recipient
from gateways.downstream import message_id
from models.deliveries import Wanted
from models.delivery_lists import DELIVERY_ORDER, NOTICE_ORDER
from models.paging import written
from models.tables.messaging import DELIVERY_STATES
from runtime.app import App
from runtime.tokens import CallerRole
from services.view_deliveries import Told, WantedNotices

BASE: Final = "/console/deliveries"
LETTERS: Final = f"{BASE}/letters"
router = APIRouter(prefix=BASE, include_in_schema=False)

DONE: Final = {
    "pause": "Paused. What is announced meanwhile waits.",
    "resume": "Resumed. What waited is being sent.",
    "resend": "On its way again, marked as late.",
    "drop": "Dropped. What waited behind it goes on.",
    "replay": "They are on their way again, marked as late.",
}
_WORDS: Final = {"state": "state", **{f"state={name}": badge.word.lower() for name, badge in words.STATES.items()}}


@router.get("")
def deliveries(request: Request, operator: TheOperator, app: TheApp, *, done: str = "") -> Response:
    """How the endpoints stand, and what they are told."""
    filters = lists.Filters.of(request, BASE, ("endpoint", "state", "auction", "q"))
    wanted = Wanted(
        filters.word("endpoint", ENDPOINTS), filters.word("state", DELIVERY_STATES), filters.text("auction")
    )
    event_id = _event_id(filters["q"]) if filters["q"] else None
    found = app.desk.deliveries.page(wanted, event_id, filters.place(DELIVERY_ORDER), lists.PAGE)
    standings, now = app.manage_endpoints(), app.now()
    told = {name for names in app.store.endpoints.by_family.values() for name in names}
    return show(
        request,
        operator,
        "deliveries.html",
        title="Deliveries",
        headline=words.headline(standings),
        endpoints=[(one, words.badge(one.endpoint, now, told=one.endpoint.name in told)) for one in standings],
        rows=[(one, words.STATES[one.delivery.status], message_id(one.event)) for one in found.rows],
        filters=filters,
        chips=filters.chips(_WORDS | {"q": "event"}),
        states=[(name, badge.word) for name, badge in words.STATES.items()],
        names=[(name, name) for name in ENDPOINTS],
        pages=filters.pages(found, _key),
        may_act=may_act(operator),
        may_retry=may_retry(operator),
        done=DONE.get(done),
    )


@router.get("/letters")
def letters(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """What people are told: mails, text messages, topics."""
    filters = lists.Filters.of(request, LETTERS, ("state", "kind", "channel", "recipient", "payment"))
    wanted = WantedNotices(
        filters.id("payment"),
        filters.word("state", list(NoticeStatus)),
        filters.word("kind", list(NoticeKind)),
        filters.word("channel", list(Channel)),
        filters.word("recipient", list(Recipient)),
    )
    found = app.desk.deliveries.notices(wanted, filters.place(NOTICE_ORDER), lists.PAGE)
    retried, lost = app.desk.deliveries.notices_not_sent()
    return show(
        request,
        operator,
        "letters.html",
        title="Letters",
        retried=retried,
        lost=lost,
        rows=[(notice, title, words.NOTICES[notice.status]) for notice, title in found.rows],
        says=words.SAYS,
        channels=words.CHANNELS,
        filters=filters,
        chips=filters.chips({f"state={state}": badge.word.lower() for state, badge in words.NOTICES.items()}),
        states=[(state, badge.word) for state, badge in words.NOTICES.items()],
        pages=filters.pages(found, lambda row: written(row[0].id)),
        may_retry=may_retry(operator),
    )


@router.get("/events/{event}")
def one_event(request: Request, operator: TheOperator, app: TheApp, *, event: str, done: str = "") -> Response:
    """One event: what it says, and how it fares with each endpoint."""
    told = told_of(app, event)
    said = orjson.dumps(discreet(told[0].event.body), option=orjson.OPT_INDENT_2, default=str).decode()
    return show(
        request,
        operator,
        "delivery.html",
        title=told[0].event.type,
        event=told[0].event,
        name=message_id(told[0].event),
        rows=[(one, words.STATES[one.delivery.status]) for one in told],
        text=said,
        may_resend=len(told) > 1 and all(one.delivery.status != "waiting" for one in told),
        may_act=may_act(operator),
        may_retry=may_retry(operator),
        done=DONE.get(done),
    )


def told_of(app: App, event: str) -> list[Told]:
    """How an event fares; raises 404 where there is none, or nobody is told of it."""
    told = app.desk.deliveries.one(_event_id(event))
    if not told:
        raise Problem(404, "not_found", "There is no such event.")
    return told


def may_act(operator: Operator) -> bool:
    """Admins act."""
    return operator.role is CallerRole.ADMIN


def may_retry(operator: Operator) -> bool:
    """Support retries, too."""
    return operator.role is not CallerRole.AUDITOR


def _event_id(text: str) -> UUID:
    try:
        return UUID(text.removeprefix("evt_"))
    except ValueError:
        raise Problem(404, "not_found", "There is no such event.") from None


def _key(told: Told) -> str:
    return written(told.delivery.event_id, told.delivery.endpoint)
