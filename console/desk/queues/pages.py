"""The page of queues and workers."""

from typing import Final

from fastapi import APIRouter, Request, Response

from console.desk.operators import TheOperator
from console.desk.queues import words
from console.desk.rendering import show
from console.house import TheApp
from domain.processes import LiveProcess
from runtime.tokens import CallerRole

BASE: Final = "/console/queues"
router = APIRouter(prefix=BASE, include_in_schema=False)
_DONE: Final = {
    "pause": "Paused. Workers notice within seconds; what they have in hand ends.",
    "resume": "Resumed. Workers go on within seconds.",
}


@router.get("")
def queues(request: Request, operator: TheOperator, app: TheApp, *, done: str = "") -> Response:
    """How all queues and processes stand."""
    now, standing = app.now(), app.operating.queues()
    workers = [one for one in standing.processes if one.role == "worker"]
    schedulers = [one for one in standing.processes if one.role == "scheduler" and not one.is_gone(now)]
    gone = sum(one.is_gone(now) for one in workers)
    return show(
        request,
        operator,
        "queues.html",
        title="Queues and workers",
        headline=words.headline(standing, now),
        standing=standing,
        queues=[
            (one, words.badge(one, now), words.risk(one, standing))
            for one in sorted(standing.queues, key=lambda one: one.pause is None)
        ],
        workers=[(one, words.worker_badge(one, now)) for one in workers],
        alive=len(workers) - gone,
        gone=gone,
        schedulers=schedulers,
        leader=_leader(schedulers),
        receivers=app.manage_endpoints(),
        words=words,
        may_act=operator.role is CallerRole.ADMIN,
        done=_DONE.get(done),
    )


def _leader(schedulers: list[LiveProcess]) -> LiveProcess | None:
    return next((one for one in schedulers if one.report.get("leads")), None)
