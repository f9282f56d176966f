"""Receipts and credit notes as the console lists them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.receipt import Receipt
from models.paging import Ordering, Paged, Place, first_id
from models.receipt_checks import QUESTIONS
from models.records import RECEIPTS
from models.sealing import FieldCipher

#: Ids are made in the order of time.
RECEIPT_ORDER: Final = Ordering((("r.id", UUID),))
#: A check of all numbers may take this long, and then says that it could not.
_CHECK_SECONDS: Final = 10


class Series(NamedTuple):
    """One series of numbers."""

    name: str
    last_no: int
    #: Documents of it that have their number and are not issued.
    unissued: int


class Listed(NamedTuple):
    """A document with its lot."""

    receipt: Receipt
    lot: str


@dataclass(frozen=True, slots=True)
class WantedReceipts:
    """Which documents somebody wants to see; None: any."""

    number: str | None = None
    kind: str | None = None
    status: str | None = None
    session_id: UUID | None = None
    buyer: str | None = None
    #: When the money moved: from, and before.
    since: datetime | None = None
    until: datetime | None = None

    @property
    def condition(self) -> str:
        """As a condition on `receipts r`, each part along an index."""
        parts = (
            ("r.number = upper(%(number)s)", self.number),
            ("r.kind = %(kind)s", self.kind),
            ("r.status = %(status)s", self.status),
            ("r.session_id = %(session_id)s", self.session_id),
            ("r.session_id IN (SELECT id FROM payment_sessions WHERE buyer_id = %(buyer)s)", self.buyer),
            # A document is wanted with its money, and its id tells when that was.
            ("r.id >= %(from_id)s", self.since),
            ("r.id < %(to_id)s", self.until),
        )
        return " AND ".join(["true", *(part for part, value in parts if value is not None)])

    @property
    def params(self) -> dict[str, Any]:
        """What stands in the condition."""
        return {
            "number": self.number,
            "kind": self.kind,
            "status": self.status,
            "session_id": self.session_id,
            "buyer": self.buyer,
            "from_id": self.since and first_id(self.since),
            "to_id": self.until and first_id(self.until),
        }


def page(
    connection: Connection[Any], cipher: FieldCipher, wanted: WantedReceipts, place: Place, limit: int
) -> Paged[Listed]:
    """One page of documents, newest first."""
    sql = (
        f"SELECT coalesce(s.title, s.auction_id), {RECEIPTS.selection} FROM receipts r"  # noqa: S608 - our own words
        " JOIN payment_sessions s ON s.id = r.session_id WHERE "
    )

    def fetch(tail: str, keys: dict[str, Any]) -> Sequence[Listed]:
        rows = connection.execute(sql + tail, wanted.params | keys)
        return [Listed(RECEIPTS.load(row, cipher), lot) for lot, *row in rows]

    return RECEIPT_ORDER.page(fetch, wanted.condition, place, limit)


def series(connection: Connection[Any]) -> list[Series]:
    """All series with their last numbers, the newest year first."""
    rows = connection.execute(
        """
        SELECT s.series, s.last_no, count(r.id) FROM receipt_series s
          LEFT JOIN (SELECT series, id FROM receipts WHERE status = 'numbered'
                     UNION ALL SELECT series, id FROM receipts WHERE status = 'stuck') r ON r.series = s.series
         GROUP BY s.series, s.last_no ORDER BY s.series DESC
        """
    )
    return [Series(*row) for row in rows]


def standing(connection: Connection[Any]) -> dict[str, int]:
    """How many documents wait for something, by status."""
    rows = connection.execute(
        """
        SELECT 'wanted', count(*) FROM receipts WHERE status = 'wanted'
        UNION ALL SELECT 'numbered', count(*) FROM receipts WHERE status = 'numbered'
        UNION ALL SELECT 'stuck', count(*) FROM receipts WHERE status = 'stuck'
        """
    )
    return dict(rows.fetchall())


def broken(connection: Connection[Any], most: int) -> list[tuple[str, UUID | None, str | None]]:
    """What is wrong with numbers, sums, or documents that are missing; raises `QueryCanceled` after ten seconds."""
    connection.execute(f"SET LOCAL statement_timeout = '{_CHECK_SECONDS}s'")
    return [row for question in QUESTIONS for row in connection.execute(question).fetchmany(most)][:most]
