"""Who is signed in, and what they may do."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from console.callers import STAFF, Verify
from console.desk.sessions import LASTS, NAME, Seal, Signed, SignedOut
from console.house import TheApp, TheHouse, too_large
from console.problems import Problem
from console.throttle import throttle
from runtime.tokens import Caller, CallerRole, Refusal, TokenRefused

#: Makes a token for a name and a role, where this machine may.
IssueToken = Callable[[str, CallerRole], str]

#: Who takes lists away as files. Looking at all of it is an auditor's work; support looks at one payment at a time.
MAY_EXPORT: Final = (CallerRole.ADMIN, CallerRole.AUDITOR)

_MOST_FIELDS: Final = 40
#: A reason is a sentence or two.
_LONGEST_REASON: Final = 1_000
#: What browsers say of a request that one of our own pages, or the person, has caused.
_OWN: Final = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody of the house, signed in."""

    caller: Caller
    until: datetime
    csrf: str

    @property
    def actor(self) -> str:
        """As the audit trail names them."""
        return f"{self.caller.role}:{self.caller.subject}"

    @property
    def name(self) -> str:
        """As pages name them."""
        return self.caller.subject

    @property
    def role(self) -> CallerRole:
        """Support looks and retries, admin acts, auditor looks."""
        return self.caller.role

    def require(self, *roles: CallerRole, to: str) -> None:
        """Raise 403 unless this is one of these roles; `to` completes "Support cannot …"."""
        if self.role not in roles:
            ask = "Ask an admin" if CallerRole.ADMIN in roles else "Ask support"
            what = f"{self.role.capitalize()} cannot {to}. {ask}; the address of this page is the link to send."
            raise Problem(403, "role_not_permitted", what)


def seal_of(request: Request) -> Seal:
    """What cookies are made and read with."""
    seal: Seal = request.app.state.desk_seal
    return seal


def verified(request: Request, token: str) -> Caller:
    """The member of the house that a token proves.

    Raises:
        Problem: 401; 403 for buyers, makers and services; 503 while the issuer's keys cannot be fetched.
    """
    verify: Verify = request.app.state.verify
    try:
        caller = verify(token)
    except TokenRefused as refused:
        if refused.code is Refusal.KEYS_UNAVAILABLE:
            detail = "The keys that tokens are verified with cannot be fetched now."
            raise Problem(503, refused.code, detail, headers={"Retry-After": "10"}) from None
        raise Problem(401, refused.code, "This token proves nobody, or has ended.") from None
    request.state.caller = caller
    if caller.role not in STAFF:
        raise Problem(403, "role_not_permitted", "The console is for support, admins and auditors of the house.")
    return caller


def _signed_in(request: Request, app: TheApp) -> Operator:
    """Who has a cookie of ours, or brings a token as programs do."""
    seal, cookie = seal_of(request), request.cookies.get(NAME)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if cookie is None and scheme.casefold() == "bearer":
        signed, secret = Signed(bearer.strip(), app.now() + LASTS), bearer
    else:
        try:
            signed, secret = seal.read(cookie, app.now()), cookie or ""
        except SignedOut as out:
            code = "signed_out_after_8_hours" if out.over else "not_signed_in"
            raise Problem(401, code, "Sign in to see this.") from None
    caller = verified(request, signed.token)
    throttle(request.app.state.take, caller)
    return Operator(caller, signed.until, seal.csrf(secret))


TheOperator = Annotated[Operator, Depends(_signed_in)]


async def form_of(request: Request, house: TheHouse) -> Mapping[str, str]:
    """A posted form, read within bounds. Nothing that another site has sent."""
    if request.headers.get("sec-fetch-site", "none") not in _OWN:
        raise Problem(403, "csrf", "This form was sent from another site. Nothing was done.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > house.limits.body_bytes:
            raise too_large(house.limits.body_bytes)
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Problem(400, "malformed_form", "This form could not be read. Nothing was done.") from None
    # No browser sends this sign, and the database keeps none.
    return {name: value.replace("\x00", "") for name, value in fields}


AnyForm = Annotated[Mapping[str, str], Depends(form_of)]


def _own_form(operator: TheOperator, app: TheApp, form: AnyForm) -> Mapping[str, str]:
    if not hmac.compare_digest(form.get("csrf", "").encode(), operator.csrf.encode()):
        detail = "This form belongs to another session. Nothing was done; go back, reload the page and send it again."
        raise Problem(403, "csrf", detail)
    app.desk.overview.forget()
    return form


def reason_of(form: Mapping[str, str]) -> str:
    """Why somebody does it, in their words; empty if they do not say."""
    return form.get("reason", "").strip()[:_LONGEST_REASON]


#: A form that one of our pages made for this operator.
TheForm = Annotated[Mapping[str, str], Depends(_own_form)]
