"""Whether our books explain what Stripe booked. What Stripe's objects tell on the way is taken over first."""

from datetime import datetime

from domain.dispute import Dispute
from domain.errors import GavelpayError
from domain.ids import SessionId
from domain.ledger import book_fee
from domain.lifecycle import FINAL, PROCESSING
from domain.money import Money
from domain.movements import (
    AMOUNT_DIFFERS,
    CHARGE_NOT_RECORDED,
    DISPUTE_NOT_RECORDED,
    FEE_DIFFERS,
    PAYMENT_NOT_KNOWN,
    REFUND_NOT_RECORDED,
    RETURN_NOT_RECORDED,
    Difference,
    Kind,
    Movement,
    Outcome,
)
from domain.payment import Payment
from domain.settlement import Terms, apply
from domain.transaction import Refund, RefundStatus, Transaction

#: How far an amount that Stripe exchanged may be from ours: nothing is compared but what both hold in one currency.
_Verdict = tuple[str, int] | None


def explain(payment: Payment, movement: Movement, now: datetime, terms: Terms) -> Difference | None:
    """Compare one movement with the payment that it belongs to, and fill in what only Stripe's books tell.

    Args:
        payment: the payment, locked.
        movement: a movement of this payment's money.
        now: the time.
        terms: the house's.

    Returns:
        None if our books explain it.
    """
    verdict = _judge(payment, movement, now, terms)
    return None if verdict is None else _difference(movement, payment.session.id, *verdict, now)


def explain_unknown(movement: Movement, now: datetime) -> Difference | None:
    """Judge money of a payment that our books do not have: it is unexplained until Stripe has sent it all back.

    Args:
        movement: a movement of no payment that we know.
        now: the time.

    Returns:
        None if it names no payment either: then somebody else uses the account; or if nothing of it is left.
    """
    is_gone = movement.is_given_back or movement.outcome is Outcome.FAILED
    if movement.kind is not Kind.CHARGE or movement.session_id is None or is_gone:
        return None
    return _difference(movement, movement.session_id, PAYMENT_NOT_KNOWN, abs(movement.amount_minor), now)


def _difference(movement: Movement, session_id: SessionId, reason: str, amount_minor: int, now: datetime) -> Difference:
    """Money of a movement that our books do not explain."""
    return Difference(
        id=movement.id,
        reason=reason,
        currency=movement.currency,
        amount_minor=amount_minor,
        found_at=now,
        session_id=session_id,
        source_id=movement.source_id,
        payment_intent_id=movement.payment_intent_id,
        moved_at=movement.at,
    )


def _judge(payment: Payment, movement: Movement, now: datetime, terms: Terms) -> _Verdict:
    whole = abs(movement.amount_minor)
    match movement.kind:
        case Kind.CHARGE:
            taken = _transaction(payment, movement)
            return _untaken(payment, movement) if taken is None else _charge(payment, taken, movement, now, terms)
        case Kind.CHARGE_FAILED:
            return None if _transaction(payment, movement) is None else (AMOUNT_DIFFERS, whole)
        case Kind.REFUND:
            refund = _refund(payment, movement, now, terms)
            return (REFUND_NOT_RECORDED, whole) if refund is None else _refunded(refund, movement)
        case Kind.REFUND_RETURNED:
            refund = _refund(payment, movement, now, terms)
            returned = refund is not None and refund.status in (RefundStatus.FAILED, RefundStatus.CANCELED)
            return None if returned else (RETURN_NOT_RECORDED, whole)
        case Kind.DISPUTE:
            _take_over(payment, movement, now, terms)
            dispute = next((one for one in payment.disputes if one.stripe_dispute_id == movement.source_id), None)
            return (DISPUTE_NOT_RECORDED, whole) if dispute is None else _disputed(dispute, movement)
        case Kind.OTHER:
            return None


def _transaction(payment: Payment, movement: Movement) -> Transaction | None:
    for one in payment.transactions:
        if movement.payment_intent_id == one.stripe_payment_intent_id or (
            movement.charge_id is not None and movement.charge_id == one.stripe_charge_id
        ):
            return one
    return None


