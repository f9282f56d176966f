"""Acts on endpoints: pause and resume them, each with its plan first."""

from typing import Final

from fastapi import APIRouter, Request, Response

from console.desk.deeds import SECURED, Deed, carry_out, deed_page
from console.desk.deliveries.pages import BASE
from console.desk.operators import Operator, TheForm, TheOperator
from console.desk.plans import Effect
from console.house import TheApp
from console.problems import Problem
from domain.endpoint import ENDPOINTS
from runtime.app import App
from runtime.tokens import CallerRole
from services.manage_endpoints import Standing

router = APIRouter(prefix=BASE, include_in_schema=False)

_CRUMBS: Final = (("Deliveries", BASE),)


@router.get("/endpoints/{name}/{act}")
def endpoint_act_page(request: Request, operator: TheOperator, app: TheApp, *, name: str, act: str) -> Response:
    """What pausing or resuming an endpoint would do."""
    return deed_page(request, operator, _endpoint_deed(operator, app, name, act))


@router.post("/endpoints/{name}/{act}")
def act_on_endpoint(
    request: Request, operator: TheOperator, app: TheApp, *, form: TheForm, name: str, act: str
) -> Response:
    """Pause or resume it."""
    do = app.manage_endpoints.pause if act == "pause" else app.manage_endpoints.resume
    plan = lambda: _endpoint_deed(operator, app, name, act)  # noqa: E731 - as short as it gets
    return carry_out(request, operator, form, plan, lambda reason: do(name, operator.actor, reason))


def _endpoint_deed(operator: Operator, app: App, name: str, act: str) -> Deed:
    if name not in ENDPOINTS or act not in ("pause", "resume"):
        raise Problem(404, "not_found", "There is no such endpoint.")
    operator.require(CallerRole.ADMIN, to=f"{act} an endpoint")
    one = next(one for one in app.manage_endpoints() if one.endpoint.name == name)
    return _pause(one) if act == "pause" else _resume(one)


def _pause(one: Standing) -> Deed:
    endpoint = one.endpoint
    refused = f"It is paused already, by {endpoint.paused_by}: {endpoint.pause_reason}." if endpoint.paused_at else None
    return Deed(
        f"Pause: {endpoint.name}",
        "Pause it",
        BASE,
        _CRUMBS,
        seen=endpoint.state,
        refused=refused,
        effects=(
            Effect("i-pause", "Nothing more is sent there until somebody resumes it. What is under way ends."),
            Effect("i-delivery", f"{_wait(one.waiting)} now; what is announced meanwhile waits as well, in order."),
            Effect("i-timer", "While it is paused, nothing of it gives up."),
            Effect("i-alert", "It does not hear of payments that complete or lots that reopen.", warns=True),
            SECURED,
        ),
        done=f"{BASE}?done=pause",
    )


def _resume(one: Standing) -> Deed:
    endpoint = one.endpoint
    return Deed(
        f"Resume: {endpoint.name}",
        "Resume it",
        BASE,
        _CRUMBS,
        seen=f"{endpoint.state}:{endpoint.paused_at}",
        refused=None if endpoint.paused_at else "It is not paused.",
        effects=(
            Effect("i-play", f"{_wait(one.waiting)}: all of it is due at once, each auction’s in order."),
            Effect("i-timer", "Each has three days from now before it gives up."),
            SECURED,
        ),
        done=f"{BASE}?done=resume",
    )


def _wait(count: int) -> str:
    return "Nothing waits" if not count else "1 event waits" if count == 1 else f"{count:,} events wait"
