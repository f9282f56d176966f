"""Disputes, as Stripe tells of them. In any order, and any number of times: it ends in the same state."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from domain import ledger
from domain.dispute import CLOSED, Dispute, DisputeStatus
from domain.errors import EventTooEarly
from domain.facts import DisputeReported
from domain.ids import DisputeId
from domain.money import Money
from domain.payment import Payment
from domain.restating import restate
from domain.transaction import Transaction

#: Within one second, the later step of a dispute's life is the newer one. An appeal comes after a loss, days later.
_RANK: Final = {
    DisputeStatus.WARNING_NEEDS_RESPONSE: 1,
    DisputeStatus.WARNING_UNDER_REVIEW: 2,
    DisputeStatus.NEEDS_RESPONSE: 3,
    DisputeStatus.UNDER_REVIEW: 4,
    DisputeStatus.APPEAL_NEEDS_RESPONSE: 5,
    DisputeStatus.APPEAL_UNDER_REVIEW: 6,
    DisputeStatus.WARNING_CLOSED: 7,
    DisputeStatus.PREVENTED: 8,
    DisputeStatus.LOST: 9,
    DisputeStatus.WON: 10,
}


def reported(payment: Payment, fact: DisputeReported, now: datetime, new_id: Callable[[], UUID]) -> None:
    """Take over what Stripe says of a dispute.

    Raises:
        EventTooEarly: the money that it is about is not recorded yet.
    """
    transaction = _transaction(payment, fact)
    dispute = _known(payment, fact) or _opened(payment, transaction, fact, now, new_id)
    _restand(payment, dispute, fact, now)
    _account(payment, transaction, dispute, fact, now)
    restate(payment, transaction, now)


def _transaction(payment: Payment, fact: DisputeReported) -> Transaction:
    where = fact.where
    for one in payment.transactions:
        if one.stripe_payment_intent_id == where.payment_intent_id:
            return one
        if where.payment_intent_id is None and one.stripe_charge_id == where.charge_id:
            return one
    raise EventTooEarly("the payment of this dispute is not recorded yet")


def _known(payment: Payment, fact: DisputeReported) -> Dispute | None:
    return next((one for one in payment.disputes if one.stripe_dispute_id == fact.stripe_dispute_id), None)


def _opened(
    payment: Payment, transaction: Transaction, fact: DisputeReported, now: datetime, new_id: Callable[[], UUID]
) -> Dispute:
    dispute = Dispute(
        id=DisputeId(new_id()),
        session_id=payment.session.id,
        transaction_id=transaction.id,
        stripe_dispute_id=fact.stripe_dispute_id,
        amount_minor=fact.amount.minor,
        currency=fact.amount.currency,
        status=fact.status,
        reason=fact.reason,
        opened_at=fact.opened_at,
        created_at=now,
        updated_at=now,
    )
    payment.disputes.append(dispute)
    payment.note(
        "dispute_opened",
        now,
        dispute=fact.stripe_dispute_id,
        amount=str(fact.amount),
        reason=fact.reason,
        payment_intent=transaction.stripe_payment_intent_id,
    )
    return dispute


def _restand(payment: Payment, dispute: Dispute, fact: DisputeReported, now: datetime) -> None:
    """The newest report says where it stands."""
    news = (fact.at, _RANK[fact.status])
    if dispute.news_at is not None and news < (dispute.news_at, dispute.news_rank):
        return
    due = fact.evidence_due_at
    if dispute.news_at is not None and news == (dispute.news_at, dispute.news_rank):
        due = max((one for one in (due, dispute.evidence_due_at) if one is not None), default=None)
    is_first, before = dispute.news_at is None, dispute.status
    # An inquiry over the whole may become a dispute over a part.
    is_other_amount = dispute.amount_minor != fact.amount.minor
    dispute.news_at, dispute.news_rank, dispute.amount_minor = *news, fact.amount.minor
    dispute.status, dispute.reason, dispute.evidence_due_at = fact.status, fact.reason, due
    dispute.updated_at, dispute.closed_at = now, fact.at if fact.status in CLOSED else None
    if is_first or is_other_amount or before is not fact.status:
        payment.note(
            "dispute_changed",
            now,
            dispute=dispute.stripe_dispute_id,
            before=None if is_first else before,
            after=fact.status,
            due=due.isoformat() if due else None,
            amount=str(fact.amount) if is_other_amount else None,
        )


def _account(
    payment: Payment, transaction: Transaction, dispute: Dispute, fact: DisputeReported, now: datetime
) -> None:
    """Money has moved: the report that knows of most movements says how. One that knows of as many says it again."""
    fee = None
    if fact.moved and len(fact.moved) >= dispute.movements:
        dispute.movements, fee = len(fact.moved), fact.fee
        ledger.book_moved(payment, dispute, *_moved(dispute, fact), now)
    ledger.book_dispute(payment, transaction, dispute, fee, now)


def _moved(dispute: Dispute, fact: DisputeReported) -> tuple[Money, Money]:
    """What was taken in all, and given back in all, in the buyer's currency."""
    amount, (taken, given) = fact.amount, _sums(fact.moved)
    if all(one.currency == amount.currency for one in fact.moved):
        return Money(amount.currency, taken), Money(amount.currency, given)
    # Settled in another currency: what was taken first is the disputed amount. Between a withdrawal and its return
    # rates move; of a dispute that was won all is back all the same.
    first = next((-one.minor for one in fact.moved if one.minor < 0), None)
    if first is None:
        return Money(amount.currency, 0), Money(amount.currency, 0)
    if given and dispute.status is DisputeStatus.WON:
        given = taken
    return amount.part(taken, first), amount.part(given, first)


def _sums(moved: Sequence[Money]) -> tuple[int, int]:
    return sum(-one.minor for one in moved if one.minor < 0), sum(one.minor for one in moved if one.minor > 0)
