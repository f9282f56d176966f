"""Look at payments without touching them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from domain.errors import NotFound
from domain.ids import uuid7
from domain.messaging import AuditEntry
from domain.payment import Payment
from domain.payment_method import PaymentMethod
from models import methods
from models.records import AUDIT
from models.unit_of_work import Begin

PAGE: Final = 50
_MOST: Final = 200
#: What a payment's id and its time of creation may differ by.
_MADE_WITHIN: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ViewPayments:
    """Reads for the API, the console and the command line."""

    begin: Begin

    def one(self, session_id: UUID) -> Payment:
        """One payment with all that belongs to it; raises `NotFound`."""
        found = self.several([session_id])
        if not found:
            raise NotFound("there is no such payment")
        return found[0]

    def several(self, session_ids: Sequence[UUID]) -> list[Payment]:
        """Those of these payments that exist, with all that belongs to them, in as many queries as for one."""
        with self.begin() as uow:
            uow.at_one_moment()
            return uow.payments.read(session_ids)

    def versions(self, session_ids: Collection[UUID]) -> Mapping[UUID, int]:
        """How far these payments have come, as far as they exist: a number that rises with everything noted."""
        with self.begin() as uow:
            sql = "SELECT id, audit_seq FROM payment_sessions WHERE id = ANY(%s)"
            return dict(uow.connection.execute(sql, (list(session_ids),)).fetchall())

    def listed(
        self,
        *,
        status: str | None = None,
        auction_id: str | None = None,
        buyer_id: str | None = None,
        maker_id: str | None = None,
        policy: str | None = None,
        currency: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        after: UUID | None = None,
        limit: int = PAGE,
    ) -> Sequence[Payment]:
        """Payments that match, newest first; `after` is the id of the last one of the page before.

        `created_from` is part of the span, `created_to` is not.
        """
        wanted: dict[str, Any] = {
            "status": status,
            "auction_id": auction_id,
            "buyer_id": buyer_id,
            "maker_id": maker_id,
            "policy": policy,
            "currency": currency,
        }
        filters = {name: value for name, value in wanted.items() if value is not None}
        conditions = [f"r.{name} = %({name})s" for name in filters]
        if created_from is not None:
            # Ids begin with the time: so the walk along them ends where the span does.
            conditions.append("r.created_at >= %(created_from)s AND r.id >= %(oldest)s")
            filters |= {"created_from": created_from, "oldest": _lowest_id(created_from - _MADE_WITHIN)}
        if created_to is not None:
            conditions.append("r.created_at < %(created_to)s AND r.id < %(newest)s")
            filters |= {"created_to": created_to, "newest": _lowest_id(created_to + _MADE_WITHIN)}
        if after is not None:
            conditions.append("r.id < %(after)s")
            filters["after"] = after
        where = " AND ".join(conditions) or "true"
        with self.begin() as uow:
            uow.at_one_moment()
            page = f"{where} ORDER BY r.id DESC LIMIT %(limit)s"
            sessions = uow.payments.find(page, limit=min(limit, _MOST), **filters)
            payments = {payment.session.id: payment for payment in uow.payments.read([one.id for one in sessions])}
        return [payments[session.id] for session in sessions]

    def methods(self, buyer_id: str) -> list[PaymentMethod]:
        """How a buyer has paid successfully, the method used last first. Never card data."""
        with self.begin() as uow:
            return methods.of_buyer(uow.connection, uow.cipher, buyer_id, _MOST)

    def history(self, session_id: UUID) -> list[AuditEntry]:
        """The audit chain of a payment, oldest first."""
        with self.begin() as uow:
            rows = uow.connection.execute(
                f"SELECT {AUDIT.selection} FROM audit_entries r WHERE r.session_id = %s ORDER BY r.seq",  # noqa: S608
                (session_id,),
            )
            return [AUDIT.load(row, uow.cipher) for row in rows]


def _lowest_id(at: datetime) -> UUID:
    """Lower than every id made then or later."""
    return uuid7(at, lambda _bits: 0)
