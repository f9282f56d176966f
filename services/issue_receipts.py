"""Issue receipts and credit notes: number, then claim, print and store, record."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from random import Random
from time import perf_counter
from typing import Final, Protocol

import orjson
import structlog
from structlog.contextvars import bound_contextvars

from domain import receipts as rules
from domain.backoff import backoff
from domain.bells import ISSUE_RECEIPTS
from domain.clock import Clock
from domain.documents import Document
from domain.errors import GatewayRefused, GatewayUnavailable, PermanentError, TransientError
from domain.freezing import thaw
from domain.ids import NewId
from domain.messaging import DeadLetter
from domain.payment import Payment
from domain.receipt import Receipt, ReceiptStatus
from models.leases import Hold
from models.receipts import Receipts
from models.unit_of_work import Begin, UnitOfWork
from models.work import RECEIPT_WORK
from services.number_receipts import NumberReceipts
from services.observing import Observer

log = structlog.get_logger()

#: Where dead letters of receipts come from: no broker's queue, but rows.
RECEIPTS_QUEUE: Final = "receipts"
NOT_PRINTED: Final = "receipt_not_printed"
NOT_STORED: Final = "receipt_not_stored"
#: Failures to print after which only a person can help: printing depends on nothing but the document.
_PRINT_TRIES: Final = 3
#: Times that a worker may die over one document before it was printed once. Workers die of other things too.
_DEATHS: Final = 10
_LONGEST_WAIT: Final = 300.0
#: Documents that are recorded together at most, and seconds after which no more of them are begun: who reads the first
#: waits for the last, and so does whoever wants the worker to stop.
_BATCH: Final = 16
_BATCH_SECONDS: Final = 0.5


class Printer(Protocol):
    """Makes paper of a document."""

    def print(self, document: Document) -> bytes:
        """The document as a PDF: the same bytes each time."""
        ...


class ReceiptStorage(Protocol):
    """Keeps what was printed."""

    def put(self, key: str, content: bytes, *, sha256: bytes) -> None:
        """Store it; again is the same. Raises `GatewayUnavailable`, `GatewayRefused`."""
        ...


@dataclass(frozen=True, slots=True)
class _Failed:
    """A document that is not issued yet."""

    error: str
    #: Why a person must look; None if it is tried again.
    reason: str | None = None
    again_in: timedelta = timedelta()


class _NotBegun:
    """A document that there was no time for: it is another's again, as if it had never been claimed."""


#: What became of a document; None: it is printed and stored.
_Outcome = _Failed | _NotBegun | None


