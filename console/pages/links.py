"""The link to a buyer's page: whose it is, and how often it may be followed."""

from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request
from starlette.concurrency import run_in_threadpool

from console.house import TheApp
from console.problems import Responses, not_found
from console.throttle import throttle_page, unlimited
from domain.ids import SessionId
from runtime.app import App

_CANNOT_BE_A_TOKEN: Final = 64
HTML: Final[dict[str, Any]] = {"content": {"text/html": {"schema": {"type": "string"}}}}
#: What the pages of a link answer beside what they are asked for.
REFUSED: Final[Responses] = {
    404: {"description": "The link is none of ours.", **HTML},
    429: {"description": "The link is followed too often. Ask again after `Retry-After`.", **HTML},
}
#: No token is longer; what else is asked of it is whether we signed it.
Token = Annotated[str, Path(description="What makes the link.")]


def session_of(app: App, token: str) -> SessionId:
    """Whose link it is.

    Raises:
        Problem: 404, for we never made it.
    """
    session_id = app.links.session_of(token) if len(token) <= _CANNOT_BE_A_TOKEN else None
    if session_id is None:
        raise not_found()
    return session_id


async def _counted(request: Request, app: TheApp, token: Token) -> None:
    session_id = session_of(app, token)
    if request.app.state.take is not unlimited:
        await run_in_threadpool(throttle_page, request.app.state.take, session_id)


#: For every address under a link: 429 where it is followed too often.
COUNTED: Final = Depends(_counted)