def _untaken(payment: Payment, movement: Movement) -> _Verdict:
    """A charge that we have no money of. Stripe books a bank debit days before it arrives or fails, then back."""
    status = payment.session.status
    if movement.outcome is Outcome.FAILED:
        return None
    if movement.outcome is Outcome.UNDER_WAY and (status is PROCESSING or status in FINAL):
        for attempt in payment.attempts:
            if attempt.stripe_payment_intent_id == movement.payment_intent_id:
                attempt.booked_as = movement.id
        return None  # Its payment waits for it; what comes to one that is over is told by events.
    return CHARGE_NOT_RECORDED, abs(movement.amount_minor)


def _charge(payment: Payment, taken: Transaction, movement: Movement, now: datetime, terms: Terms) -> _Verdict:
    _take_over(payment, movement, now, terms)
    fee_minor = taken.stripe_fee_minor
    if fee_minor is None:
        fee_minor = _fill_fee(payment, taken, movement, now)
    if movement.original is not None and movement.original != Money(taken.currency, taken.amount_minor):
        return AMOUNT_DIFFERS, abs(movement.amount_minor)
    if taken.stripe_balance_transaction_id != movement.id:
        return AMOUNT_DIFFERS, abs(movement.amount_minor)  # The same payment, booked twice.
    off = abs(fee_minor - movement.fee_minor) + abs((taken.net_minor or 0) - movement.net_minor)
    if taken.settlement_currency != movement.currency:
        off = abs(movement.amount_minor)
    return (FEE_DIFFERS, off) if off else None


def _fill_fee(payment: Payment, taken: Transaction, movement: Movement, now: datetime) -> int:
    """Book what Stripe kept, which only its books tell; returns it in minor units."""
    fee = Money(movement.currency, movement.fee_minor)
    taken.stripe_balance_transaction_id = movement.id
    taken.stripe_charge_id = taken.stripe_charge_id or movement.charge_id
    taken.stripe_fee_minor, taken.net_minor = movement.fee_minor, movement.net_minor
    taken.settlement_currency = movement.currency
    book_fee(payment, taken, fee, now)
    payment.note("fee_recorded", now, transaction=str(taken.id), fee=str(fee))
    return fee.minor


def _refund(payment: Payment, movement: Movement, now: datetime, terms: Terms) -> Refund | None:
    """Our record of a refund, as it is after what Stripe's own says."""
    _take_over(payment, movement, now, terms)
    return next((one for one in payment.refunds if one.stripe_refund_id == movement.source_id), None)


def _refunded(refund: Refund, movement: Movement) -> _Verdict:
    whole = abs(movement.amount_minor)
    if refund.status is RefundStatus.REQUESTED:
        return REFUND_NOT_RECORDED, whole
    if refund.stripe_balance_transaction_id not in (None, movement.id):
        return AMOUNT_DIFFERS, whole  # The same refund, booked twice.
    refund.stripe_balance_transaction_id = movement.id
    same = movement.original in (None, Money(refund.currency, refund.amount_minor))
    return None if same else (AMOUNT_DIFFERS, whole)


def _disputed(dispute: Dispute, movement: Movement) -> _Verdict:
    """A dispute may be known while its movement is not: not if Stripe's newest word for it cannot be read."""
    whole = abs(movement.amount_minor)
    if movement.place is None or movement.place > dispute.movements:
        return DISPUTE_NOT_RECORDED, whole
    booked = dispute.withdrawn_minor if movement.amount_minor < 0 else dispute.reinstated_minor
    return (AMOUNT_DIFFERS, whole) if movement.currency == dispute.currency and whole > booked else None


def _take_over(payment: Payment, movement: Movement, now: datetime, terms: Terms) -> None:
    if movement.fact is None:
        return
    undo = payment.checkpoint()
    try:
        apply(payment, movement.fact, now, terms)
    except GavelpayError:
        undo()  # Its cause is not recorded. Then the movement stays unexplained, which is what must be seen.
