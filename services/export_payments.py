"""Hand out a list of payments as rows for a file; that somebody did is on record before the first row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from domain.clock import Clock
from domain.errors import ActRefused
from domain.money import Money
from domain.security import SecurityEventKind
from models.payment_search import Wish, conditions
from models.unit_of_work import Begin
from services.find_payments import FindPayments
from services.manage_deliveries import check_reason

#: A file has so many rows at most; who wants more takes a span of days at a time.
MOST: Final = 100_000
#: Rows of one short transaction. No cursor stays open in the database while somebody's browser reads slowly.
_AT_A_TIME: Final = 1_000

_ROWS: Final = """
    SELECT r.id, r.auction_id, r.title, r.buyer_id, r.maker_id, r.policy, r.status, r.reason, r.currency,
           r.amount_minor, t.amount_minor, t.currency, t.refunded_minor, t.method_type, t.stripe_payment_intent_id,
           (SELECT p.number FROM receipts p WHERE p.session_id = r.id AND p.kind = 'receipt' LIMIT 1),
           r.created_at, r.window_expires_at, t.paid_at, r.closed_at
      FROM payment_sessions r LEFT JOIN transactions t ON t.session_id = r.id AND t.disposition = 'kept'
     WHERE {where} ORDER BY r.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class ExportedPayment:
    """One row. Amounts are in major units; addresses of people are no part of it."""

    id: UUID
    auction: str
    title: str | None
    buyer: str
    maker: str
    policy: str
    status: str
    reason: str | None
    currency: str
    amount: Decimal
    received: Decimal | None
    refunded: Decimal | None
    method: str | None
    payment_intent: str | None
    receipt: str | None
    began: datetime
    window_ends: datetime
    paid: datetime | None
    closed: datetime | None


COLUMNS: Final = tuple(field.name for field in fields(ExportedPayment))


@dataclass(frozen=True, slots=True)
class ExportPayments:
    """The use case of the console and of the command line."""

    begin: Begin
    #: Where payments are read and counted, seconds behind maybe.
    report: Begin
    find: FindPayments
    now: Clock

    def count(self, wish: Wish) -> int | None:
        """How many rows there would be, counted up to `MOST` and one; None if nobody can tell in time."""
        return self.find.count(wish, MOST)

    def __call__(self, wish: Wish, *, reason: str, actor: str, asked: Mapping[str, str]) -> Iterator[ExportedPayment]:
        """Record it, and give the rows, newest first: what is there when each thousand of them is read.

        Args:
            wish: which payments.
            reason: why, in the operator's words.
            actor: who, such as `admin:alice`.
            asked: the filters, for the record.

        Raises:
            ActRefused: there is no reason, or there are too many; that is on record.
        """
        count = self.count(wish)
        with self.begin() as uow:
            try:
                check_reason(reason)
                _check_count(count)
            except ActRefused as refusal:
                refused, kind = refusal, SecurityEventKind.ACT_REFUSED
                uow.security.note(kind, self.now(), actor, act="export", code=refusal.code, filters=_said(asked))
            else:
                kind = SecurityEventKind.PAYMENTS_EXPORTED
                uow.security.note(kind, self.now(), actor, count=count, reason=reason, filters=_said(asked))
                return self._rows(replace(wish, after=None, before=None))
        raise refused

    def _rows(self, wish: Wish) -> Iterator[ExportedPayment]:
        given, page = 0, wish
        while given < MOST:
            with self.report() as uow:
                where, params = conditions(page, self.now(), uow.cipher.index)
                limit = min(_AT_A_TIME, MOST - given)
                rows = uow.connection.execute(_ROWS.format(where=where), params | {"limit": limit}).fetchall()
            yield from map(_row, rows)
            given += len(rows)
            if len(rows) < limit:
                return
            page = replace(wish, after=rows[-1][0])


def _check_count(count: int | None) -> None:
    if count is None or count > MOST:
        said = f"there are more than {MOST:,} payments, or they cannot be counted in time; narrow the filters"
        raise ActRefused("too_many", said)


def _row(row: tuple[Any, ...]) -> ExportedPayment:
    currency, asked, received, received_in, refunded = row[8:13]
    money = received_in or currency
    values: list[Any] = [
        *row[:9],
        Money(currency, asked).major,
        None if received is None else Money(money, received).major,
        None if refunded is None else Money(money, refunded).major,
        *row[13:],
    ]
    return ExportedPayment(*values)


def _said(asked: Mapping[str, str]) -> str:
    """The filters, without the address of anybody: the record is kept for ever."""
    return ", ".join(f"{name}={'(an address)' if '@' in value else value}" for name, value in asked.items()) or "all"
