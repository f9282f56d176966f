"""Verify receipts: their numbers, that each is there once, what stands on them, and what is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol
from uuid import UUID

from domain.errors import GatewayRefused, NotFound
from domain.freezing import thaw
from domain.money import Money
from domain.receipt import Receipt, ReceiptStatus
from domain.unreadable import Unreadable
from models.receipt_checks import QUESTIONS
from models.receipts import Receipts
from models.unit_of_work import Begin
from services.issue_receipts import Printer
from services.progress import Progress, unwatched

#: What is broken and named one by one.
_NAMED: Final = 100
_PAGE: Final = 200


class ReadStorage(Protocol):
    """Where documents are stored, to be read."""

    def get(self, key: str) -> bytes:
        """What is stored under this key. Raises `GatewayUnavailable`, `GatewayRefused`."""
        ...


@dataclass(frozen=True, slots=True)
class BrokenReceipt:
    """Something that is not as it must be."""

    #: In a sentence.
    why: str
    session_id: UUID | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class VerifiedReceipts:
    """What a look at the receipts found."""

    #: Documents with a number; how many of them are issued, and how many stored files were read.
    documents: int
    issued: int
    objects: int
    broken_count: int
    #: The first of what is broken.
    broken: list[BrokenReceipt]

    @property
    def intact(self) -> bool:
        """Whether everything is as it must be."""
        return not self.broken_count


@dataclass(frozen=True, slots=True)
class VerifyReceipts:
    """Look at every receipt and credit note, while the system runs. No transaction is open while a file is read."""

    begin: Begin
    printer: Printer
    storage: ReadStorage

    def __call__(
        self, *, objects: bool = True, reprint: bool = False, progress: Progress = unwatched
    ) -> VerifiedReceipts:
        """Verify all.

        Args:
            objects: read every stored file and compare its hash.
            reprint: print every document again, and compare byte for byte.
            progress: hears how many documents have been looked at.

        Raises:
            GatewayUnavailable: the storage is away; nothing can be said.
        """
        with self.begin() as uow:
            uow.connection.execute("SET LOCAL statement_timeout = 0")
            broken = [
                BrokenReceipt(why, session_id, number)
                for question in QUESTIONS
                for why, session_id, number in uow.connection.execute(question)
            ]
            total = Receipts(uow.connection, uow.cipher).count()
        documents = issued = read = 0
        for receipt in self._walk():
            documents += 1
            is_issued = receipt.status is ReceiptStatus.ISSUED
            issued, read = issued + is_issued, read + (is_issued and objects)
            broken += self._look_at(receipt, objects=objects, reprint=reprint)
            progress("receipts", documents, max(total, documents))
        return VerifiedReceipts(documents, issued, read, len(broken), broken[:_NAMED])

    def one(self, receipt_id: UUID) -> list[BrokenReceipt]:
        """What is wrong with one document: its words, the stored bytes against their hash, and printed again.

        Raises:
            NotFound: there is no such document, or it has no number yet.
            GatewayUnavailable: the storage is away; nothing can be said.
        """
        with self.begin() as uow:
            found = Receipts(uow.connection, uow.cipher).find("r.id = %(id)s AND r.number IS NOT NULL", id=receipt_id)
        if not found:
            raise NotFound("there is no such document with a number")
        return list(self._look_at(found[0], objects=True, reprint=True))

    def _walk(self) -> Iterator[Receipt]:
        after = ("", 0)
        while True:
            with self.begin() as uow:
                page = Receipts(uow.connection, uow.cipher).page(after, _PAGE)
            if not page:
                return
            yield from (receipt for _, _, receipt in page)
            after = page[-1][:2]

    def _look_at(self, receipt: Receipt, *, objects: bool, reprint: bool) -> Iterator[BrokenReceipt]:
        problems = [_document_of(receipt)]
        if receipt.status is ReceiptStatus.ISSUED:
            problems += [self._stored(receipt)] if objects else []
            problems += [self._printed(receipt)] if reprint else []
        for why in problems:
            if why is not None:
                yield BrokenReceipt(f"{receipt.number}: {why}.", receipt.session_id, receipt.number)

    def _stored(self, receipt: Receipt) -> str | None:
        try:
            content = self.storage.get(receipt.storage_key or "")
        except GatewayRefused as error:
            return str(error).rstrip(".")
        if sha256(content).digest() != receipt.content_hash:
            return f"what is stored under {receipt.storage_key} is not what was printed"
        return None

    def _printed(self, receipt: Receipt) -> str | None:
        try:
            content = self.printer.print(thaw(receipt.document or {}))
        except Exception as error:  # noqa: BLE001 - whatever keeps one from being printed, the others are looked at
            return f"it cannot be printed again: {error}".rstrip(".")
        if sha256(content).digest() != receipt.content_hash:
            return "printed again it has other bytes"
        return None


def _document_of(receipt: Receipt) -> str | None:
    if isinstance(receipt.document, Unreadable):
        return f"what stands on it cannot be read: {receipt.document.why}"
    try:
        document = thaw(receipt.document or {})
    except (TypeError, ValueError, KeyError):
        return "what stands on it cannot be read"
    booked = (receipt.number, receipt.kind, receipt.session_id, Money(receipt.currency, receipt.amount_minor))
    if (document.number, document.kind, document.session_id, document.total) != booked:
        return "what stands on it is not what the books say"
    return None
