"""Lives of money after it came: what Stripe may tell of refunds and disputes, and how to tell it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain.dispute import DisputeStatus
from domain.facts import DisputeReported, Fact, Paid, RefundReported
from domain.money import Money
from domain.payment import Payment
from domain.transaction import RefundStatus
from tests.domain.payments import ASKED, INTENT, after

S = RefundStatus
D = DisputeStatus


def refund(
    number: int, minor: int, status: RefundStatus, at: float = 10.0, *, reversed_transfer: bool = False
) -> RefundReported:
    return RefundReported(
        at=after(at),
        where=INTENT,
        stripe_refund_id=f"re_{number}",
        refund_id=None,
        amount=Money("USD", minor),
        status=status,
        failure_reason=None,
        reversed_transfer=reversed_transfer,
    )


def dispute(
    status: DisputeStatus, at: float, moved: int = 1, minor: int = ASKED.minor, back: int | None = None
) -> DisputeReported:
    """A report after so many movements: the amount is taken, then all of it, or only `back`, is given back."""
    movements = [Money("USD", -minor), Money("USD", minor if back is None else back)]
    return DisputeReported(
        at=after(at),
        where=INTENT,
        stripe_dispute_id="du_1",
        amount=Money("USD", minor),
        status=status,
        reason="fraudulent",
        opened_at=after(20),
        evidence_due_at=after(20) + timedelta(days=7),
        moved=tuple(movements[:moved]),
        fee=Money("USD", 1500) if moved else None,
    )


PAID = Paid(at=after(1), where=INTENT, amount=ASKED)

AFTERMATHS: dict[str, list[Fact]] = {
    "refunded in three odd parts": [
        refund(1, 9999, S.PENDING),
        refund(1, 9999, S.SUCCEEDED),
        refund(2, 333, S.SUCCEEDED),
        refund(3, ASKED.minor - 9999 - 333, S.SUCCEEDED),
    ],
    "refunded in part, and the refund comes back": [
        refund(1, 101, S.PENDING),
        refund(1, 101, S.SUCCEEDED),
        refund(1, 101, S.FAILED),
        refund(2, 7, S.SUCCEEDED),
    ],
    "refunded in full, and the refund comes back": [
        refund(1, ASKED.minor, S.SUCCEEDED),
        refund(1, ASKED.minor, S.FAILED),
    ],
    "refunded in full once more, for the first refund came back": [
        refund(1, ASKED.minor, S.SUCCEEDED),
        refund(1, ASKED.minor, S.FAILED),
        refund(2, ASKED.minor, S.SUCCEEDED),
    ],
    "a refund that is canceled": [refund(1, 500, S.PENDING), refund(1, 500, S.CANCELED)],
    "an inquiry that comes to nothing": [
        dispute(D.WARNING_NEEDS_RESPONSE, 20, 0),
        dispute(D.WARNING_UNDER_REVIEW, 21, 0),
        dispute(D.WARNING_CLOSED, 22, 0),
    ],
    "a dispute that is won": [
        dispute(D.NEEDS_RESPONSE, 20, 1),
        dispute(D.UNDER_REVIEW, 21, 1),
        dispute(D.WON, 22, 2),
        dispute(D.WON, 22, 2),
    ],
    "a dispute that is lost after a part went back": [
        refund(1, 550, S.SUCCEEDED),
        dispute(D.NEEDS_RESPONSE, 20, 1, ASKED.minor - 550),
        dispute(D.LOST, 30, 1, ASKED.minor - 550),
    ],
    "lost, appealed, and won at last": [
        dispute(D.NEEDS_RESPONSE, 20, 1),
        dispute(D.LOST, 30, 1),
        dispute(D.APPEAL_UNDER_REVIEW, 40, 1),
        dispute(D.WON, 50, 2),
    ],
    "disputed in full after a part went back, and won for that part": [
        refund(1, 5000, S.SUCCEEDED),
        dispute(D.NEEDS_RESPONSE, 20, 1),
        dispute(D.UNDER_REVIEW, 30, 2, back=5000),
        dispute(D.LOST, 30, 2, back=5000),
    ],
    "an inquiry over the whole that becomes a dispute over a part": [
        dispute(D.WARNING_NEEDS_RESPONSE, 20, 0),
        dispute(D.NEEDS_RESPONSE, 21, 1, 10000),
        dispute(D.UNDER_REVIEW, 22, 1, 10000),
    ],
    "opened and lost in one second": [dispute(D.NEEDS_RESPONSE, 20, 1), dispute(D.LOST, 20, 1)],
}


def of_others(facts: Sequence[Fact]) -> list[Fact]:
    """The same told of another refund, and another dispute."""
    renamed: list[Fact] = []
    for fact in facts:
        match fact:
            case RefundReported():
                renamed.append(replace(fact, stripe_refund_id=f"{fact.stripe_refund_id}_other"))
            case DisputeReported():
                renamed.append(replace(fact, stripe_dispute_id=f"{fact.stripe_dispute_id}_other"))
    return renamed


def balances(payment: Payment) -> dict[tuple[str, str], int]:
    """What each account of a payment holds, by currency: debits less credits. Empty accounts are left out."""
    totals: Counter[tuple[str, str]] = Counter()
    for line in payment.ledger:
        totals[line.debit, line.amount.currency] += line.amount.minor
        totals[line.credit, line.amount.currency] -= line.amount.minor
    return {account: total for account, total in totals.items() if total}


def money_state(payment: Payment) -> Any:
    """Everything about a payment's money that must not depend on the order of news."""
    return (
        payment.session.status,
        [(one.status, one.refunded_minor, one.disposition) for one in payment.transactions],
        sorted((one.stripe_refund_id or "", one.amount_minor, one.status) for one in payment.refunds),
        sorted(
            (
                one.stripe_dispute_id,
                one.status,
                one.evidence_due_at,
                one.amount_minor,
                one.withdrawn_minor,
                one.reinstated_minor,
            )
            for one in payment.disputes
        ),
        sorted(balances(payment).items()),
    )


def booked_twice(payment: Payment) -> Sequence[tuple[str, int]]:
    """Ledger lines that the database would refuse."""
    counts = Counter((line.cause, line.line) for line in payment.ledger)
    return [key for key, count in counts.items() if count > 1]
