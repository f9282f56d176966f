"""Acts on outgoing events: send one again, or all of a time; drop one that blocks. Each with its plan first."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from console.desk.deeds import AUDITED, SECURED, Deed, Question, carry_out, deed_page
from console.desk.deliveries.pages import BASE, told_of
from console.desk.operators import Operator, TheForm, TheOperator
from console.desk.plans import Effect
from console.house import TheApp
from console.problems import Problem
from domain.endpoint import ENDPOINTS
from models.deliveries import Wanted
from models.delivery_lists import ENOUGH
from runtime.app import App
from runtime.tokens import CallerRole
from services.view_deliveries import Told

router = APIRouter(prefix=BASE, include_in_schema=False)

_TITLES: Final = {"resend": ("Send again", "Send it again"), "drop": ("Drop", "Drop it")}
_LATE: Final = Effect("i-timer", "It is marked as late and under its old id: a receiver that has it does nothing.")
#: What a browser's field for a moment gives.
_MOMENT: Final = "%Y-%m-%dT%H:%M"


@router.get("/replay")
def replay_page(request: Request, operator: TheOperator, app: TheApp) -> Response:
    """What sending all events of a time again would do."""
    return deed_page(request, operator, _replay(operator, app, request.query_params))


@router.post("/replay")
def replay(request: Request, operator: TheOperator, app: TheApp, *, form: TheForm) -> Response:
    """Send them again."""

    def do(reason: str) -> int:
        return app.manage_deliveries.replay(_wanted(form), operator.actor, reason)

    return carry_out(request, operator, form, lambda: _replay(operator, app, form), do)


def _replay(operator: Operator, app: App, asked: Mapping[str, str]) -> Deed:
    operator.require(CallerRole.ADMIN, to="send all events of a time again")
    wanted = _wanted(asked)
    answers = {name: asked.get(name, "") for name in ("endpoint", "since", "until")}
    count, refused = 0, None
    if wanted.endpoint is None or wanted.since is None:
        refused = "Say to whom, and from when on. Then you see how many events that are."
    else:
        count = app.desk.deliveries.over(wanted)
        refused = _too_many(count)
    return Deed(
        "Send events of a time again",
        f"Send {count:,} again",
        BASE,
        (("Deliveries", BASE),),
        seen="|".join([*answers.values(), str(count)]),
        refused=refused,
        effects=(
            Effect("i-delivery", f"{count:,} events go to {wanted.endpoint} again, each auction’s in order."),
            Effect("i-timer", "They are marked as late, under their old ids: a receiver that has one does nothing."),
            SECURED,
        ),
        questions=(
            Question(
                "endpoint", "To", answers["endpoint"], kind="choice", choices=[(name, name) for name in ENDPOINTS]
            ),
            Question("since", "From, UTC", answers["since"], kind="datetime-local"),
            Question("until", "Until, UTC", answers["until"], "Left empty: until now.", kind="datetime-local"),
        ),
        answers=answers,
        done=f"{BASE}?done=replay",
    )


def _too_many(count: int) -> str | None:
    if not count:
        return "No event of that time is over for it; what still waits is sent anyway."
    if count < ENOUGH:
        return None
    return f"Those are {ENOUGH:,} events or more. Take a shorter time, or use gavelpay deliveries resend."


def _wanted(asked: Mapping[str, str]) -> Wanted:
    endpoint = asked.get("endpoint") or None
    if endpoint not in (None, *ENDPOINTS):
        raise Problem(422, "invalid_request", "There is no such endpoint.")
    return Wanted(endpoint, since=_moment(asked.get("since")), until=_moment(asked.get("until")))


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text[:16], _MOMENT).replace(tzinfo=UTC) if text else None
    except ValueError:
        raise Problem(422, "invalid_request", "A time must be written as 2026-11-21T09:00.") from None


@router.get("/events/{event}/{act}")
def act_page(
    request: Request, operator: TheOperator, app: TheApp, *, event: str, act: str, endpoint: str = ""
) -> Response:
    """What sending an event again, or dropping it, would do."""
    return deed_page(request, operator, _deed(operator, app, event, act, endpoint))


@router.post("/events/{event}/{act}")
def act_on(request: Request, operator: TheOperator, app: TheApp, *, form: TheForm, event: str, act: str) -> Response:
    """Send it again, or drop it."""
    endpoint = form.get("endpoint", "")
    event_id = told_of(app, event)[0].event.id

    def do(reason: str) -> int:
        if act == "drop":
            return app.manage_deliveries.drop(event_id, endpoint, operator.actor, reason)
        return app.manage_deliveries.resend(event_id, endpoint or None, operator.actor, reason)

    return carry_out(request, operator, form, lambda: _deed(operator, app, event, act, endpoint), do)


def _deed(operator: Operator, app: App, event: str, act: str, endpoint: str) -> Deed:
    if act not in _TITLES or endpoint not in ("", *ENDPOINTS) or (act == "drop" and not endpoint):
        raise Problem(404, "not_found", "There is no such act.")
    if act == "drop":
        operator.require(CallerRole.ADMIN, to="drop an event")
    else:
        operator.require(CallerRole.ADMIN, CallerRole.SUPPORT, to="send an event again")
    everything = told_of(app, event)
    told = [one for one in everything if endpoint in ("", one.delivery.endpoint)]
    kind, back = everything[0].event.type, f"{BASE}/events/{event}"
    title, button = _TITLES[act]
    effects, refused = _resend(told) if act == "resend" else _drop(told)
    audited = AUDITED if everything[0].event.session_id else SECURED
    return Deed(
        f"{title}: {kind}",
        button,
        back,
        (("Deliveries", BASE), (kind, back)),
        seen=",".join(f"{one.delivery.endpoint}:{one.delivery.status}:{one.delivery.fence}" for one in told),
        effects=(*effects, audited),
        refused=refused,
        destroys=act == "drop",
        answers={"endpoint": endpoint},
        done=f"{back}?done={act}",
    )


def _resend(told: Sequence[Told]) -> tuple[tuple[Effect, ...], str | None]:
    over = [one.delivery.endpoint for one in told if one.delivery.status != "waiting"]
    if not over:
        return (), "It is on its way, or was never meant for that endpoint."
    waits = [one.delivery.endpoint for one in told if one.delivery.status == "waiting"]
    effects = [Effect("i-delivery", f"It is sent to {' and '.join(over)} again, for three days if need be."), _LATE]
    if waits:
        effects.append(Effect("i-info", f"It still waits for {' and '.join(waits)}; that stays as it is."))
    return tuple(effects), None


def _drop(told: Sequence[Told]) -> tuple[tuple[Effect, ...], str | None]:
    waiting = [one for one in told if one.delivery.status == "waiting"]
    if not waiting:
        return (), "It does not wait there."
    (one,) = waiting
    behind = f"{one.holds_up:,} events that wait behind it go" if one.holds_up != 1 else "The event behind it goes"
    return (
        Effect("i-canceled", f"{one.delivery.endpoint} is not told of this. It can be sent again later.", warns=True),
        Effect("i-play", f"{behind} on." if one.holds_up else "Nothing waits behind it."),
    ), None
