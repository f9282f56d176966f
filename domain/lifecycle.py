"""The life of a payment session: one table of moves, and the only code that writes a status.

`docs/lifecycle.md` is generated from this table, and a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from domain.errors import IllegalTransition


class Status(StrEnum):
    """Where a payment session stands."""

    #: Waits for its checkout to open, or for the buyer. Moved on by Stripe's events or the window's end.
    PENDING = "pending"
    #: Money is on its way, or has come and is held. Moved on by Stripe's events or an operator; the window waits.
    PROCESSING = "processing"
    #: Paid. Nothing moves it any more; refunds and disputes are told by its transactions.
    COMPLETED = "completed"
    #: The bank declined. Moved on by the buyer (the page stays open), the next retry, or the window's end.
    FAILED = "failed"
    #: The window ended unpaid and the lot was reopened. Moved on only if late money is honored.
    EXPIRED = "expired"
    #: An operator or the auction ended it. Final.
    CANCELED = "canceled"


class Trigger(StrEnum):
    """What has happened, in the past tense."""

    CHECKOUT_OPENED = "checkout_opened"
    PAYMENT_PROCESSING = "payment_processing"
    PAYMENT_DECLINED = "payment_declined"
    PAYMENT_SUCCEEDED = "payment_succeeded"
    PAYMENT_LATE = "payment_late"
    PAYMENT_HONORED = "payment_honored"
    WINDOW_ELAPSED = "window_elapsed"
    CLOSED_BY_REQUEST = "closed_by_request"
    TERMINATED = "terminated"


PENDING, PROCESSING, COMPLETED = Status.PENDING, Status.PROCESSING, Status.COMPLETED
FAILED, EXPIRED, CANCELED = Status.FAILED, Status.EXPIRED, Status.CANCELED

#: Sessions that still wait for money: the window's end closes them.
UNPAID: Final = frozenset({PENDING, FAILED})
#: Sessions that are over.
FINAL: Final = frozenset({COMPLETED, EXPIRED, CANCELED})


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a trigger leads, and why."""

    to: Status
    why: str


