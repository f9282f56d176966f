"""The paper that goes with a mail: a receipt, or a credit note."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import structlog

from domain.errors import GatewayRefused, GatewayUnavailable
from domain.notice import Notice
from domain.receipt import Receipt, ReceiptStatus
from models.receipts import Receipts
from models.unit_of_work import Begin

log = structlog.get_logger()

_OF_PAYMENT = "r.session_id = %(session_id)s AND r.kind = 'receipt' AND r.status = %(issued)s"
_OF_REFUND = "r.session_id = %(session_id)s AND r.refund_id = %(refund)s AND r.status = %(issued)s"


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that was issued."""

    number: str
    #: The PDF; None where the storage is away: then the mail has the link alone.
    content: bytes | None = None


class Papers(Protocol):
    """Finds the paper of a notice. Asked outside of transactions, for the storage may be slow."""

    def __call__(self, notice: Notice, /) -> Paper | None:
        """The receipt or credit note that this notice tells of; None while it is not issued."""
        ...


class Stored(Protocol):
    """Where documents are stored, as far as reading them is concerned."""

    def get(self, key: str) -> bytes:
        """What is stored under this key; raises `GatewayUnavailable`, `GatewayRefused`."""
        ...


@dataclass(frozen=True, slots=True)
class IssuedPapers:
    """Papers that were issued and stored."""

    begin: Begin
    storage: Stored

    def __call__(self, notice: Notice, /) -> Paper | None:
        """The paper, with its bytes if they can be had, and are what was printed."""
        with self.begin() as uow:
            found = Receipts(uow.connection, uow.cipher).find(
                _OF_REFUND if "refund" in notice.facts else _OF_PAYMENT,
                session_id=notice.session_id,
                issued=ReceiptStatus.ISSUED,
                refund=notice.facts.get("refund"),
            )
        for receipt in found:
            if receipt.number is not None:
                return Paper(receipt.number, self._content(receipt))
        return None

    def _content(self, receipt: Receipt) -> bytes | None:
        if receipt.storage_key is None:
            return None
        try:
            content = self.storage.get(receipt.storage_key)
        except (GatewayUnavailable, GatewayRefused) as error:
            log.warning("receipt.not_attached", receipt=receipt.number, error=str(error))
            return None
        if sha256(content).digest() != receipt.content_hash:
            log.error("receipt.not_attached", receipt=receipt.number, error="it is not what was printed")
            return None
        return content
