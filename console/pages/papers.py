"""A buyer's receipt and credit notes: where the links in mails lead. Who holds the link may have them."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse

from console.house import TheApp
from console.pages.links import COUNTED, REFUSED, Token, session_of
from domain.documents import DocumentKind

router = APIRouter(tags=["Buyer's page"], dependencies=[COUNTED])


@router.get(
    "/pay/{token}/receipt",
    summary="The receipt",
    status_code=303,
    response_class=RedirectResponse,
    responses=REFUSED | {303: {"description": "Where it is, for a while; or the page, while there is none."}},
)
def receipt(
    app: TheApp,
    token: Token,
    number: Annotated[str | None, Query(description="Of a receipt or a credit note of this payment.")] = None,
) -> RedirectResponse:
    """Lead to a fresh link: the storage's own end within the hour, and mails are kept for years."""
    session_id = session_of(app, token)
    for one in app.receipts.view.of_payment(session_id):
        wanted = one.receipt.kind is DocumentKind.RECEIPT if number is None else one.receipt.number == number
        if wanted and one.download_url is not None:
            return RedirectResponse(one.download_url, 303, {"Cache-Control": "no-store"})
    return RedirectResponse(app.links.page(session_id), 303, {"Cache-Control": "no-store"})
