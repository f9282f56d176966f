"""Which address is which operation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sandbox.stripe.endpoints import balance_transactions, checkout_sessions
from sandbox.stripe.endpoints.call import Handler, retrieve
from sandbox.stripe.wire import Obj


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API."""

    operation: str
    handler: Handler
    #: Looks at the raw parameters before the schema does.
    precheck: Callable[[Obj], None] | None = None
    #: Whether a page may call it with the publishable key.
    public: bool = False


#: Method and path → route; `*` stands for an id.
ROUTES: Final[dict[tuple[str, str], Route]] = {
    ("POST", "/v1/checkout/sessions"): Route(
        "checkout.sessions.create", checkout_sessions.create, checkout_sessions.precheck
    ),
    ("GET", "/v1/checkout/sessions"): Route("checkout.sessions.list", checkout_sessions.listing),
    ("GET", "/v1/checkout/sessions/*"): Route("checkout.sessions.retrieve", retrieve("checkout.session", "session")),
    ("POST", "/v1/checkout/sessions/*"): Route("checkout.sessions.update", checkout_sessions.update),
    ("POST", "/v1/checkout/sessions/*/expire"): Route("checkout.sessions.expire", checkout_sessions.expire),
    ("GET", "/v1/checkout/sessions/*/line_items"): Route("checkout.sessions.line_items", checkout_sessions.line_items),
    ("GET", "/v1/balance_transactions"): Route("balance_transactions.list", balance_transactions.listing),
    ("GET", "/v1/balance_transactions/*"): Route("balance_transactions.retrieve", balance_transactions.retrieve),
}
#: Words that are not ids although they stand where ids do.
WORDS: Final = frozenset({"search", "sessions", "early_fraud_warnings"})


def match(method: str, path: str) -> tuple[Route, str] | None:
    """The route of a call and the id in its path; None: there is no such address."""
    if (route := ROUTES.get((method, path))) is not None:
        return route, ""
    parts = path.split("/")
    for at in range(len(parts) - 1, 2, -1):
        if parts[at] in WORDS or not parts[at]:
            continue
        pattern = "/".join([*parts[:at], "*", *parts[at + 1 :]])
        if (route := ROUTES.get((method, pattern))) is not None:
            return route, parts[at]
    return None
