"""A buyer's receipt and credit notes: where the links in mails lead. Who holds the link may have them."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse

from console.house import TheApp
from console.problems import not_found
from domain.documents import DocumentKind

router = APIRouter(tags=["Buyer's page"])


@router.get(
    "/pay/{token}/receipt",
    summary="The receipt",
    status_code=303,
    response_class=RedirectResponse,
    responses={
        303: {"description": "Where it is, for a while; or the page, while there is none."},
        404: {"description": "The link is none of ours.", "content": {"text/html": {"schema": {"type": "string"}}}},
    },
)
def receipt(
    app: TheApp,
    token: str,
    number: Annotated[str | None, Query(description="Of a receipt or a credit note of this payment.")] = None,
) -> RedirectResponse:
    """Lead to a fresh link: the storage's own end within the hour, and mails are kept for years."""
    session_id = app.links.session_of(token)
    if session_id is None:
        raise not_found()
    for one in app.receipts.view.of_payment(session_id):
        wanted = one.receipt.kind is DocumentKind.RECEIPT if number is None else one.receipt.number == number
        if wanted and one.download_url is not None:
            return RedirectResponse(one.download_url, 303, {"Cache-Control": "no-store"})
    return RedirectResponse(app.links.page(session_id), 303, {"Cache-Control": "no-store"})
