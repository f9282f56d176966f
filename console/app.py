"""The application of the `api` process."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from console import downloads
from console.api import checkout, events, methods, payments, probes, receipts, refunds, trying_again, windows
from console.callers import Verify
from console.cors import Cors
from console.denials import Denials
from console.desk.operators import IssueToken
from console.desk.routes import ROUTERS as DESK
from console.desk.sessions import Seal
from console.errors import handle_errors
from console.house import House
from console.limits import Limits
from console.live.live import LiveByLoop
from console.openapi import describe
from console.pages import documentation, papers, pay
from console.pages.rendering import ASSETS
from console.quick import QuickStatus
from console.readiness import Readiness
from console.shield import Shield
from console.throttle import Take, unlimited
from models import schema
from runtime.app import App

#: Every endpoint there is.
ROUTERS: Final = (
    probes.router,
    checkout.router,
    methods.router,
    trying_again.router,
    windows.router,
    refunds.router,
    payments.router,
    receipts.router,
    events.router,
    pay.router,
    papers.router,
    ASSETS.router(),
    documentation.router,
    downloads.router,
    *DESK,
)
_ABOUT: Final = """\
Collects the payment after an auction's hammer falls.

Amounts are numbers in major units and exact: write `275.50`, not `275.49999999999997`. Times are ISO 8601 in UTC.
Errors are problem details (RFC 9457) with a stable `code`. Every request may be repeated: most are the same when done \
twice; where that is not so, send an `Idempotency-Key`, and a repeat gets the first answer.

Buyers and makers may ask 10 times a second (60 at once), people of the house 50 times (300 at once); more is answered \
429 with `Retry-After`. A link to a buyer's page has a buyer's allowance, whoever holds it. Scripts of websites may \
call where `CHECKOUT_ALLOWED_ORIGINS` lists them, without cookies.
"""


def create_api(
    app: App,
    verify: Verify,
    *,
    render_metrics: Callable[[], bytes] = bytes,
    ready: Callable[[], bool] | None = None,
    limits: Limits | None = None,
    take: Take = unlimited,
    issue_token: IssueToken | None = None,
) -> FastAPI:
    """Build the application.

    Args:
        app: the use cases. Its database's pool should bear `limits.threads + limits.checkouts` at once.
        verify: gives the caller that a bearer token proves, or raises `TokenRefused`.
        render_metrics: Prometheus' text format 0.0.4.
        ready: whether the process can do its work; by default, whether the database is there and its schema current.
        limits: the bounds of everything, if not the usual ones.
        take: counts a caller's requests.
        issue_token: on a development machine alone: makes a token for whoever clicks on a role in the console.
    """
    limits = limits or Limits()
    house = House(
        app=app,
        limits=limits,
        checkouts=ThreadPoolExecutor(limits.checkouts, "checkout"),
        ready=Readiness(ready or (lambda: schema.is_current(app.database))),
        render_metrics=render_metrics,
        live=LiveByLoop(app, limits),
    )
    api = FastAPI(
        title="Gavelpay",
        version=_version(),
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=_living(house),
        generate_unique_id_function=lambda route: route.name,
    )
    api.state.house, api.state.verify, api.state.take = house, verify, take
    api.state.denials = Denials(app.record_security_event)
    encrypted = app.links.base_url.startswith("https://")
    api.state.desk_seal, api.state.issue_token = Seal(app.store.cipher.derive(b"console"), encrypted), issue_token
    for router in ROUTERS:
        api.include_router(router)
    handle_errors(api)
    describe(api)
    api.add_middleware(Cors, origins=app.settings.checkout.allowed_origins)
    api.add_middleware(Shield, body_bytes=limits.body_bytes, encrypted=encrypted)
    throttled = take is not unlimited
    api.add_middleware(QuickStatus, house=house, verify=verify, throttled=throttled, encrypted=encrypted)
    return api


def _living(house: House) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def live(_api: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = house.limits.threads
        async with house.live.opened():
            yield
        # What waits for Stripe is let finish: its answer is worth recording.
        house.checkouts.shutdown(wait=True, cancel_futures=True)

    return live


def _version() -> str:
    try:
        return version("gavelpay")
    except PackageNotFoundError:  # run from a source tree
        return "0"
