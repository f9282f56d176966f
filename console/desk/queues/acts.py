"""Pause a queue, and resume it, each with its plan first."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from console.desk.deeds import SECURED, Deed, Question, carry_out, deed_page
from console.desk.figures import clock, span
from console.desk.operators import Operator, TheForm, TheOperator
from console.desk.plans import Effect
from console.desk.queues import words
from console.desk.queues.pages import BASE
from console.house import TheApp
from console.problems import Problem
from domain.queues import INTAKE, QUEUES
from runtime.app import App
from runtime.tokens import CallerRole
from services.view_queues import QueueStanding, Standing

router = APIRouter(prefix=BASE, include_in_schema=False)

_CRUMBS: Final = (("Queues and workers", BASE),)
#: How long a pause may last: values of the form, in minutes.
_LENGTHS: Final[Mapping[str, str]] = {
    "15": "15 minutes",
    "60": "an hour",
    "240": "4 hours",
    "1440": "a day",
    "": "until somebody resumes it",
}
_USUAL: Final = "60"


@router.get("/{name}/{act}")
def queue_act_page(request: Request, operator: TheOperator, app: TheApp, *, name: str, act: str) -> Response:
    """What pausing or resuming a queue would do."""
    return deed_page(request, operator, _deed(operator, app, name, act, request.query_params))


@router.post("/{name}/{act}")
def act_on_queue(
    request: Request, operator: TheOperator, app: TheApp, *, form: TheForm, name: str, act: str
) -> Response:
    """Pause or resume it."""

    def do(reason: str) -> object:
        if act == "resume":
            return app.operating.pauses.resume(name, operator.actor, reason)
        return app.operating.pauses.pause(name, operator.actor, reason, _until(app, form))

    return carry_out(request, operator, form, lambda: _deed(operator, app, name, act, form), do)


def _until(app: App, form: Mapping[str, str]) -> datetime | None:
    minutes = form.get("minutes", _USUAL)
    if minutes not in _LENGTHS:
        raise Problem(422, "invalid_request", "This length of a pause is none that is offered.")
    return app.now() + timedelta(minutes=int(minutes)) if minutes else None


def _deed(operator: Operator, app: App, name: str, act: str, form: Mapping[str, str]) -> Deed:
    if name not in QUEUES or act not in ("pause", "resume"):
        raise Problem(404, "not_found", "There is no such queue.")
    operator.require(CallerRole.ADMIN, to=f"{act} a queue")
    until = _until(app, form) if act == "pause" else None
    standing = app.operating.queues(until)
    one = standing.of(name)
    return _pause(app, one, standing, form, until) if act == "pause" else _resume(app, one)


def _pause(app: App, one: QueueStanding, standing: Standing, form: Mapping[str, str], until: datetime | None) -> Deed:
    name, now, minutes = one.facts.name, app.now(), form.get("minutes", _USUAL)
    end = f"It goes on by itself at about {clock(until, now)} UTC." if until else "Nothing goes on until then."
    effects = [
        Effect("i-pause", f"Within seconds no worker takes anything new from {name}. What is in hand is finished."),
        Effect("i-alert", one.facts.stops, warns=one.facts.is_risky),
        Effect("i-queue", _wait(one)),
        Effect("i-timer", f"The pause lasts {_LENGTHS[minutes]}. {end}"),
    ]
    if one.facts.is_risky:
        effects.append(_windows(standing, until))
    return Deed(
        f"Pause: {name}",
        f"Pause {name}",
        BASE,
        _CRUMBS,
        seen="running" if one.pause is None else str(one.pause.paused_at),
        effects=(*effects, SECURED),
        refused=None if one.pause is None else words.paused_by(one.pause, now),
        destroys=one.facts.is_risky,
        questions=(
            Question(
                "minutes",
                "How long",
                minutes,
                kind="choice",
                choices=list(_LENGTHS.items()),
                hint="It can be ended earlier.",
            ),
        ),
        answers={"minutes": minutes},
        done=f"{BASE}?done=pause",
    )


def _resume(app: App, one: QueueStanding) -> Deed:
    pause, name, now = one.pause, one.facts.name, app.now()
    held = f"It has been paused for {span(now - pause.paused_at)}." if pause else ""
    return Deed(
        f"Resume: {name}",
        f"Resume {name}",
        BASE,
        _CRUMBS,
        seen=str(pause.paused_at) if pause else "running",
        refused=None if pause else "It is not paused.",
        effects=(
            Effect("i-play", f"Workers that serve it ({one.served_by} now) go on within seconds. {held}"),
            Effect("i-queue", _wait(one)),
            Effect("i-timer", "What fell due meanwhile is done at once, the longest due first."),
            SECURED,
        ),
        done=f"{BASE}?done=resume",
    )


def _wait(one: QueueStanding) -> str:
    if not one.waiting:
        return "Nothing waits there now."
    where = "in the broker" if one.facts.name == INTAKE else "in the database"
    things = "1 piece of work waits" if one.waiting == 1 else f"{words.waiting(one)} pieces of work wait"
    return f"{things} {where}. Nothing of it is lost."


def _windows(standing: Standing, until: datetime | None) -> Effect:
    ended, soon = standing.windows.ended, standing.windows.soon
    when = "before it ends" if until else "within the hour"
    if not soon and not ended:
        return Effect("i-timer", f"No window ends {when}.")
    overdue = f" {ended:,} have ended already and are not closed." if ended else ""
    return Effect("i-expired", f"Windows that end {when}: {soon:,}.{overdue}", warns=True)
