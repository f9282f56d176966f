"""Money that goes back, or may: refunds, disputes, and what came although it was not owed."""

from collections.abc import Sequence
from typing import Final

from domain.dispute import DisputeStatus
from domain.documents import DocumentKind
from domain.lifecycle import FINAL
from domain.money import Money
from domain.payment import Payment
from domain.refund_requests import person_of
from domain.refunds import paid_twice
from domain.remaining import owed, unreturned
from domain.risk import Kind
from domain.standing.case import Case, Cause, amount_of
from domain.standing.explanation import Said, Step, may, must, say
from domain.transaction import UNDER_WAY, Disposition, Refund, RefundStatus, Transaction

_BY_ITSELF: Final = (Step(say("Nothing by itself.")),)
_ARRIVES: Final = Step(say("The refund arrives in 5 to 10 days."))
_NOTHING: Final = (Step(say("Nothing.")),)
_ANSWER_WANTED: Final = frozenset(
    {DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.NEEDS_RESPONSE, DisputeStatus.APPEAL_NEEDS_RESPONSE}
)
_BEING_REVIEWED: Final = frozenset(
    {DisputeStatus.WARNING_UNDER_REVIEW, DisputeStatus.UNDER_REVIEW, DisputeStatus.APPEAL_UNDER_REVIEW}
)


def _disputed(case: Case) -> Said | None:
    dispute = next((one for one in case.payment.disputes if one.status in _ANSWER_WANTED), None)
    if dispute is None:
        return None
    amount, reason = amount_of(dispute.amount_minor, dispute.currency), dispute.reason.replace("_", " ")
    why = say("The buyer's bank disputes {amount}: {reason}.", amount=amount, reason=reason)
    lost = Step(say("Lost if Stripe has no answer by then."), dispute.evidence_due_at)
    return Said(why, (lost,), must("Answer at Stripe."))


def _being_reviewed(case: Case) -> Said | None:
    dispute = next((one for one in case.payment.disputes if one.status in _BEING_REVIEWED), None)
    if dispute is None:
        return None
    amount = amount_of(dispute.amount_minor, dispute.currency)
    why = say("The buyer's bank disputes {amount}, and has our answer since {t}.", amount=amount, t=dispute.updated_at)
    return Said(why, (Step(say("The bank decides, within weeks.")),))


def _refund_failed(case: Case) -> Said | None:
    for one in owed(case.payment):
        if not one.refunds:
            why = say("{amount} must go back, and is not on its way.", amount=one.amount)
            return Said(why, _BY_ITSELF, must("Ask for a refund, or pay it back another way and settle it."))
        amount, refund = one.amount, one.refunds[-1]
        reason = (refund.failure_reason or refund.last_error or "no reason was given").replace("_", " ")
        returned = "Stripe returned the money to us." if refund.stripe_refund_id else "The money is still with us."
        template = "The refund of {amount} did not arrive: {reason}. {returned}"
        why = say(template, amount=amount, reason=reason.rstrip("."), returned=returned)
        return Said(why, _BY_ITSELF, must("Ask for the refund again, or pay back another way and settle it."))
    return None


def _refund_asked(case: Case) -> Said | None:
    refund = next((one for one in case.payment.refunds if one.awaits_approval), None)
    if refund is None:
        return None
    limit = case.beside.two_people_above
    why = say(
        '{who} asked to refund {amount}: "{reason}". {above}',
        who=person_of(refund.requested_by),
        amount=amount_of(refund.amount_minor, refund.currency),
        reason=refund.reason,
        above=say("Above {limit}, two people decide.", limit=limit) if limit else "Two people decide.",
    )
    void = Step(say("Void then, unless a second admin agrees."), refund.approval_until)
    return Said(why, (void,), must("Another admin: agree or decline."))


def _fraud_warning(case: Case) -> Said | None:
    warnings = [one for one in case.payment.signals if one.kind is Kind.FRAUD_WARNING]
    kept = case.payment.kept_transaction
    if not warnings or kept is None or case.payment.disputes or kept.refunded_minor + _under_way(case, kept) > 0:
        return None
    why = say("The buyer's bank warned of fraud {t}. There is no dispute yet.", t=max(one.at for one in warnings))
    return Said(why, (Step(say("Often a dispute within weeks.")),), must("Refund, or keep it with a reason."))


def _paid_twice(case: Case) -> Said | None:
    second = next((one for one in case.payment.transactions if one.disposition is Disposition.DUPLICATE), None)
    kept = case.payment.kept_transaction
    if second is None:
        return None
    amount = amount_of(second.amount_minor, second.currency)
    first_no, second_no = _attempt_no(case.payment, kept), _attempt_no(case.payment, second)
    attempts = f"attempts {first_no} and {second_no}. " if first_no and second_no else ""
    comma = ", " if attempts else ". "
    if not unreturned(case.payment, second):
        why = say(
            "Paid twice{comma}{attempts}The second, {amount}, has gone back.",
            comma=comma,
            attempts=attempts,
            amount=amount,
        )
        return Said(why, _NOTHING)
    why = say(
        "Paid twice{comma}{attempts}The second, {amount}, is going back.", comma=comma, attempts=attempts, amount=amount
    )
    return Said(why, (_ARRIVES,))