TRANSITIONS: Final[Mapping[tuple[Status, Trigger], Rule]] = {
    (PENDING, Trigger.CHECKOUT_OPENED): Rule(PENDING, "the buyer can pay now"),
    (PENDING, Trigger.PAYMENT_PROCESSING): Rule(PROCESSING, "the buyer has confirmed; the bank has not answered yet"),
    (PENDING, Trigger.PAYMENT_DECLINED): Rule(FAILED, "the bank declined"),
    (PENDING, Trigger.PAYMENT_SUCCEEDED): Rule(COMPLETED, "Stripe has the money"),
    (PENDING, Trigger.PAYMENT_LATE): Rule(EXPIRED, "money that came after the end shows that it is over"),
    (PENDING, Trigger.WINDOW_ELAPSED): Rule(EXPIRED, "nobody paid in time"),
    (PENDING, Trigger.CLOSED_BY_REQUEST): Rule(EXPIRED, "the auction or an admin closed it"),
    (PENDING, Trigger.TERMINATED): Rule(CANCELED, "an operator ended it"),
    (PROCESSING, Trigger.CHECKOUT_OPENED): Rule(PROCESSING, "Stripe's answer to the opening came after its webhook"),
    (PROCESSING, Trigger.PAYMENT_PROCESSING): Rule(PROCESSING, "Stripe repeats itself"),
    (PROCESSING, Trigger.PAYMENT_DECLINED): Rule(FAILED, "the bank declined after all"),
    (PROCESSING, Trigger.PAYMENT_SUCCEEDED): Rule(COMPLETED, "Stripe has the money"),
    (PROCESSING, Trigger.PAYMENT_LATE): Rule(EXPIRED, "the money that was waited for came after the end"),
    (PROCESSING, Trigger.WINDOW_ELAPSED): Rule(PROCESSING, "money in flight is waited for"),
    # The hosted page stays open after a decline, and the buyer may succeed on it before the retry is due.
    (FAILED, Trigger.PAYMENT_SUCCEEDED): Rule(COMPLETED, "the buyer paid after a decline"),
    (FAILED, Trigger.CHECKOUT_OPENED): Rule(PENDING, "a fresh checkout waits for the buyer"),
    (FAILED, Trigger.PAYMENT_PROCESSING): Rule(PROCESSING, "the buyer tried again"),
    (FAILED, Trigger.PAYMENT_DECLINED): Rule(FAILED, "declined again, or Stripe repeats itself"),
    (FAILED, Trigger.PAYMENT_LATE): Rule(EXPIRED, "money that came after the end shows that it is over"),
    (FAILED, Trigger.WINDOW_ELAPSED): Rule(EXPIRED, "nobody paid in time"),
    (FAILED, Trigger.CLOSED_BY_REQUEST): Rule(EXPIRED, "the auction or an admin closed it"),
    (FAILED, Trigger.TERMINATED): Rule(CANCELED, "an operator ended it"),
    # Paid is absorbing: whatever comes late, twice or out of order finds it as it is.
    (COMPLETED, Trigger.CHECKOUT_OPENED): Rule(COMPLETED, "Stripe's answer to the opening came after its webhook"),
    (COMPLETED, Trigger.PAYMENT_PROCESSING): Rule(COMPLETED, "an event came after its successor"),
    (COMPLETED, Trigger.PAYMENT_DECLINED): Rule(COMPLETED, "an event came after its successor"),
    (COMPLETED, Trigger.PAYMENT_SUCCEEDED): Rule(COMPLETED, "Stripe repeats itself, and so does a crashed worker"),
    (COMPLETED, Trigger.WINDOW_ELAPSED): Rule(COMPLETED, "the money was there before the sweep"),
    (EXPIRED, Trigger.CHECKOUT_OPENED): Rule(EXPIRED, "Stripe answered after the end; the checkout is closed again"),
    (EXPIRED, Trigger.PAYMENT_PROCESSING): Rule(EXPIRED, "the lot was reopened; what comes of it is late money"),
    (EXPIRED, Trigger.PAYMENT_DECLINED): Rule(EXPIRED, "the lot was reopened"),
    (EXPIRED, Trigger.PAYMENT_SUCCEEDED): Rule(EXPIRED, "the lot was reopened; late money is sent back"),
    (EXPIRED, Trigger.PAYMENT_LATE): Rule(EXPIRED, "late money is sent back"),
    (EXPIRED, Trigger.PAYMENT_HONORED): Rule(COMPLETED, "late money is kept, for the lot was not reopened yet"),
    (EXPIRED, Trigger.WINDOW_ELAPSED): Rule(EXPIRED, "two sweeps saw the same end"),
    (EXPIRED, Trigger.CLOSED_BY_REQUEST): Rule(EXPIRED, "the request was repeated"),
    (CANCELED, Trigger.CHECKOUT_OPENED): Rule(CANCELED, "Stripe answered after the end; the checkout is closed again"),
    (CANCELED, Trigger.PAYMENT_PROCESSING): Rule(CANCELED, "what comes of it is late money"),
    (CANCELED, Trigger.PAYMENT_DECLINED): Rule(CANCELED, "it is over"),
    (CANCELED, Trigger.PAYMENT_SUCCEEDED): Rule(CANCELED, "late money is sent back"),
    (CANCELED, Trigger.WINDOW_ELAPSED): Rule(CANCELED, "it is over"),
    (CANCELED, Trigger.TERMINATED): Rule(CANCELED, "the request was repeated"),
}


class HasStatus(Protocol):
    """Anything that lives this life."""

    status: Status


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a life; it becomes an audit entry."""

    trigger: Trigger
    before: Status
    after: Status

    @property
    def changed(self) -> bool:
        """Whether the status is another one now."""
        return self.before is not self.after


def move(session: HasStatus, trigger: Trigger) -> Move:
    """Move a session by what has happened. The only place that writes `status`.

    Raises:
        IllegalTransition: the table has no such move; the session is unchanged.
    """
    before = session.status
    rule = TRANSITIONS.get((before, trigger))
    if rule is None:
        raise IllegalTransition(f"a {before} payment cannot take {trigger}")
    session.status = rule.to
    return Move(trigger, before, rule.to)


def permits(status: Status, trigger: Trigger) -> bool:
    """Whether the table has this move."""
    return (status, trigger) in TRANSITIONS
