"""The list of dead letters, by cause, and the page of one."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from console.desk import lists
from console.desk.letters import veiling, words
from console.desk.operators import Operator, TheOperator
from console.desk.rendering import show
from console.house import TheApp
from console.problems import Problem
from domain.errors import NotFound
from domain.messaging import DeadLetter
from domain.queues import QUEUES
from models.dead_letters import LETTER_ORDER, WantedLetters
from models.paging import written
from models.tables.messaging import DEAD_LETTER_STATES
from runtime.app import App
from runtime.tokens import CallerRole
from services.deliver_events import DELIVERIES_QUEUE

BASE: Final = "/console/dead-letters"
router = APIRouter(prefix=BASE, include_in_schema=False)

FIELDS: Final = ("state", "queue", "actor", "cause", "age")
DONE: Final = {
    "requeue": "Put back. What becomes of it is shown here.",
    "discard": "Discarded. It stays on record.",
    "correct": "The corrected message was put back. The original is kept beside it.",
    "requeued": "All of them were put back, as far as they could be.",
    "discarded": "All of them were discarded. They stay on record.",
}
_QUEUES: Final = (*QUEUES, DELIVERIES_QUEUE)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
#: How long ago a letter gave up: at most, and at least.
_AGES: Final = {
    "1h": (_HOUR, None),
    "24h": (_DAY, None),
    "7d": (7 * _DAY, None),
    "over-24h": (None, _DAY),
    "over-7d": (None, 7 * _DAY),
}
_AGE_WORDS: Final = (
    ("1h", "last hour"),
    ("24h", "last 24 h"),
    ("7d", "last 7 days"),
    ("over-24h", "over a day ago"),
    ("over-7d", "over a week ago"),
)
_CHIPS: Final = {
    **{f"state={name}": badge.word.lower() for name, badge in words.STATES.items()},
    **{f"age={value}": word for value, word in _AGE_WORDS},
}


@router.get("")
def dead_letters(request: Request, operator: TheOperator, app: TheApp, *, done: str = "") -> Response:
    """What gave up, by cause, and one page of it."""
    filters = lists.Filters.of(request, BASE, FIELDS)
    asked, desk = wanted(filters, app.now()), app.operating.letters
    found, groups = desk.page(asked, filters.place(LETTER_ORDER), lists.PAGE), desk.groups()
    endpoints = {one.endpoint.name: one.endpoint for one in app.manage_endpoints()}
    return show(
        request,
        operator,
        "dead_letters.html",
        title="Dead letters",
        headline=words.headline(groups),
        causes=[(one, *words.heals(one, endpoints)) for one in groups],
        rows=[(one, words.STATES[one.status], veiling.about(one)) for one in found.rows],
        count=desk.count(asked),
        words=words,
        filters=filters,
        query=lists.address("", {name: filters[name] for name in FIELDS}),
        chips=filters.chips(_CHIPS),
        states=[(name, badge.word) for name, badge in words.STATES.items()],
        queues=[(name, name) for name in _QUEUES],
        ages=_AGE_WORDS,
        pages=filters.pages(found, lambda one: written(one.id)),
        may_act=may_act(operator),
        may_retry=may_retry(operator),
        done=DONE.get(done),
    )


@router.get("/{letter_id}")
def one_letter(request: Request, operator: TheOperator, app: TheApp, *, letter_id: str, done: str = "") -> Response:
    """One letter, whole, and what became of it."""
    letter = letter_of(app, letter_id)
    outcome = app.operating.outcomes.of(letter)
    text = veiling.shown(letter.message)
    return show(
        request,
        operator,
        "dead_letter.html",
        title=words.cause(letter.reason),
        letter=letter,
        badge=words.STATES[letter.status],
        about=veiling.about(letter),
        words=words,
        text=text,
        changes=veiling.difference(text, veiling.shown(letter.corrected)) if letter.corrected else [],
        became=words.became(outcome) if outcome else None,
        may_act=may_act(operator),
        may_retry=may_retry(operator),
        done=DONE.get(done),
    )


def wanted(filters: lists.Filters, now: datetime) -> WantedLetters:
    """What a list asks for; what waits for a person, unless it asks for another state."""
    newest, oldest = _AGES[filters.word("age", list(_AGES)) or ""] if filters["age"] else (None, None)
    return WantedLetters(
        filters.word("state", DEAD_LETTER_STATES) or "dead",
        filters.word("queue", _QUEUES),
        filters.text("actor"),
        filters.text("cause"),
        now - newest if newest else None,
        now - oldest if oldest else None,
    )


def letter_of(app: App, letter_id: str) -> DeadLetter:
    """By its id; raises 404."""
    try:
        return app.dead_letters.show(UUID(letter_id))
    except (ValueError, NotFound):
        raise Problem(404, "not_found", "There is no such dead letter.") from None


def may_act(operator: Operator) -> bool:
    """Admins correct and discard."""
    return operator.role is CallerRole.ADMIN


def may_retry(operator: Operator) -> bool:
    """Support puts back, too."""
    return operator.role is not CallerRole.AUDITOR
