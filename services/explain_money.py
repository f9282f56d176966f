"""Compare our books with Stripe's: claim, call, record, a page of its balance at a time.

What Stripe kept of each payment is learned on the way, a hundred payments in a call; so is what the events tell that
were lost. Money of ours that only one of both knows is kept as a difference, until both agree.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

import structlog

from domain.backoff import backoff
from domain.clock import Clock
from domain.cursor import STRIPE_BALANCE, Cursor
from domain.errors import GatewayRefused, GatewayUnavailable
from domain.explaining import explain
from domain.movements import (
    AGAIN,
    CHARGE_NOT_BOOKED,
    CHARGE_NOT_RECORDED,
    OVERLAP,
    REFUND_NOT_BOOKED,
    Difference,
    Kind,
    Movement,
    begun,
    is_due,
)
from domain.settlement import Terms
from domain.walks import Walk
from gateways.stripe.gateway import Page, PaymentGateway
from models.cursors import Cursors
from models.differences import Differences, read_unseen, unexplained
from models.leases import Hold
from models.signs import beginning
from models.unit_of_work import Begin, UnitOfWork
from models.work import CURSOR_WORK
from services.reconcile_attempts import ReconcileAttempts

log = structlog.get_logger()

#: Between two thoughts whether to look.
_PACE: Final = timedelta(seconds=30)
#: Differences that are asked for again at a time.
_FEW: Final = 10


@dataclass(slots=True)
class Compared:
    """What a comparison has shown."""

    #: Movements of our payments.
    ours: int = 0
    #: Payments whose money was found at Stripe before we had heard of it.
    repaired: list[UUID] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    #: What else moved on the account: how often by Stripe's type and currency, and how much in all.
    others: Counter[tuple[str, str]] = field(default_factory=Counter)
    other_sums: Counter[tuple[str, str]] = field(default_factory=Counter)
    currencies: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class ExplainMoney:
    """Read on in Stripe's books, if our own have something that theirs must show."""

    begin: Begin
    stripe: PaymentGateway
    attempts: ReconcileAttempts
    terms: Terms
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
                self._again()
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
                self._record(cursor, walk.stepped(page.after), self._compare(page.items))
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
            self._compare(page.items, whole)
            walk = walk.stepped(page.after)
        self._again(_FEW * 10)
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
            if now - asked_at >= AGAIN and differences.open(1):
                cursors.keep(cursor, cursor.value | {"asked_at": now.isoformat()}, now)
                return cursor
            cursors.put_down(cursor, cursor.value, now, now + _PACE)
            return None

    def _list(self, walk: Walk, overlap: timedelta = OVERLAP) -> Page[Movement]:
        return self.stripe.list_movements(
            created_from=walk.begins(overlap), created_to=walk.until or self.now(), after=walk.after
        )

    def _compare(self, movements: Sequence[Movement], whole: Compared | None = None) -> Compared:
        """Compare a page. A payment that we have not heard of is looked up first, and then compared again."""
        whole = whole or Compared()
        differing = self._explain(movements, whole)
        unheard = {one.session_id for one in differing if one.reason == CHARGE_NOT_RECORDED and one.session_id}
        for session_id in unheard:
            self.attempts.payment(session_id)
        if unheard:
            ids = {one.id for one in differing if one.session_id in unheard}
            differing = self._explain([one for one in movements if one.id in ids], Compared())
            whole.repaired += sorted(unheard - {one.session_id for one in differing if one.session_id})
        for one in differing:
            log.error("money.unexplained", id=one.id, reason=one.reason, minor=one.amount_minor, currency=one.currency)
        return whole

    def _explain(self, movements: Sequence[Movement], whole: Compared) -> list[Difference]:
        now, differing, explained = self.now(), [], []
        with self.begin() as uow:
            owners = _owners(uow, movements)
            heard = uow.inbox.disputes_heard([one.source_id or "" for one in movements if one.kind is Kind.DISPUTE])
            payments = uow.payments.lock(owners.values())
            for movement in movements:
                payment = payments.get(owners[movement.id]) if movement.id in owners else None
                if payment is None or movement.kind is Kind.OTHER:
                    whole.others[movement.type, movement.currency] += 1
                    whole.other_sums[movement.type, movement.currency] += movement.amount_minor
                    continue
                whole.ours += 1
                whole.currencies.add(movement.currency)
                heard_of = movement.source_id in heard
                found = explain(payment, movement, heard=heard_of, now=now, terms=self.terms)
                if found is None:
                    explained.append(movement.id)
                else:
                    differing.append(found)
            differences = Differences(uow.connection, uow.cipher)
            differences.keep(differing)
            differences.settle(explained, now)
        return differing

    def _again(self, limit: int = _FEW) -> None:
        """Ask once more for what differs: something may have explained it."""
        with self.begin() as uow:
            known = Differences(uow.connection, uow.cipher).open(limit)
        own = (CHARGE_NOT_BOOKED, REFUND_NOT_BOOKED)
        movements = []
        for one in known:
            if one.reason in own:
                continue
            try:
                movements.append(self.stripe.movement(one.id))
            except GatewayRefused:
                log.warning("money.movement_unknown", id=one.id)
            except GatewayUnavailable:
                break
        if movements:
            self._compare(movements)

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
            cursors.put_down(mine, value, now, now + (_PACE if walk.until is None else wait))

    def _postpone(self, cursor: Cursor, silence: GatewayUnavailable) -> None:
        with self.begin() as uow:
            cursors = Cursors(uow.connection, uow.cipher)
            mine = cursors.locked(cursor)
            if mine is not None:
                now = self.now()
                wait = backoff(mine.tries, self.rng, longest=60.0, asked=silence.retry_after)
                cursors.put_down(mine, mine.value, now, now + wait)


def _owners(uow: UnitOfWork, movements: Sequence[Movement]) -> Mapping[str, UUID]:
    """Which payment each movement belongs to: by its metadata, else by the money that it names."""
    intents = [one.payment_intent_id for one in movements if one.payment_intent_id]
    charges = [one.charge_id for one in movements if one.charge_id]
    known = uow.inbox.sessions_of(intents, charges)
    owners: dict[str, UUID] = {}
    for one in movements:
        owner = one.session_id or known.get(one.payment_intent_id or "") or known.get(one.charge_id or "")
        if owner is not None:
            owners[one.id] = owner
    return owners


def _first(since: datetime) -> dict[str, Any]:
    moments = {"since": since.isoformat(), "asked_at": since.isoformat()}
    return Walk(since).written() | moments | {"currencies": []}
