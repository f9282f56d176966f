"""Give receipts their numbers: consecutive in each series, whatever dies, and no lock is held while one is printed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain import receipts as rules
from domain.bells import ISSUE_RECEIPTS
from domain.clock import Clock
from domain.freezing import freeze
from domain.receipt import Receipt, ReceiptStatus
from domain.receipts import Stationery
from models.receipts import Receipts
from models.unit_of_work import Begin

#: Documents that one short transaction numbers: a few milliseconds, in which no other can number.
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class NumberReceipts:
    """Number a batch of receipts that are wanted, and freeze what stands on them.

    Number, document and the series' last number are one commit. A transaction that dies takes all of it back, so the
    next one gives the same numbers: there is neither a gap nor a repeat.
    """

    begin: Begin
    stationery: Stationery
    now: Clock

    def __call__(self, limit: int = _BATCH) -> int:
        """Number what is ready; returns how many were done with."""
        with self.begin() as uow:
            receipts, now = Receipts(uow.connection, uow.cipher), self.now()
            ready = receipts.ready(now, limit)
            if not ready:
                return 0
            payments = {one.session.id: one for one in uow.payments.read([one.session_id for one in ready])}
            wanted = []
            for receipt in ready:
                receipt.tries, receipt.due_at = 0, now
                if rules.is_moot(payments[receipt.session_id], receipt):
                    receipt.status, receipt.due_at = ReceiptStatus.WITHDRAWN, None
                else:
                    wanted.append(receipt)
            notes = [one for one in wanted if one.refund_id]
            cancels = receipts.numbers_of([one.transaction_id for one in notes])
            more = receipts.awaited([one.session_id for one in notes])
            self._number(receipts, wanted, now)
            for receipt in wanted:
                payment = payments[receipt.session_id]
                number = None
                if receipt.refund_id:
                    number = cancels.get(receipt.transaction_id)
                    more[receipt.transaction_id] -= 1
                document = rules.draw_up(
                    payment, receipt, self.stationery, cancels=number, more=more[receipt.transaction_id]
                )
                receipt.document = freeze(document)
            receipts.save(ready)
            uow.ring(ISSUE_RECEIPTS, len(wanted))
        return len(ready)

    def _number(self, receipts: Receipts, wanted: Sequence[Receipt], now: datetime) -> None:
        for receipt in wanted:
            receipt.series = rules.series_of(self.stationery.prefix, receipt.kind, now)
        # All workers lock series in one order.
        counts = sorted(Counter(one.series for one in wanted if one.series).items())
        last = {series: receipts.reserve(series, count) for series, count in counts}
        for receipt in wanted:
            series = receipt.series or ""
            last[series] += 1
            receipt.number_no, receipt.number = last[series], rules.number_of(series, last[series])
            receipt.status, receipt.numbered_at = ReceiptStatus.NUMBERED, now
            receipt.template_version = self.stationery.template_version
