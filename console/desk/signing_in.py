"""Signing in and out. On a development machine a click is enough; elsewhere a token of the house's issuer."""

import re
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.desk.failures import SIGN_IN
from console.desk.navigation import HOME
from console.desk.operators import AnyForm, IssueToken, TheForm, seal_of, verified
from console.desk.rendering import show
from console.desk.sessions import LONGEST_TOKEN
from console.house import TheApp
from console.problems import Problem
from runtime.tokens import CallerRole

router = APIRouter(prefix="/console", include_in_schema=False)

_ROLES: Final = {
    CallerRole.SUPPORT: "looks at everything and retries",
    CallerRole.ADMIN: "acts",
    CallerRole.AUDITOR: "looks at everything and changes nothing",
}
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_WHY: Final = {
    "signed_out": "You are signed out.",
    "signed_out_after_8_hours": "You were signed out after 8 hours.",
    "not_signed_in": "Sign in to see this page.",
}
_NO_MORE: Final = "Your token has ended, or is not accepted any more. Sign in again."


@router.get("/sign-in")
def sign_in_page(request: Request, why: str = "", next: str = "") -> Response:  # noqa: A002 - as it stands in the address
    """Ask who it is."""
    said = _WHY.get(why, _NO_MORE if why else None)
    return _page(request, said=said, onward=_inside(next))


@router.post("/sign-in")
def sign_in(request: Request, app: TheApp, form: AnyForm) -> Response:
    """Let somebody in, or say why not."""
    onward, issue = _inside(form.get("next", "")), _issuer(request)
    role = form.get("role")
    if role is not None and issue is not None:
        name = form.get("name", "").strip().lower() or f"local-{role}"
        if role not in list(_ROLES) or not _NAME.fullmatch(name):
            return _page(request, said="A name has small letters, digits, dots and dashes.", onward=onward, status=422)
        token = issue(name, CallerRole(role))
    else:
        token = form.get("token", "").strip()
    if len(token) > LONGEST_TOKEN:
        said = f"This token is longer than {LONGEST_TOKEN} characters: browsers would not keep it."
        return _page(request, said=said, onward=onward, status=422)
    try:
        verified(request, token)
    except Problem as problem:
        if problem.status != 401:  # noqa: PLR2004 - HTTP's
            raise
        return _page(request, said="This token proves nobody, or has ended.", onward=onward, status=401)
    answer = RedirectResponse(onward, 303)
    seal_of(request).set_cookie(answer, token, app.now())
    return answer


@router.post("/sign-out")
def sign_out(request: Request, form: TheForm) -> Response:  # noqa: ARG001 - only for its check
    """Forget who it is."""
    answer = RedirectResponse(f"{SIGN_IN}?why=signed_out", 303)
    seal_of(request).forget(answer)
    return answer


def _page(request: Request, *, said: str | None, onward: str, status: int = 200) -> Response:
    roles = _ROLES if _issuer(request) else {}
    return show(request, None, "sign_in.html", status=status, title="Sign in", said=said, onward=onward, roles=roles)


def _issuer(request: Request) -> IssueToken | None:
    issue: IssueToken | None = request.app.state.issue_token
    return issue


def _inside(address: str) -> str:
    """An address of the console, and of no other site."""
    parts = urlsplit(address)
    inside = (
        (parts.path == HOME or address.startswith(f"{HOME}/"))
        and "\\" not in address
        and not parts.scheme
        and not parts.netloc
    )
    return address if inside and parts.path != SIGN_IN and address.isprintable() else HOME
