"""Open the next attempt of a payment: after a decline, or in place of a Stripe object that ends before its window."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.clock import Clock
from domain.errors import NotFound, OfferRefused
from domain.ids import NewId
from domain.payment import Payment
from domain.policies import Policy
from domain.retries import take_next_step, why_not
from models.unit_of_work import Begin
from models.waiting import RETRIES

_BATCH: Final = 200

#: What only the next release knows how to collect is left to it, and holds up nothing here.
_DUE: Final = f"{RETRIES.is_free} AND r.policy = ANY(%(known)s) ORDER BY r.next_retry_at"


@dataclass(frozen=True, slots=True)
class RetryPayments:
    """Take every payment whose next attempt is due one step towards it. Any number of sweeps may run at once.

    The old Stripe object is closed first. If it turns out to be paid, the payment is recorded instead.
    """

    begin: Begin
    policies: Mapping[str, Policy]
    now: Clock
    new_id: NewId

    def __call__(self, limit: int = _BATCH) -> int:
        """Do one batch; returns how many payments it moved."""
        now = self.now()
        with self.begin() as uow:
            due = uow.payments.lock_due(_DUE, limit, now=now, known=list(self.policies))
            return sum(
                take_next_step(payment, self.policies[payment.session.policy], now, self.new_id) for payment in due
            )


@dataclass(frozen=True, slots=True)
class RetryPayment:
    """Open the next attempt at once, because the buyer or an operator asks. Safe to repeat."""

    begin: Begin
    policies: Mapping[str, Policy]
    now: Clock
    new_id: NewId

    def __call__(self, session_id: UUID, actor: str, why: str | None = None) -> Payment:
        """Begin it; the checkout opens as soon as the old one is closed. `why` is an operator's reason.

        Raises:
            NotFound: there is no such payment.
            OfferRefused: no further attempt may be opened; `code` is why (`domain.retries.No`). The refusal is audited.
        """
        with self.begin() as uow:
            payment = uow.payments.lock_one(session_id)
            if payment is None:
                raise NotFound("there is no such payment")
            policy, now = self.policies[payment.session.policy], self.now()
            refused = why_not(payment, policy, now)
            if refused is None:
                payment.note("retry_requested", now, actor, why=why)
                take_next_step(payment, policy, now, self.new_id, at_once=True)
            else:
                payment.note("retry_refused", now, actor, reason=refused, why=why)
        if refused is not None:
            raise OfferRefused(refused, f"no further attempt can be opened: {refused}")
        return payment
