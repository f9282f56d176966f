"""Compare movements on Stripe's balance with our books, and take over what they tell."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from domain.clock import Clock
from domain.cursor import STRIPE_FEES
from domain.errors import GatewayBusy, GatewayRefused, GatewayUnavailable
from domain.explaining import explain, explain_unknown
from domain.movements import CHARGE_NOT_RECORDED, Difference, Kind, Movement
from domain.settlement import Terms
from domain.transaction import Transaction
from gateways.stripe.gateway import PaymentGateway
from models.cursors import Cursors
from models.differences import Differences
from models.unit_of_work import Begin, UnitOfWork
from services.reconcile_attempts import ReconcileAttempts

log = structlog.get_logger()

#: Differences that are asked for again at a time.
FEW: Final = 10


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
class CompareMovements:
    """Compare a page in one transaction. Safe to run any number of times: what is known is not taken over again."""

    begin: Begin
    stripe: PaymentGateway
    attempts: ReconcileAttempts
    terms: Terms
    now: Clock

    def __call__(self, movements: Sequence[Movement], whole: Compared | None = None) -> Compared:
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
            payments = uow.payments.lock(owners.values())
            for movement in movements:
                payment = payments.get(owners[movement.id]) if movement.id in owners else None
                found = explain(payment, movement, now, self.terms) if payment else explain_unknown(movement, now)
                if found is None:
                    explained.append(movement.id)
                else:
                    differing.append(found)
                if found is None and (payment is None or movement.kind is Kind.OTHER):
                    whole.others[movement.type, movement.currency] += 1
                    whole.other_sums[movement.type, movement.currency] += movement.amount_minor
                else:
                    whole.ours += 1
                    whole.currencies.add(movement.currency)
            differences = Differences(uow.connection, uow.cipher)
            differences.keep(differing)
            differences.settle(explained, now)
            returned = [one for one in movements if one.kind is Kind.REFUND_RETURNED and one.id not in owners]
            differences.reopen([one.payment_intent_id for one in returned if one.payment_intent_id])
        return differing

    def again(self, limit: int = FEW) -> None:
        """Ask once more for what differs, a few at a time and all in turn: something may have explained it."""
        with self.begin() as uow:
            ids = Differences(uow.connection, uow.cipher).next_to_ask(limit, self.now())
        movements = []
        for movement_id in ids:
            try:
                movements.append(self.stripe.movement(movement_id))
            except GatewayRefused:
                log.warning("money.movement_unknown", id=movement_id)
            except GatewayBusy:
                break  # Stripe is not being called now.
            except GatewayUnavailable as silence:
                # It may be this one alone, for good: the others must not wait for it.
                log.warning("money.movement_not_told", id=movement_id, error=str(silence))
        if movements:
            self(movements)

    def unlisted(self, before: datetime, whole: Compared) -> None:
        """Ask singly for fees that the list did not show: Stripe booked the money at another time, or not at all.

        A few at a time and all in turn: what cannot be told, for good, keeps no other from being asked for.
        """
        with self.begin() as uow:
            cursors = Cursors(uow.connection, uow.cipher)
            turn = cursors.read(STRIPE_FEES)
            missing = uow.payments.fees_not_listed(before, FEW, UUID(turn.value["asked"]) if turn else None)
            if missing:
                cursors.note(STRIPE_FEES, {"asked": str(missing[-1].id)}, self.now())
        for transaction in missing:
            try:
                self([self.stripe.movement(transaction.stripe_balance_transaction_id or "")], whole)
            except GatewayRefused as refusal:
                self._forget(transaction, refusal)
            except GatewayBusy:
                return
            except GatewayUnavailable as silence:
                log.warning("money.movement_not_told", id=transaction.stripe_balance_transaction_id, error=str(silence))

    def _forget(self, transaction: Transaction, refusal: GatewayRefused) -> None:
        """Stripe knows nothing under this number. It may name another one in a later event."""
        with self.begin() as uow:
            payment = uow.payments.lock_one(transaction.session_id)
            mine = next((one for one in payment.transactions if one.id == transaction.id), None) if payment else None
            if payment is None or mine is None or mine.stripe_fee_minor is not None:
                return
            lost, mine.stripe_balance_transaction_id = mine.stripe_balance_transaction_id, None
            payment.note("fee_not_found", self.now(), transaction=str(mine.id), booking=lost, error=str(refusal)[:300])


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
