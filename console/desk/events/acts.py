"""Replay one event, or those that were set aside, each after a try that keeps nothing."""

from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import APIRouter, Request, Response

from console.desk import lists
from console.desk.deeds import SECURED, Deed, carry_out, deed_page
from console.desk.events import words
from console.desk.events.pages import BASE, FIELDS, event_of, wanted
from console.desk.operators import Operator, TheForm, TheOperator
from console.desk.plans import Effect
from console.house import TheApp
from domain.messaging import StoredEvent
from runtime.app import App
from runtime.tokens import CallerRole
from services.replay_events import BATCH, TRIED

router = APIRouter(prefix=BASE, include_in_schema=False)

_CRUMBS: Final = (("Webhook events", BASE),)


@router.get("/set-aside/replay")
def replay_all_page(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """What replaying those that were set aside would do."""
    return deed_page(request, operator, _all(operator, app, _aside(request.query_params)))


@router.post("/set-aside/replay")
def replay_all(request: Request, operator: TheOperator, app: TheApp, *, form: TheForm) -> Response:
    """Have them processed again."""
    filters = _aside(form)

    def do(reason: str) -> int:
        return app.operating.replay([one.id for one in _oldest(app, filters)], operator.actor, reason)

    return carry_out(request, operator, form, lambda: _all(operator, app, filters), do)


@router.get("/{event_id}/replay")
def replay_page(request: Request, operator: TheOperator, app: TheApp, *, event_id: str) -> Response:
    """What replaying an event would do."""
    return deed_page(request, operator, _one(operator, app, event_of(app, event_id)))


@router.post("/{event_id}/replay")
def replay(request: Request, operator: TheOperator, app: TheApp, *, form: TheForm, event_id: str) -> Response:
    """Have it processed again."""
    event = event_of(app, event_id)

    def do(reason: str) -> int:
        return app.operating.replay([event.id], operator.actor, reason)

    return carry_out(request, operator, form, lambda: _one(operator, app, event_of(app, event_id)), do)


def _one(operator: Operator, app: App, event: StoredEvent) -> Deed:
    operator.require(CallerRole.ADMIN, CallerRole.SUPPORT, to="replay events")
    name = event.stripe_event_id
    return Deed(
        f"Replay: {event.type}",
        "Replay it",
        f"{BASE}/{name}",
        (*_CRUMBS, (name, f"{BASE}/{name}")),
        seen=f"{event.status}:{event.processed_at}",
        refused="It waits to be processed already." if event.status == "waiting" and not event.tries else None,
        effects=_effects(app, [event]),
        done=f"{BASE}/{name}?done=replay",
    )


def _all(operator: Operator, app: App, filters: lists.Filters) -> Deed:
    operator.require(CallerRole.ADMIN, CallerRole.SUPPORT, to="replay events")
    count, oldest = app.operating.replay.count(wanted(filters, app.now())), _oldest(app, filters)
    taken = f"{len(oldest):,} of {count:,} events that were set aside, the oldest first." if oldest else ""
    more = Effect("i-info", f"{BATCH:,} are taken at a time: come back for the others.")
    tried = Effect("i-info", f"The oldest {TRIED} were tried for this; the others are like them, or not.")
    notes = ([more] if count > len(oldest) else []) + ([tried] if len(oldest) > TRIED else [])
    return Deed(
        f"Replay {len(oldest):,} events",
        f"Replay {len(oldest):,}",
        filters.address(),
        _CRUMBS,
        seen=f"{len(oldest)}:{oldest[-1].id if oldest else ''}",
        refused=None if oldest else "Nothing of that kind was set aside.",
        effects=(Effect("i-queue", taken), *_effects(app, oldest), *notes),
        answers={name: filters[name] for name in FIELDS if filters[name]},
        done=f"{BASE}?done=replay",
    )


def _aside(asked: Mapping[str, str]) -> lists.Filters:
    return lists.Filters.read(BASE, FIELDS, {**asked, "state": "set_aside"})


def _oldest(app: App, filters: lists.Filters) -> list[StoredEvent]:
    return app.operating.replay.oldest(wanted(filters, app.now()), BATCH)


def _effects(app: App, events: Sequence[StoredEvent]) -> tuple[Effect, ...]:
    tried = [Effect("i-alert" if warns else "i-webhook", said, warns) for said, warns in _tried(app, events)]
    again = Effect(
        "i-worker", "Workers process what is replayed by the rules of this release. Doing so twice does no harm."
    )
    return (*tried, again, SECURED)


def _tried(app: App, events: Sequence[StoredEvent]) -> list[tuple[str, bool]]:
    return words.outlook(app.operating.replay.plan(events))
