"""How a payment stands, as the console shows it: badge, cause, and what happens next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.lifecycle import CANCELED, COMPLETED, EXPIRED, FAILED, PENDING, PROCESSING, UNPAID, Status
from domain.money import Money
from domain.payment import Payment
from domain.policies import Policy
from domain.transaction import TransactionStatus


@dataclass(frozen=True, slots=True)
class Badge:
    """A shape, a word and a tint: never colour alone."""

    tint: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class Step:
    """What happens next, and when, where that is known."""

    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a newcomer understands of a payment."""

    why: str
    next: tuple[Step, ...]
    #: What a person must or may do.
    you: str
    #: Whether somebody must act.
    needs_you: bool = False

    @property
    def first(self) -> Step | None:
        """What comes first."""
        return self.next[0] if self.next else None


#: Says how a payment stands.
Explain = Callable[[Payment, Policy, datetime], Standing]

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
    if session.status is FAILED:
        return f"declined: {session.reason.replace('_', ' ')}"
    return _CAUSES.get(session.reason, session.reason.replace("_", " "))


def explain(payment: Payment, _policy: Policy, now: datetime) -> Standing:
    """How it stands, by its state alone."""
    session = payment.session
    waiting = next((one for one in payment.refunds if one.awaits_approval), None)
    if waiting is not None:
        amount = Money(waiting.currency, waiting.amount_minor)
        return Standing(
            f"{waiting.requested_by} asked to refund {amount}: “{waiting.reason}”.",
            (Step("Called off unless a second admin agrees.", waiting.approval_until),),
            "Another admin must agree or decline.",
            needs_you=True,
        )
    if session.held_at is not None:
        return Standing(
            f"Held: {cause(payment)}.",
            (Step("Nothing until someone decides."),),
            "Release the hold, or end the payment.",
            needs_you=True,
        )
    steps: list[Step] = []
    if session.status in UNPAID:
        if session.next_retry_at is not None:
            steps.append(Step("The next attempt opens, and the buyer gets a fresh link.", session.next_retry_at))
        steps.append(Step("The window closes, and the lot is reopened.", session.window_expires_at))
    late = session.status in UNPAID and now >= session.window_expires_at
    why = "The time ran out; Stripe is being asked whether money is on its way." if late else _why(payment)
    return Standing(why, tuple(steps), _YOU[session.status])


_YOU: Final = {
    PENDING: "You need not do anything. You may give the buyer more time.",
    PROCESSING: "You need not do anything.",
    FAILED: "You need not do anything. You may retry now, or give the buyer more time.",
    COMPLETED: "You need not do anything. You may refund.",
    EXPIRED: "You need not do anything.",
    CANCELED: "You need not do anything.",
}


def _why(payment: Payment) -> str:
    session = payment.session
    opened = any(one.opened_at for one in payment.attempts)
    said: dict[Status, str] = {
        PENDING: "The buyer has not paid yet." if opened else "The checkout is being opened at Stripe.",
        PROCESSING: "Money is on its way; Stripe is checking with the buyer’s bank.",
        FAILED: "The buyer’s bank declined. The buyer’s link still works.",
        COMPLETED: "Paid.",
        EXPIRED: "Nobody paid in time.",
        CANCELED: "It was canceled.",
    }
    return said[session.status]
