"""What each error becomes over HTTP. No stack trace leaves the process; what nobody expected gets a code to look up."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.denials import is_denial
from console.desk import failures as desk_failures
from console.pages import failures
from console.problems import Problem, not_found, sentence, wrong
from domain.errors import GavelpayError, NotFound, TransientError
from gateways.storage.links import PATH as RECEIPTS

_log = structlog.get_logger(__name__)
#: Without letters and digits that look alike: people read it to each other.
_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_RETRY: Final[Mapping[str, str]] = {"Retry-After": "5"}


def handle_errors(api: FastAPI) -> None:
    """Have every error answered as a problem, or as a page where a page was asked for."""
    api.add_exception_handler(Problem, _handler(lambda error: error))
    api.add_exception_handler(GavelpayError, _handler(_of_ours))
    api.add_exception_handler(RequestValidationError, _handler(_of_validation))
    api.add_exception_handler(HTTPException, _handler(_of_routing))
    # Whoever went away, or was too slow and has been told so, is no fault of ours. Nobody reads this answer.
    gone = Problem(408, "client_gone", "The body did not come.")
    api.add_exception_handler(ClientDisconnect, _handler(lambda _: gone))
    api.add_middleware(LastResort)


class LastResort:
    """Answers what nobody expected. It is the innermost of all, so that this answer too has every header."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        begun = False

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            await _answer(Request(scope), _unexpected(error))(scope, receive, send)


def _handler(problem_of: Callable[..., Problem]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        answer = _answer(request, problem)
        if is_denial(problem):
            # When it is answered, so that nobody learns from the time it takes that there is something.
            caller = getattr(request.state, "caller", None)
            # The pattern, not the path: the link to a buyer's page is a secret.
            asked = f"{request.method} {getattr(request.scope.get('route'), 'path', '')}"
            answer.background = BackgroundTask(request.app.state.denials.note, caller, problem, asked)
        return answer

    return handle


def _answer(request: Request, problem: Problem) -> Response:
    if request.url.path == "/console" or request.url.path.startswith("/console/"):
        return desk_failures.page(request, problem)
    return failures.page(problem) if _is_for_a_person(request) else problem.response()


def _is_for_a_person(request: Request) -> bool:
    """Whether a page was asked for. A link to a receipt is followed by browsers and by programs."""
    path, accepted = request.url.path, request.headers.get("accept", "")
    return path.startswith("/pay/") or (path.startswith(RECEIPTS) and "text/html" in accepted)


def _of_ours(error: GavelpayError) -> Problem:
    if isinstance(error, NotFound):
        return not_found()
    if isinstance(error, TransientError):
        _log.warning("request.postponed", code=error.code, error=str(error))
        return Problem(503, error.code, "This cannot be answered now. Nothing was lost; ask again.", headers=_RETRY)
    return _unexpected(error)


def _of_validation(error: RequestValidationError) -> Problem:
    fields = [(str(one["loc"][-1]), _reason(one["msg"])) for one in error.errors()]
    return wrong(fields)


def _reason(message: str) -> str:
    return message[0].lower() + message[1:] if message else message


def _of_routing(error: HTTPException) -> Problem:
    codes = {404: ("not_found", "There is nothing here."), 405: ("method_not_allowed", "This cannot be done here.")}
    code, detail = codes.get(error.status_code, ("http_error", sentence(error)))
    return Problem(error.status_code, code, detail, headers=error.headers)


def _unexpected(error: Exception) -> Problem:
    reference = "E-" + "".join(secrets.choice(_LETTERS) for _ in range(4))
    _log.error("request.failed", reference=reference, error=type(error).__name__, exc_info=error)
    detail = f"This could not be answered. Payments are not affected. Code {reference}."
    return Problem(500, "internal_error", detail, reference=reference)
