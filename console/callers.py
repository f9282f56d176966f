"""Who calls: bearer tokens, roles, and whose payment is whose."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.concurrency import run_in_threadpool

from console.problems import Problem
from console.throttle import ALLOWANCES, throttle, unlimited
from domain.telling import Audience
from runtime.tokens import Caller, CallerRole, Refusal, RememberedTokens, TokenRefused

Verify = Callable[[str], Caller]

#: Who sees every payment: the house's people, and the auction service itself, which announces them.
SEES_ALL: Final = frozenset({CallerRole.SERVICE, CallerRole.SUPPORT, CallerRole.ADMIN, CallerRole.AUDITOR})
#: Who is told what buyers are not: codes that hint at fraud, and what went wrong inside.
STAFF: Final = frozenset({CallerRole.SUPPORT, CallerRole.ADMIN, CallerRole.AUDITOR})

_REALM: Final = 'Bearer realm="gavelpay"'
_bearer = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    description="A JWT with `sub`, `exp` and `role` (service, buyer, maker, support, admin or auditor).",
)


async def authenticated(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """Who calls, as the request's token proves. What may wait runs in a thread: keys to be fetched, and Redis.

    Raises:
        Problem: 401; 503 while the issuer's keys cannot be fetched; or 429.
    """
    if credentials is None:
        raise Problem(401, "token_missing", "This needs a bearer token.", headers={"WWW-Authenticate": _REALM})
    verify: Verify = request.app.state.verify
    caller = known(verify, credentials.credentials)
    try:
        if caller is None:
            caller = await run_in_threadpool(verify, credentials.credentials)
    except TokenRefused as refused:
        raise _refused(refused) from None
    request.state.caller = caller
    if caller.role in ALLOWANCES and request.app.state.take is not unlimited:
        await run_in_threadpool(throttle, request.app.state.take, caller)
    return caller


def known(verify: Verify, token: str) -> Caller | None:
    """Who is known to hold this token, if nobody need wait to know it."""
    return verify.known(token) if isinstance(verify, RememberedTokens) else None


def _refused(refused: TokenRefused) -> Problem:
    if refused.code is Refusal.KEYS_UNAVAILABLE:
        detail = "The keys that tokens are verified with cannot be fetched now."
        return Problem(503, refused.code, detail, headers={"Retry-After": "10"})
    challenge = f'{_REALM}, error="invalid_token", error_description="{refused.code}"'
    return Problem(401, refused.code, "The bearer token is not valid.", headers={"WWW-Authenticate": challenge})


Known = Annotated[Caller, Depends(authenticated)]


@dataclass(frozen=True, slots=True)
class Only:
    """A dependency that lets some roles pass; others get 403."""

    roles: tuple[CallerRole, ...]

    async def __call__(self, caller: Known) -> Caller:
        """The caller, if of one of these roles."""
        if caller.role not in self.roles:
            names = " or ".join(self.roles)
            raise Problem(403, "role_not_permitted", f"This needs the role {names}; the token has {caller.role}.")
        return caller


def only(*roles: CallerRole) -> Only:
    """Let these roles pass."""
    return Only(roles)


class Owned(Protocol):
    """What belongs to a buyer and a maker."""

    @property
    def buyer_id(self) -> str:
        """Whose obligation it is."""

    @property
    def maker_id(self) -> str:
        """Whose lot it is."""


def may_see(caller: Caller, session: Owned) -> bool:
    """Whether a payment is the caller's own, or the caller sees all of them."""
    if caller.role is CallerRole.BUYER:
        return session.buyer_id == caller.subject
    if caller.role is CallerRole.MAKER:
        return session.maker_id == caller.subject
    return caller.role in SEES_ALL


def audience_of(caller: Caller) -> Audience:
    """Whom an answer to them tells something."""
    return Audience.STAFF if caller.role in STAFF else Audience(caller.role)
