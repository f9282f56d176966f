"""Compare our books with Stripe's: claim, call, record, a page of its balance at a time.

What Stripe kept of each payment is learned on the way, a hundred payments in a call; so is what the events tell that
were lost. Money of ours that only one of both knows is kept as a difference, until both agree.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from domain.backoff import backoff
from domain.clock import Clock
from domain.cursor import STRIPE_BALANCE, Cursor
from domain.errors import GatewayRefused, GatewayUnavailable
from domain.movements import AGAIN, OVERLAP, Movement, begun, is_due
from domain.walks import Walk
from gateways.stripe.gateway import Page, PaymentGateway
from models.cursors import Cursors
from models.differences import Differences, read_unseen, unexplained
from models.leases import Hold
from models.signs import beginning
from models.unit_of_work import Begin
from models.work import CURSOR_WORK
from services.compare_movements import FEW, Compared, CompareMovements

#: Between two thoughts whether to look.
_PACE: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class ExplainMoney:
    """Read on in Stripe's books, if our own have something that theirs must show."""

    begin: Begin
    stripe: PaymentGateway
    compare: CompareMovements
    hold: Hold
    now: Clock
    rng: Random

    def __call__(self) -> int:
        """Read one page, if it is time to; returns 1, or 0 if it is not or another worker is at it."""
        cursor = self._claim()
        if cursor is None:
            return 0
        walk = Walk.read(cursor.value)
        with self.hold(CURSOR_WORK, cursor):
            if walk.until is None:
                self.compare.again()
                self._record(cursor, walk, Compared())
                return 0
            try:
                page = self._list(walk)
            except GatewayRefused:
                # It goes on from a movement that Stripe does not list any more: from the top again.
                self._record(cursor, walk.restarted(), Compared(), wait=_PACE)
            except GatewayUnavailable as silence:
                self._postpone(cursor, silence)
            else:
                compared, walk = self.compare(page.items), walk.told_at(page.told_at).stepped(page.after)
                if walk.until is None:
                    self.compare.unlisted(walk.through - OVERLAP, compared)
                self._record(cursor, walk, compared)
        return 1

    def everything(self, since: datetime) -> Compared:
        """Compare all since then, at once, and what differs from before; beside whoever reads on by the clock.

        Raises:
            GatewayUnavailable: Stripe is not there; what was compared until then is kept.
        """
        whole = Compared()
        walk = Walk(since).begun(self.now())
        while walk.until is not None:
            page = self._list(walk, timedelta(0))
            self.compare(page.items, whole)
            walk = walk.stepped(page.after)
        self.compare.again(FEW * 10)
        self.compare.unlisted(walk.through, whole)
        with self.begin() as uow:
            differences = Differences(uow.connection, uow.cipher)
            differences.look_for_unbooked(since, self.now())
            whole.differences = differences.open()
        return whole

    def unexplained(self) -> dict[str, int]:
        """Minor units by currency that are neither an order nor a refund; all must be 0."""
        with self.begin() as uow:
            return unexplained(uow.connection)

    def _claim(self) -> Cursor | None:
        """The cursor, with a slice under way or with differences to ask for again; None if there is nothing to do."""
        now = self.now()
        with self.begin() as uow:
            cursors = Cursors(uow.connection, uow.cipher)
            cursor = cursors.claim(STRIPE_BALANCE, now, lambda: _first(beginning(uow.connection, now)))
            if cursor is None:
                return None
            walk, unseen = Walk.read(cursor.value), read_unseen(uow.connection, now)
            if is_due(walk, unseen, now):
                cursors.keep(cursor, cursor.value | begun(walk, unseen, now).written(), now)
                return cursor
            differences = Differences(uow.connection, uow.cipher)
            differences.look_for_unbooked(datetime.fromisoformat(cursor.value["since"]), now)
            asked_at = datetime.fromisoformat(cursor.value["asked_at"])
            if now - asked_at >= AGAIN and differences.is_any_to_ask():
                cursors.keep(cursor, cursor.value | {"asked_at": now.isoformat()}, now)
                return cursor
            cursors.put_down(cursor, cursor.value, now, now + _PACE)
            return None

    def _list(self, walk: Walk, overlap: timedelta = OVERLAP) -> Page[Movement]:
        return self.stripe.list_movements(
            created_from=walk.begins(overlap), created_to=walk.until or self.now(), after=walk.after
        )

    def _record(self, cursor: Cursor, walk: Walk, compared: Compared, wait: timedelta = timedelta(0)) -> None:
        with self.begin() as uow:
            cursors = Cursors(uow.connection, uow.cipher)
            mine = cursors.locked(cursor)
            if mine is None:
                return  # Another worker has taken over, and reads the same page.
            now = self.now()
            mine.tries = 0
            currencies = sorted({*mine.value["currencies"], *compared.currencies})
            value = mine.value | walk.written() | {"currencies": currencies}
            if walk.until is None:
                since = datetime.fromisoformat(mine.value["since"])
                Differences(uow.connection, uow.cipher).look_for_unbooked(since, now)
            cursors.put_down(mine, value, now, now + (_PACE if walk.until is None else wait))

    def _postpone(self, cursor: Cursor, silence: GatewayUnavailable) -> None:
        with self.begin() as uow:
            cursors = Cursors(uow.connection, uow.cipher)
            mine = cursors.locked(cursor)
            if mine is not None:
                now = self.now()
                wait = backoff(mine.tries, self.rng, longest=60.0, asked=silence.retry_after)
                cursors.put_down(mine, mine.value, now, now + wait)


def _first(since: datetime) -> dict[str, Any]:
    moments = {"since": since.isoformat(), "asked_at": since.isoformat()}
    return Walk(since).written() | moments | {"currencies": []}
