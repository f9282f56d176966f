"""The application of the `api` process."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from console import downloads
from console.api import checkout, events, payments, probes, receipts
from console.callers import Verify
from console.errors import handle_errors
from console.house import House
from console.limits import Limits
from console.live.live import LiveByLoop
from console.openapi import describe
from console.pages import documentation, files, papers, pay
from console.readiness import Readiness
from console.shield import Shield
from models import schema
from runtime.app import App

_ROUTERS: Final = (
    probes.router,
    checkout.router,
    payments.router,
    receipts.router,
    events.router,
    pay.router,
    papers.router,
    files.router,
    documentation.router,
    downloads.router,
)
_ABOUT: Final = """\
Collects the payment after an auction's hammer falls.

Amounts are numbers in major units and exact: write `275.50`, not `275.49999999999997`. Times are ISO 8601 in UTC.
Errors are problem details (RFC 9457) with a stable `code`. Every request may be repeated.
"""


def create_api(
    app: App,
    verify: Verify,
    *,
    render_metrics: Callable[[], bytes] = bytes,
    ready: Callable[[], bool] | None = None,
    limits: Limits | None = None,
) -> FastAPI:
    """Build the application.

    Args:
        app: the use cases. Its database's pool should bear `limits.threads + limits.checkouts` at once.
        verify: gives the caller that a bearer token proves, or raises `TokenRefused`.
        render_metrics: Prometheus' text format 0.0.4.
        ready: whether the process can do its work; by default, whether the database is there and its schema current.
        limits: the bounds of everything, if not the usual ones.
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
    api.state.house, api.state.verify = house, verify
    for router in _ROUTERS:
        api.include_router(router)
    handle_errors(api)
    describe(api)
    encrypted = app.links.base_url.startswith("https://")
    api.add_middleware(Shield, body_bytes=limits.body_bytes, encrypted=encrypted)
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
