"""Receipts and credit notes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from console.api import shapes
from console.callers import Known, may_see
from console.house import TheApp
from console.problems import documented, not_found
from console.responses import Json
from domain.errors import NotFound
from domain.money import Money
from services.view_receipts import ShownReceipt

router = APIRouter(prefix="/payments/receipts", tags=["Receipts"])


@router.get(
    "/{receiptId}", summary="One receipt", response_class=Json, responses=documented(404, ok=shapes.ReceiptState)
)
def one_receipt(caller: Known, app: TheApp, receipt_id: Annotated[str, Path(alias="receiptId")]) -> Json:
    """A receipt or a credit note, with a link to it that needs no token and ends. 404 if there is none to see."""
    try:
        shown = app.receipts.view.one(UUID(receipt_id))
        payment = app.view_payments.one(shown.receipt.session_id)
    except (ValueError, NotFound):
        raise not_found() from None
    if not may_see(caller, payment.session):
        raise not_found(of_others=payment.session.id)
    return Json(receipt_state(shown).document())


def receipt_state(shown: ShownReceipt) -> shapes.ReceiptState:
    """A document as the API shows it."""
    one = shown.receipt
    return shapes.ReceiptState(
        id=one.id,
        receipt_number=one.number,
        kind=one.kind,
        status=one.status,
        void=shown.is_void,
        session_id=one.session_id,
        transaction_id=one.transaction_id,
        refund_id=one.refund_id,
        cancels=(one.document or {}).get("cancels"),
        amount=Money(one.currency, one.amount_minor).major,
        currency=one.currency,
        language=one.language,
        template_version=one.template_version,
        occurred_at=one.occurred_at,
        issued_at=one.issued_at,
        sha256=one.content_hash.hex() if one.content_hash and one.storage_key else None,
        size=one.size if one.storage_key else None,
        download_url=shown.download_url,
        download_expires_at=shown.expires_at,
    )
