"""A receipt or a credit note: wanted with the money, numbered, printed, stored."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.documents import DocumentKind
from domain.ids import ReceiptId, RefundId, SessionId, TransactionId


class ReceiptStatus(StrEnum):
    """Where a receipt stands, and who moves it on."""

    #: Decided with the money. Gets its number from a worker, once it is known how the money came.
    WANTED = "wanted"
    #: It never got a number: the refund that it was to tell of came back before. Final.
    WITHDRAWN = "withdrawn"
    #: Has its number, and what stands on it will not change. A worker prints and stores it.
    NUMBERED = "numbered"
    #: Printed and stored. Final.
    ISSUED = "issued"
    #: It cannot be printed, or the storage will not take it. Keeps its number; a dead letter waits for a person.
    STUCK = "stuck"


@dataclass(slots=True)
class Receipt:
    """A receipt or a credit note. Its fields are the columns of `receipts`."""

    id: ReceiptId
    kind: DocumentKind
    session_id: SessionId
    transaction_id: TransactionId
    language: str
    currency: str
    #: What the buyer paid, or got back.
    amount_minor: int
    #: When the money came, or went back.
    occurred_at: datetime
    created_at: datetime
    #: While it is wanted: when it gets its number at the latest. Then: when a worker is to take it in hand.
    due_at: datetime | None
    #: A credit note: the refund that it tells of.
    refund_id: RefundId | None = None
    #: A credit note: this refund alone is all that was paid.
    in_full: bool = False
    status: ReceiptStatus = ReceiptStatus.WANTED
    #: All three None until it has a number.
    series: str | None = None
    number_no: int | None = None
    number: str | None = None
    #: What stands on it, frozen with its number (`domain/freezing.py`).
    document: dict[str, Any] | None = None
    template_version: str | None = None
    numbered_at: datetime | None = None
    #: SHA-256 of what was printed.
    content_hash: bytes | None = None
    size: int | None = None
    #: Where it is stored; None until it is.
    storage_key: str | None = None
    issued_at: datetime | None = None
    tries: int = 0
    last_error: str | None = None
    leased_until: datetime | None = None
    fence: int = 0