@dataclass(frozen=True, slots=True)
class IssueReceipts:
    """Issue some documents that are due, or number a batch. Safe to run any number of times, and to kill at any line.

    The payment is complete before and whatever happens here. A storage that is away is asked again for as long as it
    takes. What cannot be printed, or is refused by the storage, keeps its number and becomes a dead letter.
    """

    begin: Begin
    number: NumberReceipts
    printer: Printer
    storage: ReceiptStorage
    hold: Hold
    observer: Observer
    now: Clock
    new_id: NewId
    rng: Random
    #: A clock that only measures, in seconds.
    ticks: Callable[[], float] = time.monotonic

    def __call__(self) -> int:
        """Do one piece of work; returns how many documents it was about, 0 if nothing is due."""
        return self._issue() or self.number()

    def _issue(self) -> int:
        claimed = self._claim()
        if not claimed:
            return 0
        ends = self.ticks() + _BATCH_SECONDS
        with ExitStack() as held:
            for receipt in claimed:
                held.enter_context(self.hold(RECEIPT_WORK, receipt))
            outcomes: list[tuple[Receipt, _Outcome]] = []
            for receipt in claimed:
                begins = not outcomes or self.ticks() < ends
                outcomes.append((receipt, self._print(receipt) if begins else _NotBegun()))
            self._record(outcomes)
        return len(claimed)

    def _claim(self) -> list[Receipt]:
        """Some that nobody has tried yet; or one that was tried: what killed its worker must not take others along."""
        with self.begin() as uow:
            claimed = RECEIPT_WORK.claim(uow.connection, uow.cipher, self.now())
            if claimed and claimed[0].tries == 1:
                claimed += RECEIPT_WORK.claim(uow.connection, uow.cipher, self.now(), _BATCH - 1, only={"tries": 0})
        return claimed

    def _print(self, receipt: Receipt) -> _Failed | None:
        """Print and store it; learns its hash and size, and where it is stored."""
        with bound_contextvars(session_id=str(receipt.session_id), receipt=str(receipt.number)):
            return self._printed(receipt)

    def _printed(self, receipt: Receipt) -> _Failed | None:
        if receipt.content_hash is None and receipt.tries > _DEATHS:
            return _Failed("workers began to print it, and none came to the end", NOT_PRINTED)
        try:
            begun = perf_counter()
            content = self.printer.print(thaw(receipt.document or {}))
            self.observer.receipt_printed(perf_counter() - begun)
        except Exception as error:
            log.exception("receipt.not_printed")
            in_vain = receipt.tries >= _PRINT_TRIES and not isinstance(error, TransientError)
            lasts = in_vain or isinstance(error, PermanentError)
            return self._failed(receipt, error, NOT_PRINTED if lasts else None)
        receipt.content_hash, receipt.size = sha256(content).digest(), len(content)
        key = storage_key(receipt)
        try:
            self.storage.put(key, content, sha256=receipt.content_hash)
        except (GatewayUnavailable, GatewayRefused) as error:
            log.warning("receipt.not_stored", error=str(error))
            return self._failed(receipt, error, NOT_STORED if isinstance(error, GatewayRefused) else None)
        receipt.storage_key = key
        return None

    def _failed(self, receipt: Receipt, error: Exception, reason: str | None) -> _Failed:
        asked = error.retry_after if isinstance(error, GatewayUnavailable) else None
        wait = backoff(receipt.tries, self.rng, longest=_LONGEST_WAIT, asked=asked)
        return _Failed(f"{type(error).__name__}: {error}"[:500], reason, wait)

    def _record(self, outcomes: Sequence[tuple[Receipt, _Outcome]]) -> None:
        with self.begin() as uow:
            receipts = Receipts(uow.connection, uow.cipher)
            payments = uow.payments.lock({receipt.session_id for receipt, _ in outcomes})
            mine = receipts.locked([receipt for receipt, _ in outcomes])
            for receipt, outcome in outcomes:
                if receipt.id in mine and receipt.session_id in payments:
                    self._note(uow, payments[receipt.session_id], mine[receipt.id], receipt, outcome)
            receipts.save(list(mine.values()))
        for _, outcome in outcomes:
            if isinstance(outcome, _Failed):
                self.observer.receipt_failed(outcome.reason or "retried")

    def _note(self, uow: UnitOfWork, payment: Payment, mine: Receipt, receipt: Receipt, outcome: _Outcome) -> None:
        now, mine.leased_until = self.now(), None
        if isinstance(outcome, _NotBegun):
            mine.tries -= 1
            return
        mine.content_hash, mine.size = receipt.content_hash, receipt.size
        if outcome is None:
            mine.status, mine.storage_key, mine.issued_at = ReceiptStatus.ISSUED, receipt.storage_key, now
            mine.due_at = mine.last_error = None
            rules.issued(payment, mine, now)
        elif outcome.reason is None:
            mine.last_error, mine.due_at = outcome.error, now + outcome.again_in
        else:
            mine.last_error, mine.due_at, mine.status = outcome.error, None, ReceiptStatus.STUCK
            rules.stuck(payment, mine, outcome.reason, now)
            uow.dead_letters.keep([self._letter(mine, outcome)])

    def _letter(self, receipt: Receipt, failed: _Failed) -> DeadLetter:
        return DeadLetter(
            id=self.new_id(),
            queue=RECEIPTS_QUEUE,
            actor=ISSUE_RECEIPTS,
            message=orjson.dumps({"receipt_id": str(receipt.id), "number": receipt.number}),
            reason=failed.reason or "",
            error=failed.error,
            created_at=self.now(),
            tries=receipt.tries,
            row_id=receipt.id,
        )


def storage_key(receipt: Receipt) -> str:
    """Where a document is stored: by number and content, so that another content never takes its place."""
    return f"{receipt.series}/{receipt.number}-{(receipt.content_hash or b'').hex()[:16]}.pdf"
