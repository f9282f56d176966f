"""A payment's changes, as they happen."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Response

from console.callers import Known, audience_of
from console.house import TheApp, TheLive, snapshot_for
from console.problems import Responses, documented

router = APIRouter(prefix="/payments", tags=["Payments"])

_EXAMPLE: Final = "event: status\nid: 7\ndata: {…}\n\n"
LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", description="The id of the last event seen.", max_length=20)
]


def documented_stream(what: str) -> Responses:
    """How a stream is documented."""
    content: dict[str, Any] = {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}}
    return {200: {"description": what, "content": content}}


@router.get(
    "/{sessionId}/events",
    summary="A payment's changes, live",
    response_class=Response,
    responses=documented(404)
    | documented_stream("Server-sent events: `status`, with what the status endpoint answers."),
)
async def events(
    caller: Known,
    app: TheApp,
    live: TheLive,
    session_id: Annotated[str, Path(alias="sessionId")],
    last_event_id: LastEventId = None,
) -> Response:
    """Its status now, and again whenever it changes, as server-sent events.

    Each event is the whole status, as the status endpoint answers it. Its id rises; who comes back with the last one in
    `Last-Event-ID` gets an event only if something has changed. Streams end after ten minutes; come back then. 503 with
    `Retry-After` when too many listen.
    """
    snapshot = await snapshot_for(live, caller, session_id)
    who, to = f"{caller.role}:{caller.subject}", audience_of(caller)
    return live.stream(snapshot.session_id, who, lambda shown: shown.for_api(app.now(), to), last_event_id)
