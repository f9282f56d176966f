"""Receipts and credit notes: when one is wanted, what its number is, and what stands on it.

A receipt says what is final when the money is kept. What Stripe keeps and what the maker gets come later; they are in
the books, never on this paper. ADR 17 has the reasons.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from domain.documents import Document, DocumentKind, House, PaidWith, Party
from domain.ids import NewId, ReceiptId
from domain.money import Money
from domain.payment import Payment
from domain.receipt import Receipt
from domain.transaction import Disposition, Refund, RefundStatus, Transaction

#: So long a receipt waits for Stripe to tell how the money came (card brand, last four digits). It mostly does within
#: a second; a receipt without it is a receipt all the same.
PATIENCE: Final = timedelta(seconds=30)
_LANGUAGES: Final = ("en", "de")


@dataclass(frozen=True, slots=True)
class Stationery:
    """What the house has decided about its paper."""

    house: House
    #: What each number begins with.
    prefix: str
    template_version: str


def want_receipt(payment: Payment, transaction: Transaction, now: datetime, new_id: NewId) -> None:
    """Have a receipt made out for money that pays for a lot."""
    payment.receipts.append(
        Receipt(
            id=ReceiptId(new_id()),
            kind=DocumentKind.RECEIPT,
            session_id=payment.session.id,
            transaction_id=transaction.id,
            language=language_of(payment.session.locale),
            currency=transaction.currency,
            amount_minor=transaction.amount_minor,
            occurred_at=transaction.paid_at,
            created_at=now,
            due_at=now + PATIENCE,
        )
    )


def want_credit_note(
    payment: Payment, transaction: Transaction, refund: Refund, *, at: datetime, now: datetime, new_id: NewId
) -> None:
    """Have a credit note made out for money that went back, whether or not there was a receipt for it.

    Args:
        payment: whose money it is.
        transaction: what it is a part of.
        refund: what went back.
        at: when it did.
        now: the time.
        new_id: makes its id.
    """
    payment.receipts.append(
        Receipt(
            id=ReceiptId(new_id()),
            kind=DocumentKind.CREDIT_NOTE,
            session_id=payment.session.id,
            transaction_id=transaction.id,
            refund_id=refund.id,
            language=language_of(payment.session.locale),
            currency=refund.currency,
            amount_minor=refund.amount_minor,
            occurred_at=at,
            created_at=now,
            due_at=now,
            in_full=refund.amount_minor >= transaction.amount_minor,
        )
    )


def is_moot(payment: Payment, receipt: Receipt) -> bool:
    """Whether what it was to say is not so any more: its refund has come back. It gets no number then."""
    refund = _refund_of(payment, receipt)
    return refund is not None and refund.status is not RefundStatus.SUCCEEDED


def series_of(prefix: str, kind: DocumentKind, issued_on: datetime) -> str:
    """The series in which a document is numbered: of its kind, and of the UTC year in which it gets its number."""
    notes = "-C" if kind is DocumentKind.CREDIT_NOTE else ""
    return f"{prefix}{notes}-{issued_on.year}"


def number_of(series: str, number_no: int) -> str:
    """A number as it is printed, such as `CRAFT-2026-000001`."""
    return f"{series}-{number_no:06}"


def draw_up(
    payment: Payment, receipt: Receipt, stationery: Stationery, *, cancels: str | None, more: int = 0
) -> Document:
    """What stands on it from now on.

    Args:
        payment: as it stands.
        receipt: has its number.
        stationery: the house's.
        cancels: the number of the receipt that a credit note takes back; None where there was none.
        more: how many credit notes of the same money get their number after this one.
    """
    session, amount = payment.session, Money(receipt.currency, receipt.amount_minor)
    transaction = payment.transaction(receipt.transaction_id)
    # As it is now: a release before said `in_full` of the last of several parts, too.
    whole = receipt.kind is DocumentKind.CREDIT_NOTE and receipt.amount_minor >= transaction.amount_minor
    all_gone = receipt.kind is DocumentKind.CREDIT_NOTE and transaction.refunded_minor >= transaction.amount_minor
    return Document(
        kind=receipt.kind,
        number=receipt.number or "",
        language=receipt.language,
        template_version=stationery.template_version,
        house=stationery.house,
        buyer=Party.buyer_of(session),
        maker=Party.maker_of(session),
        session_id=session.id,
        auction_id=session.auction_id,
        lot=session.metadata.get("lot"),
        title=session.title,
        at=receipt.occurred_at,
        price=amount,
        # Our policies ask buyers for the hammer price alone: the platform's fee is the maker's.
        fees=Money(receipt.currency, 0),
        total=amount,
        paid_with=_paid_with(transaction),
        cancels=cancels,
        in_full=whole,
        rest=all_gone and not whole and not more,
    )


def issued(payment: Payment, receipt: Receipt, now: datetime) -> None:
    """A document is printed and stored: this is where everybody hears of it.

    The buyer's mail about money that came or went goes out from here, for it carries the document's number and link.
    """
    payment.note("receipt_issued", now, **_about(receipt), sha256=(receipt.content_hash or b"").hex())
    if payment.transaction(receipt.transaction_id).disposition is Disposition.KEPT:
        amount = Money(receipt.currency, receipt.amount_minor)
        payment.announce(
            "order.updated",
            now,
            receiptId=str(receipt.id),
            receiptNumber=receipt.number,
            documentKind=str(receipt.kind),
            amount=str(amount.major),
            currency=amount.currency,
            transactionId=str(receipt.transaction_id),
        )


def stuck(payment: Payment, receipt: Receipt, reason: str, now: datetime) -> None:
    """A document cannot be issued until a person has looked; the payment is what it is all the same."""
    payment.note("receipt_stuck", now, **_about(receipt), reason=reason)


def language_of(locale: str | None) -> str:
    """The language of a document or a letter: the reader's where we have it, or English."""
    language = (locale or "")[:2].lower()
    return language if language in _LANGUAGES else _LANGUAGES[0]


def _about(receipt: Receipt) -> dict[str, Any]:
    return {
        "receipt": str(receipt.id),
        "kind": str(receipt.kind),
        "number": receipt.number,
        "transaction": str(receipt.transaction_id),
        "refund": str(receipt.refund_id) if receipt.refund_id else None,
    }


def _refund_of(payment: Payment, receipt: Receipt) -> Refund | None:
    return next((one for one in payment.refunds if one.id == receipt.refund_id), None)


def _paid_with(transaction: Transaction) -> PaidWith | None:
    if transaction.method_type is None:
        return None
    return PaidWith(transaction.method_type, transaction.method_brand, transaction.method_last4)
