"""What endpoints reach the system through, and how they read their requests."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from console.callers import may_see
from console.exact_json import MalformedJson, read_object
from console.limits import Limits
from console.live.live import Live, LiveByLoop
from console.live.snapshot import Snapshot
from console.problems import Problem, not_found
from domain.errors import NotFound
from domain.payment import Payment
from runtime.app import App
from runtime.tokens import Caller


@dataclass(frozen=True)
class House:
    """The use cases, and the bounds within which they are called."""

    app: App
    limits: Limits
    #: Threads that may wait for Stripe.
    checkouts: ThreadPoolExecutor
    ready: Callable[[], bool]
    render_metrics: Callable[[], bytes]
    live: LiveByLoop


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


def _app(request: Request) -> App:
    return _house(request).app


async def _live(request: Request) -> Live:
    return _house(request).live.here()


TheHouse = Annotated[House, Depends(_house)]
TheApp = Annotated[App, Depends(_app)]
TheLive = Annotated[Live, Depends(_live)]


def payment_for(app: App, caller: Caller, session_id: str) -> Payment:
    """One payment that the caller may see; for any other, and for what is no id, the same 404."""
    try:
        payment = app.view_payments.one(UUID(session_id))
    except (ValueError, NotFound):
        raise not_found() from None
    if not may_see(caller, payment.session):
        raise not_found(of_others=payment.session.id)
    return payment


async def snapshot_for(live: Live, caller: Caller, session_id: str) -> Snapshot:
    """As `payment_for`, for those who only want to know where it stands: at most two seconds old."""
    try:
        snapshot = await live.statuses.read(UUID(session_id))
    except (ValueError, NotFound):
        raise not_found() from None
    if not may_see(caller, snapshot):
        raise not_found(of_others=snapshot.session_id)
    return snapshot


async def _json_body(request: Request) -> dict[str, Any]:
    """The request's body, read within bounds."""
    declared = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if declared != "application/json" and not declared.endswith("+json"):
        raise Problem(415, "not_json", "The body must be JSON (Content-Type: application/json).")
    limit = _house(request).limits.body_bytes
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
    try:
        return read_object(bytes(body))
    except MalformedJson as error:
        raise Problem(400, "malformed_json", f"The body {error}.") from None


def too_large(limit: int) -> Problem:
    """The answer to a body above the bound."""
    return Problem(
        413, "body_too_large", f"The body is larger than {limit // 1024} KB.", headers={"Connection": "close"}
    )


JsonBody = Annotated[dict[str, Any], Depends(_json_body)]