def _paid_back_twice(case: Case) -> Said | None:
    money = next((one for one in case.payment.transactions if paid_twice(one).minor), None)
    if money is None:
        return None
    why = say(
        "{twice} went back twice: {settled} was paid back another way, and {refunded} by Stripe, of {came} that came.",
        twice=paid_twice(money),
        settled=amount_of(money.settled_minor, money.currency),
        refunded=amount_of(money.refunded_minor, money.currency),
        came=amount_of(money.amount_minor, money.currency),
    )
    return Said(why, _BY_ITSELF, may("Ask the buyer to send it back."))


def _refunding(case: Case) -> Said | None:
    moving = [one for one in case.payment.refunds if one.status in UNDER_WAY and not one.awaits_approval]
    moving = [one for one in moving if _disposition(case.payment, one) in (Disposition.KEPT, Disposition.HELD)]
    if not moving:
        return None
    amount = Money(moving[0].currency, sum(one.amount_minor for one in moving))
    since = min(one.sent_at or one.created_at for one in moving)
    why = say("{amount} is going back since {t}.", amount=amount, t=since)
    stuck = next((one for one in moving if one.status is RefundStatus.REQUESTED and one.tries > 1), None)
    if stuck is not None:
        again = Step(say("Stripe has not answered; it is asked again with the same key."), stuck.due_at)
        return Said(why, (again, _ARRIVES))
    return Said(why, (Step(say("Stripe confirms in 5 to 10 days.")),))


def _refunded(case: Case) -> Said | None:
    kept = case.payment.kept_transaction
    if kept is None or kept.refunded_minor <= 0 or _under_way(case, kept):
        return None
    gone, total = amount_of(kept.refunded_minor, kept.currency), amount_of(kept.amount_minor, kept.currency)
    done = [one for one in case.payment.refunds if one.transaction_id == kept.id]
    done = [one for one in done if one.status is RefundStatus.SUCCEEDED]
    at = max((one.updated_at for one in done), default=case.session.updated_at)
    numbers = [one.number for one in case.beside.papers if one.kind is DocumentKind.CREDIT_NOTE and one.number]
    note = f" Credit note {', '.join(numbers)}." if numbers else ""
    if gone == total:
        return Said(say("All of it, {total}, went back {t}.{note}", total=total, t=at, note=note), _NOTHING)
    why = say("{amount} of {total} went back {t}.{note}", amount=gone, total=total, t=at, note=note)
    return Said(why, _NOTHING, may("Refund the rest."))


def _dispute_decided(case: Case) -> Said | None:
    decided = [one for one in case.payment.disputes if one.closed_at is not None]
    if not decided:
        return None
    dispute = max(decided, key=lambda one: one.closed_at or case.now)
    if dispute.status is DisputeStatus.LOST:
        fee = f" and the fee of {Money(dispute.fee_currency, dispute.fee_minor)}" if dispute.fee_currency else ""
        amount = amount_of(dispute.amount_minor, dispute.currency)
        why = say("The dispute was lost {t}. {amount}{fee} are gone.", t=dispute.closed_at, amount=amount, fee=fee)
    elif dispute.status is DisputeStatus.WON:
        why = say("The dispute was won {t}. The money stays.", t=dispute.closed_at)
    else:
        why = say("The bank's inquiry came to nothing {t}. The money stays.", t=dispute.closed_at)
    return Said(why, _NOTHING)


def _late(case: Case) -> Said | None:
    money = next((one for one in case.payment.transactions if one.disposition is Disposition.LATE), None)
    if money is None or case.session.status not in FINAL:
        return None
    amount, ended = amount_of(money.amount_minor, money.currency), case.session.closed_at or case.end
    after = max(0, round((money.paid_at - min(ended, money.paid_at)).total_seconds()))
    if not unreturned(case.payment, money):
        why = say("{amount} came {s} s after the end. It has gone back.", amount=amount, s=after)
        return Said(why, _NOTHING)
    why = say(
        "{amount} came {s} s after the end. It is going back because the lot was reopened.", amount=amount, s=after
    )
    return Said(why, (Step(say("The refund is confirmed in 5 to 10 days.")),))


def _under_way(case: Case, money: Transaction) -> int:
    mine = (one for one in case.payment.refunds if one.transaction_id == money.id)
    return sum(one.amount_minor for one in mine if one.status in UNDER_WAY)


def _disposition(payment: Payment, refund: Refund) -> Disposition:
    return payment.transaction(refund.transaction_id).disposition


def _attempt_no(payment: Payment, money: Transaction | None) -> int | None:
    if money is None or money.attempt_id is None:
        return None
    return payment.attempt(money.attempt_id).attempt_no


#: In this order: what waits for a person first.
GOING_BACK_CAUSES: Final[Sequence[Cause]] = (
    Cause("completed.disputed", _disputed),
    Cause("completed.refund_failed", _refund_failed),
    Cause("completed.refund_asked", _refund_asked),
    Cause("completed.fraud_warning", _fraud_warning),
    Cause("completed.paid_back_twice", _paid_back_twice),
    Cause("completed.dispute_reviewed", _being_reviewed),
    Cause("completed.paid_twice", _paid_twice),
    Cause("completed.refunding", _refunding),
    Cause("expired.paid_late", _late),
    Cause("completed.dispute_decided", _dispute_decided),
    Cause("completed.refunded", _refunded),
)
