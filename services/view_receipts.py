"""Look at receipts and credit notes, and make links to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from domain.clock import Clock
from domain.documents import DocumentKind
from domain.errors import NotFound
from domain.receipt import Receipt
from models.receipts import Receipts
from models.unit_of_work import Begin

PAGE: Final = 50
_MOST: Final = 1000


class LinkMaker(Protocol):
    """Where documents are stored, as far as links to them are concerned."""

    def link(self, key: str, *, filename: str, now: datetime, ttl: timedelta) -> str:
        """A link that needs no token, and ends."""
        ...


@dataclass(frozen=True, slots=True)
class ShownReceipt:
    """A document as people see it."""

    receipt: Receipt
    #: A credit note whose refund has come back since: the paper stays, the money did not go.
    is_void: bool
    #: None until it is issued.
    download_url: str | None
    #: When the link ends.
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ViewReceipts:
    """Reads for the API, the console and the command line."""

    begin: Begin
    storage: LinkMaker
    ttl: timedelta
    now: Clock

    def one(self, receipt_id: UUID) -> ShownReceipt:
        """The document with that id; raises `NotFound`."""
        return self._only("r.id = %(id)s", id=receipt_id)

    def by_number(self, number: str) -> ShownReceipt:
        """The document with that number; raises `NotFound`."""
        return self._only("r.number = %(number)s", number=number)

    def of_payment(self, session_id: UUID) -> list[ShownReceipt]:
        """All documents of a payment, in the order in which they became wanted."""
        return self._shown("r.session_id = %(session_id)s ORDER BY r.id", session_id=session_id)

    def receipt_of(self, session_id: UUID) -> ShownReceipt | None:
        """The receipt of a payment, without its credit notes; None while nothing is kept."""
        return self.receipts_of([session_id]).get(session_id)

    def receipts_of(self, session_ids: Sequence[UUID]) -> dict[UUID, ShownReceipt]:
        """The receipts of these payments, as far as there are any, without credit notes."""
        condition = "r.session_id = ANY(%(ids)s) AND r.kind = %(kind)s ORDER BY r.id DESC"
        shown = self._shown(condition, ids=list(session_ids), kind=DocumentKind.RECEIPT.value)
        return {one.receipt.session_id: one for one in shown}  # of several, the first that became wanted

    def listed(
        self,
        *,
        kind: str | None = None,
        status: str | None = None,
        session_id: UUID | None = None,
        limit: int = PAGE,
    ) -> Sequence[ShownReceipt]:
        """Documents that match, newest first."""
        wanted: dict[str, Any] = {"kind": kind, "status": status, "session_id": session_id}
        filters = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"r.{name} = %({name})s" for name in filters) or "true"
        return self._shown(f"{where} ORDER BY r.id DESC LIMIT %(limit)s", limit=min(limit, _MOST), **filters)

    def _only(self, condition: str, **params: Any) -> ShownReceipt:
        found = self._shown(condition, **params)
        if not found:
            raise NotFound("there is no such receipt")
        return found[0]

    def _shown(self, condition: str, **params: Any) -> list[ShownReceipt]:
        with self.begin() as uow:
            receipts = Receipts(uow.connection, uow.cipher)
            found = receipts.find(condition, **params)
            void = receipts.void(found)
        return [self._show(one, is_void=one.id in void) for one in found]

    def _show(self, receipt: Receipt, *, is_void: bool) -> ShownReceipt:
        if receipt.storage_key is None:
            return ShownReceipt(receipt, is_void, None, None)
        now = self.now()
        url = self.storage.link(receipt.storage_key, filename=f"{receipt.number}.pdf", now=now, ttl=self.ttl)
        return ShownReceipt(receipt, is_void, url, now + self.ttl)
