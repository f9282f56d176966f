"""Problems as pages of the console; who is not signed in is sent to sign in."""

from typing import Final
from urllib.parse import quote, urlsplit

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from console.desk.operators import seal_of
from console.desk.rendering import show
from console.problems import Problem

SIGN_IN: Final = "/console/sign-in"
_TITLES: Final = {
    400: "This could not be read",
    403: "Not allowed",
    404: "There is no such payment here",
    405: "This cannot be done here",
    413: "This is too much at once",
    422: "Something in this address is wrong",
    429: "Too many requests",
    503: "This cannot be answered now",
}
#: Begins a sentence that says what is not there.
_NO_SUCH: Final = "There is no such "
_GONE_WRONG: Final = "This page could not be made"


def page(request: Request, problem: Problem) -> Response:
    """The page for a problem under `/console`."""
    if problem.status == 401:  # noqa: PLR2004 - HTTP's
        return _to_sign_in(request, problem)
    lost = problem.status == 404  # noqa: PLR2004 - HTTP's
    said = "Check the id, or search." if lost else problem.detail
    title = _TITLES.get(problem.status, _GONE_WRONG)
    if lost and problem.detail.startswith(_NO_SUCH):
        title = f"{problem.detail.rstrip('.')} here"
    answer = show(
        request,
        None,
        "failure.html",
        status=problem.status,
        title=title,
        said=said,
    )
    answer.headers.update(problem.headers or {})
    return answer


def _to_sign_in(request: Request, problem: Problem) -> Response:
    asked_by = request.headers.get("hx-current-url")
    back = _place(asked_by) if asked_by else _place(str(request.url))
    again = f"&next={quote(back, safe='')}" if request.method == "GET" else ""
    where = f"{SIGN_IN}?why={quote(problem.code)}{again}"
    # A part of a page that asks for news has its page go there.
    answer = Response(status_code=401, headers={"HX-Redirect": where}) if asked_by else RedirectResponse(where, 303)
    seal_of(request).forget(answer)
    return answer


def _place(address: str) -> str:
    """The path and query of an address; nothing of one that is none, such as somebody made up."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")
