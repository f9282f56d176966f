"""What load balancers, orchestrators and Prometheus ask."""

from typing import Final

from fastapi import APIRouter, Response

from console.house import TheHouse
from console.problems import Problem, Responses, documented_problem
from console.responses import Json

router = APIRouter(tags=["Probes"])

_METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_METRICS: Final[Responses] = {
    200: {
        "description": "Text.",
        "content": {"text/plain": {"schema": {"type": "string"}, "example": "payment_sessions_total 7.0\n"}},
    }
}


def _answers(status: str) -> Responses:
    schema = {"type": "object", "properties": {"status": {"const": status}}, "required": ["status"]}
    return {200: {"content": {"application/json": {"schema": schema, "example": {"status": status}}}}}


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Is the process alive?", response_class=Json, responses=_answers("alive"))
async def healthz() -> Json:
    """Yes. It asks nothing outside the process."""
    return Json({"status": "alive"})


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz", summary="Can it do its work?", response_class=Json, responses=_answers("ready") | documented_problem(503)
)
def readyz(house: TheHouse) -> Json:
    """Yes, if the database is reachable and its schema current."""
    if not house.ready():
        detail = "The database is away, or its schema is not current."
        raise Problem(503, "not_ready", detail, headers={"Retry-After": "2"})
    return Json({"status": "ready"})


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response, responses=_METRICS)
def metrics(house: TheHouse) -> Response:
    """Prometheus' text format."""
    return Response(house.render_metrics(), media_type=_METRICS_TYPE)
