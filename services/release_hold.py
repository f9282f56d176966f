"""End a hold, because an operator has looked."""

from dataclasses import dataclass
from uuid import UUID

from domain.clock import Clock
from domain.payment import Payment
from domain.releasing import release
from domain.retries import replan
from domain.session import PaymentSession
from domain.settlement import Terms
from models.unit_of_work import Begin
from services.acting import act


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """Let a payment go on that was held for its risk. Repeated, it is refused, for there is no hold any more."""

    begin: Begin
    terms: Terms
    now: Clock

    def __call__(self, session_id: UUID, actor: str, reason: str) -> PaymentSession:
        """Open the checkout that was held back, or keep the money that was held.

        Raises:
            NotFound: there is no such payment.
            ActRefused: it cannot be released; `code` is why. The refusal is audited.
        """
        now, terms = self.now(), self.terms

        def do(payment: Payment) -> PaymentSession:
            release(payment, now, terms.platform_fee_basis_points, terms.new_id, actor=actor, reason=reason)
            replan(payment, terms.policies[payment.session.policy], now)
            return payment.session

        return act(self.begin, session_id, do, name="hold_release", reason=reason, actor=actor, now=now)
