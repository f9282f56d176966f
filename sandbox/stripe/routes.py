"""Which address is which operation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sandbox.stripe.endpoints import (
    accounts,
    balance_transactions,
    charges,
    checkout_sessions,
    confirmation,
    customers,
    events,
    payment_intents,
    payment_methods,
    refunds,
    search,
    troubles,
    webhook_endpoints,
)
from sandbox.stripe.endpoints.call import Handler, retrieve
from sandbox.stripe.endpoints.lists import listing
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


#: What a page may send beside the parameters of the API: Stripe.js does.
PUBLIC_FIELDS: Final[Obj] = {"client_secret": "string", "key": "string", "payment_method_data": "any"}

_sessions, _intents, _hooks = checkout_sessions, payment_intents, webhook_endpoints
_TABLE: Final = (
    ("POST /v1/checkout/sessions", Route("checkout.sessions.create", _sessions.create, _sessions.precheck)),
    ("GET /v1/checkout/sessions", Route("checkout.sessions.list", _sessions.listing)),
    ("GET /v1/checkout/sessions/*", Route("checkout.sessions.retrieve", retrieve("checkout.session", "session"))),
    ("POST /v1/checkout/sessions/*", Route("checkout.sessions.update", _sessions.update)),
    ("POST /v1/checkout/sessions/*/expire", Route("checkout.sessions.expire", _sessions.expire)),
    ("GET /v1/checkout/sessions/*/line_items", Route("checkout.sessions.line_items", _sessions.line_items)),
    ("POST /v1/payment_intents", Route("payment_intents.create", _intents.create, _intents.precheck)),
    ("GET /v1/payment_intents", Route("payment_intents.list", _intents.listing)),
    ("GET /v1/payment_intents/search", Route("payment_intents.search", search.payment_intents)),
    ("GET /v1/payment_intents/*", Route("payment_intents.retrieve", confirmation.retrieve, public=True)),
    ("POST /v1/payment_intents/*", Route("payment_intents.update", _intents.update, _intents.precheck)),
    (
        "POST /v1/payment_intents/*/confirm",
        Route("payment_intents.confirm", confirmation.confirm, _intents.precheck, public=True),
    ),
    ("POST /v1/payment_intents/*/capture", Route("payment_intents.capture", confirmation.capture)),
    ("POST /v1/payment_intents/*/cancel", Route("payment_intents.cancel", confirmation.cancel)),
    ("POST /v1/payment_methods", Route("payment_methods.create", payment_methods.create, public=True)),
    ("GET /v1/payment_methods/*", Route("payment_methods.retrieve", retrieve("payment_method", "payment_method"))),
    ("GET /v1/charges", Route("charges.list", listing("charge"))),
    ("GET /v1/charges/*", Route("charges.retrieve", retrieve("charge"))),
    ("POST /v1/charges/*", Route("charges.update", charges.update)),
    ("GET /v1/balance_transactions", Route("balance_transactions.list", balance_transactions.listing)),
    ("GET /v1/balance_transactions/*", Route("balance_transactions.retrieve", balance_transactions.retrieve)),
    ("POST /v1/refunds", Route("refunds.create", refunds.create)),
    ("GET /v1/refunds", Route("refunds.list", listing("refund"))),
    ("GET /v1/refunds/*", Route("refunds.retrieve", retrieve("refund"))),
    ("POST /v1/refunds/*", Route("refunds.update", refunds.update)),
    ("POST /v1/refunds/*/cancel", Route("refunds.cancel", refunds.cancel)),
    ("GET /v1/events", Route("events.list", events.listing)),
    ("GET /v1/events/*", Route("events.retrieve", retrieve("event"))),
    ("GET /v1/disputes", Route("disputes.list", listing("dispute"))),
    ("GET /v1/disputes/*", Route("disputes.retrieve", retrieve("dispute", "dispute"))),
    ("POST /v1/disputes/*", Route("disputes.update", troubles.update_dispute)),
    ("POST /v1/disputes/*/close", Route("disputes.close", troubles.close_dispute)),
    ("GET /v1/reviews", Route("reviews.list", troubles.list_reviews)),
    ("GET /v1/reviews/*", Route("reviews.retrieve", retrieve("review", "review"))),
    ("POST /v1/reviews/*/approve", Route("reviews.approve", troubles.approve_review)),
    (
        "GET /v1/radar/early_fraud_warnings",
        Route("radar.early_fraud_warnings.list", listing("radar.early_fraud_warning")),
    ),
    (
        "GET /v1/radar/early_fraud_warnings/*",
        Route("radar.early_fraud_warnings.retrieve", retrieve("radar.early_fraud_warning", "early_fraud_warning")),
    ),
    ("POST /v1/customers", Route("customers.create", customers.create)),
    ("GET /v1/customers", Route("customers.list", listing("customer"))),
    ("GET /v1/customers/*", Route("customers.retrieve", retrieve("customer"))),
    ("GET /v1/transfers", Route("transfers.list", listing("transfer"))),
    ("GET /v1/transfers/*", Route("transfers.retrieve", retrieve("transfer", "transfer"))),
    ("GET /v1/application_fees", Route("application_fees.list", listing("application_fee"))),
    ("GET /v1/application_fees/*", Route("application_fees.retrieve", retrieve("application_fee"))),
    ("GET /v1/account", Route("accounts.retrieve", accounts.own)),
    ("POST /v1/accounts", Route("accounts.create", accounts.create)),
    ("GET /v1/accounts", Route("accounts.list", listing("account"))),
    ("GET /v1/accounts/*", Route("accounts.retrieve", accounts.retrieve)),
    ("GET /v1/balance", Route("balance.retrieve", accounts.balance)),
    ("POST /v1/webhook_endpoints", Route("webhook_endpoints.create", _hooks.create)),
    ("GET /v1/webhook_endpoints", Route("webhook_endpoints.list", listing("webhook_endpoint"))),
    ("GET /v1/webhook_endpoints/*", Route("webhook_endpoints.retrieve", retrieve("webhook_endpoint"))),
    ("POST /v1/webhook_endpoints/*", Route("webhook_endpoints.update", _hooks.update)),
    ("DELETE /v1/webhook_endpoints/*", Route("webhook_endpoints.delete", _hooks.delete)),
)
#: Method and path → route; `*` stands for an id.
ROUTES: Final[dict[str, Route]] = dict(_TABLE)
#: Where an id stands in a path: after a collection, or after one of a namespace.
NAMESPACES: Final = frozenset({"checkout", "radar"})


def match(method: str, path: str) -> tuple[Route, str] | None:
    """The route of a call and the id in its path; None: there is no such address."""
    if (route := ROUTES.get(f"{method} {path}")) is not None:
        return route, ""
    parts = path.split("/")
    at = 4 if len(parts) > 2 and parts[2] in NAMESPACES else 3  # noqa: PLR2004
    if len(parts) <= at or not parts[at]:
        return None
    object_id, parts[at] = parts[at], "*"
    route = ROUTES.get(f"{method} {'/'.join(parts)}")
    return None if route is None else (route, object_id)
