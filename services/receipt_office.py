"""What operators do with receipts: look at them, check their numbers, have a stuck one printed again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import orjson
from psycopg.errors import QueryCanceled

from domain.bells import ISSUE_RECEIPTS
from domain.clock import Clock
from domain.errors import ActRefused, NotFound, TransientError
from domain.receipt import Receipt, ReceiptStatus
from models import receipt_lists
from models.paging import Paged, Place
from models.receipt_lists import Listed, Series, WantedReceipts
from models.receipts import Receipts
from models.unit_of_work import Begin, UnitOfWork
from services.acting import found
from services.issue_receipts import RECEIPTS_QUEUE
from services.manage_deliveries import check_reason
from services.verify_receipts import BrokenReceipt

#: What is broken and named one by one.
_NAMED: Final = 20


class TooMany(TransientError):
    """There are too many to be looked at while somebody waits."""

    code = "too_many"


class Shelf(NamedTuple):
    """How the receipts stand as a whole."""

    series: Sequence[Series]
    wanted: int
    numbered: int
    stuck: int


@dataclass(frozen=True, slots=True)
class ReceiptOffice:
    """Reads for the console, and the one act that there is on a document."""

    begin: Begin
    now: Clock

    def page(self, wanted: WantedReceipts, place: Place, limit: int) -> Paged[Listed]:
        """One page of documents, newest first."""
        with self.begin() as uow:
            return receipt_lists.page(uow.connection, uow.cipher, wanted, place, limit)

    def shelf(self) -> Shelf:
        """The series, and how many documents wait for something."""
        with self.begin() as uow:
            counts = receipt_lists.standing(uow.connection)
            return Shelf(receipt_lists.series(uow.connection), counts["wanted"], counts["numbered"], counts["stuck"])

    def check(self) -> list[BrokenReceipt]:
        """What is wrong with numbers and sums, the first of it; empty is well.

        Raises:
            TooMany: it takes longer than somebody would wait; the command line has the time.
        """
        try:
            with self.begin() as uow:
                return [BrokenReceipt(*one) for one in receipt_lists.broken(uow.connection, _NAMED)]
        except QueryCanceled:
            raise TooMany("there are too many; use gavelpay receipts verify") from None

    def reissue(self, receipt_id: UUID, reason: str, actor: str) -> Receipt:
        """Have a document that is stuck printed and stored again, under the number that it has.

        Raises:
            NotFound: there is no such document.
            ActRefused: it is not stuck; that is audited.
        """
        refused: ActRefused | None = None
        with self.begin() as uow:
            receipts, now = Receipts(uow.connection, uow.cipher), self.now()
            known = receipts.find("r.id = %(id)s", id=receipt_id)
            if not known:
                raise NotFound("there is no such receipt")
            payment = found(uow, known[0].session_id)
            (receipt,) = receipts.find("r.id = %(id)s FOR UPDATE", id=receipt_id)
            told = {"receipt": str(receipt_id), "number": receipt.number, "reason": reason}
            try:
                check_reason(reason)
                check_stuck(receipt)
            except ActRefused as refusal:
                refused = refusal
                payment.note("receipt_reissue_refused", now, actor, code=refusal.code, why=str(refusal), **told)
            else:
                receipts.issue_again(receipt_id, now)
                _settle_letter(uow, receipt_id, actor, reason, now)
                uow.ring(ISSUE_RECEIPTS)
                payment.note("receipt_reissued", now, actor, **told)
        if refused is not None:
            raise refused
        return receipt


def check_stuck(receipt: Receipt) -> None:
    """Refuse to print again what is not stuck."""
    if receipt.status is not ReceiptStatus.STUCK:
        raise ActRefused("not_stuck", f"it is {receipt.status}; only what is stuck can be printed again")


def _settle_letter(uow: UnitOfWork, receipt_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """Its dead letter is dealt with."""
    for letter in uow.dead_letters.find("r.queue = %(queue)s AND r.status = 'dead'", queue=RECEIPTS_QUEUE):
        if orjson.loads(letter.message).get("receipt_id") == str(receipt_id):
            uow.dead_letters.resolve(letter, "requeued", actor, reason, now)
