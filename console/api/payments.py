"""Payments: lists, one, and those of an auction."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from console.api import shapes, views
from console.callers import Known, audience_of
from console.house import TheApp, payment_for
from console.problems import documented, not_found, wrong
from console.responses import Json
from domain.lifecycle import Status
from domain.payment import Payment
from runtime.app import App
from runtime.tokens import Caller, CallerRole

router = APIRouter(prefix="/payments", tags=["Payments"])

_PAGE: Final = 50
_LARGEST_PAGE: Final = 100
_FIRST_YEAR, _LAST_YEAR = 2000, 9000
_ID: Final = r"^[A-Za-z0-9._-]{1,64}$"
IdFilter = Annotated[str | None, Query(pattern=_ID)]


@router.get("", summary="List payments", response_class=Json, responses=documented(422, ok=shapes.Page))
def list_payments(
    caller: Known,
    app: TheApp,
    *,
    status: Annotated[Status | None, Query()] = None,
    auction_id: Annotated[IdFilter, Query(alias="auctionId")] = None,
    buyer_id: Annotated[IdFilter, Query(alias="buyerId")] = None,
    maker_id: Annotated[IdFilter, Query(alias="makerId")] = None,
    policy: Annotated[str | None, Query(pattern=r"^[a-z]{1,32}$", description="`standard` or `instant`.")] = None,
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$", description="ISO 4217, capital letters.")] = None,
    created_from: Annotated[
        AwareDatetime | None, Query(alias="createdFrom", description="Created then or later; with its time zone.")
    ] = None,
    created_to: Annotated[AwareDatetime | None, Query(alias="createdTo", description="Created before then.")] = None,
    cursor: Annotated[str | None, Query(description="The `nextCursor` of the page before.", max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = _PAGE,
) -> Json:
    """Payments that match, newest first. Buyers and makers see their own."""
    wanted = {
        "status": status,
        "auction_id": auction_id,
        "buyer_id": buyer_id,
        "maker_id": maker_id,
        "policy": policy,
        "currency": currency,
        "created_from": _moment("createdFrom", created_from),
        "created_to": _moment("createdTo", created_to),
    }
    return _page(caller, _own(app, caller, wanted, cursor, limit), limit)


@router.get(
    "/auctions/{auctionId}",
    summary="Payments of an auction",
    response_class=Json,
    responses=documented(404, 422, ok=shapes.Page),
)
def payments_of_auction(
    caller: Known,
    app: TheApp,
    auction_id: Annotated[str, Path(alias="auctionId")],
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = _PAGE,
) -> Json:
    """All payments of an auction, newest first: a lot that was reopened has several. 404 if there is none to see."""
    found = _own(app, caller, {"auction_id": auction_id}, cursor, limit) if re.fullmatch(_ID, auction_id) else []
    if not found:
        raise not_found()
    return _page(caller, found, limit)


@router.get(
    "/{sessionId}",
    summary="One payment",
    response_class=Json,
    responses=documented(404, ok=shapes.Whole),
)
def one_payment(caller: Known, app: TheApp, session_id: Annotated[str, Path(alias="sessionId")]) -> Json:
    """A payment with its attempts, transactions and refunds."""
    payment = payment_for(app, caller, session_id)
    policy = app.require_payments.policies[payment.session.policy]
    receipt = views.receipt_link(app.receipts.view.receipt_of(payment.session.id))
    whole = views.whole(payment, policy, app.now(), audience_of(caller), receipt)
    return Json(whole.document())


def _own(app: App, caller: Caller, wanted: Mapping[str, Any], cursor: str | None, limit: int) -> Sequence[Payment]:
    """A page of what matches and the caller may see, and one more, which tells whether there is a next page."""
    mine = {CallerRole.BUYER: "buyer_id", CallerRole.MAKER: "maker_id"}.get(caller.role)
    own = {mine: caller.subject} if mine else {}
    if any(wanted.get(name) not in (None, subject) for name, subject in own.items()):
        return []
    return app.view_payments.listed(**{**wanted, **own}, after=_after(cursor), limit=limit + 1)


def _page(caller: Caller, found: Sequence[Payment], limit: int) -> Json:
    shown, to = found[:limit], audience_of(caller)
    page = shapes.Page(
        data=[views.session_state(payment, to) for payment in shown],
        next_cursor=_cursor(shown[-1].session.id) if len(found) > limit else None,
    )
    return Json(page.document())


def _moment(field: str, at: datetime | None) -> datetime | None:
    """A time of this era: others cannot be reckoned with."""
    if at is not None and not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise wrong([(field, f"must be between the years {_FIRST_YEAR} and {_LAST_YEAR}")])
    return at


def _cursor(session_id: UUID) -> str:
    return urlsafe_b64encode(session_id.bytes).decode().rstrip("=")


def _after(cursor: str | None) -> UUID | None:
    if cursor is None:
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(cursor + "=="))
    except ValueError:
        raise wrong([("cursor", "is none that was given out")]) from None
