"""Find payments by what an operator has in hand, count them, and say what of a page has changed since."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.clock import Clock
from domain.errors import TransientError
from domain.payment import Payment
from models.payment_search import Wish, conditions
from models.unit_of_work import Begin

PAGE: Final = 25
_MOST: Final = 200
#: Newer payments than those of a page are counted up to here.
_MOST_NEWER: Final = 99
#: A number that takes longer is not worth it.
_PATIENCE: Final = "SET LOCAL statement_timeout = '3s'"


@dataclass(frozen=True, slots=True)
class Found:
    """One page of payments, newest first."""

    payments: Sequence[Payment]
    has_newer: bool
    has_older: bool


@dataclass(frozen=True, slots=True)
class FindPayments:
    """Reads for the console's list."""

    begin: Begin
    now: Clock

    def __call__(self, wish: Wish, limit: int = PAGE) -> Found:
        """One page. Nearly every condition walks along an index; policy, currency and maker alone along the ids."""
        limit = min(limit, _MOST)
        with self.begin() as uow:
            where, params = conditions(wish, self.now(), uow.cipher.index)
            backwards = wish.before is not None and wish.after is None
            order = "ASC" if backwards else "DESC"
            page = f"{where} ORDER BY r.id {order} LIMIT %(limit)s"
            sessions = uow.payments.find(page, limit=limit + 1, **params)
            more, ids = len(sessions) > limit, [one.id for one in sessions[:limit]]
            payments = sorted(uow.payments.read(ids), key=lambda payment: payment.session.id, reverse=True)
        return Found(
            payments,
            has_newer=more if backwards else wish.after is not None,
            has_older=True if backwards else more,
        )

    def count(self, wish: Wish, most: int) -> int | None:
        """How many there are on all pages, counted up to `most` and one; None if that takes too long."""
        everywhere = replace(wish, after=None, before=None)
        try:
            with self.begin() as uow:
                where, params = conditions(everywhere, self.now(), uow.cipher.index)
                uow.connection.execute(_PATIENCE)
                sql = f"SELECT count(*) FROM (SELECT 1 FROM payment_sessions r WHERE {where} LIMIT %(limit)s) f"  # noqa: S608
                ((count,),) = uow.connection.execute(sql, params | {"limit": most + 1}).fetchall()
        except TransientError:
            return None
        return int(count)

    def news(self, wish: Wish, shown: Collection[UUID], since: datetime) -> tuple[int, int]:
        """How many payments of a page have changed since then, and how many newer ones belong on it.

        Args:
            wish: what the page was asked for.
            shown: what it shows.
            since: when it was made.
        """
        is_first = wish.after is None and wish.before is None
        with self.begin() as uow:
            sql = "SELECT count(*) FROM payment_sessions WHERE id = ANY(%s) AND updated_at > %s"
            ((changed,),) = uow.connection.execute(sql, (list(shown), since)).fetchall()
            newer = 0
            if is_first:
                beyond = replace(wish, before=max(shown)) if shown else wish
                where, params = conditions(beyond, self.now(), uow.cipher.index)
                sql = f"SELECT count(*) FROM (SELECT 1 FROM payment_sessions r WHERE {where} LIMIT {_MOST_NEWER}) f"  # noqa: S608
                ((newer,),) = uow.connection.execute(sql, params).fetchall()
        return changed, newer
