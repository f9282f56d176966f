"""How a payment stands, as the console shows it: badges, and the cause in a few words."""

from dataclasses import dataclass
from typing import Final

from domain.lifecycle import CANCELED, COMPLETED, EXPIRED, FAILED, PENDING, PROCESSING
from domain.payment import Payment
from domain.restating import HELD_MONEY_RETURNED
from domain.transaction import TransactionStatus


@dataclass(frozen=True, slots=True)
class Badge:
    """A shape, a word and a tint: never colour alone."""

    tint: str
    icon: str
    word: str


STATES: Final = {
    PENDING: Badge("wait", "i-pending", "Pending"),
    PROCESSING: Badge("move", "i-processing", "Processing"),
    COMPLETED: Badge("good", "i-completed", "Completed"),
    FAILED: Badge("warn", "i-failed", "Failed"),
    EXPIRED: Badge("end", "i-expired", "Expired"),
    CANCELED: Badge("end", "i-canceled", "Canceled"),
}
_CAUSES: Final = {
    "window_elapsed": "nobody paid",
    "closed_by_request": "closed on request",
    "terminated": "ended by a person",
    "amount_differs": "amount differs",
    "stripe_review": "held for review at Stripe",
    "highest_risk": "held for its risk",
    "risk_score": "held for its risk",
    "paid_near_the_end": "paid near the end",
    "late_payment": "paid late",
    HELD_MONEY_RETURNED: "what came went back",
}


def badges(payment: Payment) -> list[Badge]:
    """The state, and the flags beside it."""
    session = payment.session
    found = [STATES[session.status]]
    if session.held_at is not None:
        found.append(Badge("bad", "i-hold", "On hold"))
    if any(one.status is TransactionStatus.DISPUTED for one in payment.transactions):
        found.append(Badge("bad", "i-dispute", "Disputed"))
    kept = payment.kept_transaction
    if kept is not None and kept.refunded_minor:
        whole = kept.refunded_minor >= kept.amount_minor
        found.append(Badge("end", "i-refund", "Refunded" if whole else "Partly refunded"))
    return found


def cause(payment: Payment) -> str | None:
    """Why it is where it is, in a few plain words."""
    session = payment.session
    if session.held_at is not None and session.hold_reason:
        return _CAUSES.get(session.hold_reason, session.hold_reason.replace("_", " "))
    if session.reason is None:
        return None
    if session.status is FAILED and session.reason != HELD_MONEY_RETURNED:
        return f"declined: {session.reason.replace('_', ' ')}"
    return _CAUSES.get(session.reason, session.reason.replace("_", " "))
