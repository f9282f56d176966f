"""How often each caller may ask, by role."""

import math
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from console.problems import Problem
from gateways.allowances import Allowance
from runtime.tokens import Caller, CallerRole

#: Takes a token of a caller; gives 0.0, or the seconds until there is one.
Take = Callable[[str, Allowance], float]

_PERSON: Final = Allowance(rate=10, most=60)
_STAFF: Final = Allowance(rate=50, most=300)
#: Generous: a person with several pages open stays far below. The auction service has none: thousands of auctions may
#: end in one minute, and what it asks for is bounded by the threads that wait for Stripe.
ALLOWANCES: Final[Mapping[CallerRole, Allowance]] = {
    CallerRole.BUYER: _PERSON,
    CallerRole.MAKER: _PERSON,
    CallerRole.SUPPORT: _STAFF,
    CallerRole.ADMIN: _STAFF,
    CallerRole.AUDITOR: _STAFF,
}
#: Of one link to a buyer's page, however many hold it: each of its pages asks a few times a minute.
PAGE: Final = _PERSON


def unlimited(_caller: str, _allowance: Allowance) -> float:
    """Everybody may ask as often as they like."""
    return 0.0


def throttle(take: Take, caller: Caller) -> None:
    """Count one request of a caller.

    Raises:
        Problem: 429, with the seconds to wait.
    """
    if allowance := ALLOWANCES.get(caller.role):
        _count(take, f"{caller.role}:{caller.subject}", allowance)


def throttle_page(take: Take, session_id: UUID) -> None:
    """Count one request to the pages of a payment's link.

    Raises:
        Problem: 429, with the seconds to wait.
    """
    _count(take, f"page:{session_id}", PAGE)


def _count(take: Take, who: str, allowance: Allowance) -> None:
    wait = take(who, allowance)
    if wait > 0:
        detail = f"That is more than {allowance.rate:g} requests a second."
        raise Problem(429, "too_many_requests", detail, headers={"Retry-After": str(math.ceil(wait))})
