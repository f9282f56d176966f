"""Receipts in the database: what is to be numbered, the numbers of each series, and what was issued."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.receipt import Receipt, ReceiptStatus
from models.records import RECEIPTS
from models.sealing import FieldCipher

#: Receipts that can have their number: how the money came is known, or was waited for long enough. A credit note
#: comes after the receipt that it takes back. Each looks up one row: for whether any `EXISTS` the server may, once it
#: believes that there are many to ask of, read all transactions.
READY: Final = """
    r.status = 'wanted' AND CASE r.kind
      WHEN 'receipt' THEN r.due_at <= %(now)s
        OR (SELECT t.method_type FROM transactions t WHERE t.id = r.transaction_id) IS NOT NULL
      ELSE (SELECT o.status FROM receipts o WHERE o.transaction_id = r.transaction_id AND o.kind = 'receipt')
        IS DISTINCT FROM 'wanted' END
"""


@dataclass(frozen=True, slots=True)
class Receipts:
    """Receipts and credit notes, in one transaction."""

    connection: Connection[Any]
    cipher: FieldCipher

    def ready(self, now: datetime, limit: int) -> list[Receipt]:
        """Lock receipts that can have their number, the oldest first; those that others hold are passed by."""
        return self.find(f"{READY} ORDER BY r.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED", now=now, limit=limit)

    def reserve(self, series: str, count: int) -> int:
        """Reserve the next numbers of a series, which stays ours until the commit; returns the one before the first."""
        row = self.connection.execute(
            """
            INSERT INTO receipt_series (series, last_no) VALUES (%(series)s, %(count)s)
            ON CONFLICT (series) DO UPDATE SET last_no = receipt_series.last_no + excluded.last_no RETURNING last_no
            """,
            {"series": series, "count": count},
        ).fetchone()
        return int(row[0]) - count if row else 0

    def numbers_of(self, transaction_ids: Sequence[UUID]) -> dict[UUID, str]:
        """The numbers of the receipts for these transactions, as far as they have them."""
        rows = self.connection.execute(
            "SELECT transaction_id, number FROM receipts"
            " WHERE transaction_id = ANY(%s) AND kind = 'receipt' AND number IS NOT NULL",
            (list(transaction_ids),),
        )
        return dict(rows.fetchall())

    def awaited(self, session_ids: Sequence[UUID]) -> Counter[UUID]:
        """How many credit notes of these payments are to get a number yet, by transaction."""
        if not session_ids:
            return Counter()
        rows = self.connection.execute(
            "SELECT r.transaction_id, count(*) FROM receipts r JOIN refunds f ON f.id = r.refund_id"
            " WHERE r.session_id = ANY(%s) AND r.status = 'wanted' AND f.status = 'succeeded' GROUP BY 1",
            (list(session_ids),),
        )
        return Counter(dict(rows.fetchall()))

    def find(self, condition: str, **params: Any) -> list[Receipt]:
        """Receipts by a condition on `receipts r`."""
        sql = f"SELECT {RECEIPTS.selection} FROM receipts r WHERE {condition}"  # noqa: S608 - our own words
        return [RECEIPTS.load(row, self.cipher) for row in self.connection.execute(sql, params)]

    def locked(self, claimed: Sequence[Receipt]) -> dict[UUID, Receipt]:
        """The receipts as they are now, locked, without those that another worker has taken over since."""
        fences = {one.id: one.fence for one in claimed}
        found = self.find("r.id = ANY(%(ids)s) ORDER BY r.id FOR UPDATE", ids=list(fences))
        return {one.id: one for one in found if one.fence == fences[one.id]}

    def save(self, receipts: Sequence[Receipt]) -> None:
        """Write these receipts."""
        if receipts:
            RECEIPTS.update_all(self.connection, receipts, self.cipher)

    def issue_again(self, receipt_id: UUID, now: datetime) -> bool:
        """Have a document that is stuck printed and stored anew; False if it is not stuck."""
        done = self.connection.execute(
            "UPDATE receipts SET status = %s, tries = 0, due_at = %s, leased_until = NULL"
            " WHERE id = %s AND status = %s",
            (ReceiptStatus.NUMBERED, now, receipt_id, ReceiptStatus.STUCK),
        )
        return bool(done.rowcount)

    def void(self, receipts: Sequence[Receipt]) -> set[UUID]:
        """Those of these credit notes whose refund has come back since they got their number."""
        rows = self.connection.execute(
            "SELECT r.id FROM receipts r JOIN refunds f ON f.id = r.refund_id"
            " WHERE r.id = ANY(%s) AND r.number IS NOT NULL AND f.status <> 'succeeded'",
            ([one.id for one in receipts],),
        )
        return {row[0] for row in rows}

    def page(self, after: tuple[str, int], limit: int) -> list[tuple[str, int, Receipt]]:
        """The next documents with a number, by series and number."""
        rows = self.connection.execute(
            f"SELECT r.series, r.number_no, {RECEIPTS.selection} FROM receipts r"  # noqa: S608 - our own words
            " WHERE (r.series, r.number_no) > (%s, %s) ORDER BY r.series, r.number_no LIMIT %s",
            (*after, limit),
        )
        return [(series, number_no, RECEIPTS.load(row, self.cipher)) for series, number_no, *row in rows]

    def count(self) -> int:
        """How many documents have a number."""
        row = self.connection.execute("SELECT count(*) FROM receipts WHERE number IS NOT NULL").fetchone()
        return int(row[0]) if row else 0
