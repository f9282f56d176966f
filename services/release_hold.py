"""End a hold, because an operator has looked."""

from dataclasses import dataclass
from uuid import UUID

from domain.clock import Clock
from domain.errors import ActRefused, NotFound
from domain.releasing import release
from domain.retries import replan
from domain.session import PaymentSession
from domain.settlement import Terms
from models.unit_of_work import Begin


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
        refusal: ActRefused | None = None
        with self.begin() as uow:
            payment = uow.payments.lock_one(session_id)
            if payment is None:
                raise NotFound("there is no such payment")
            session, now, terms = payment.session, self.now(), self.terms
            try:
                release(payment, now, terms.platform_fee_basis_points, terms.new_id, actor=actor, reason=reason)
            except ActRefused as error:
                refusal = error
                payment.note("hold_release_refused", now, actor, reason=reason, why=error.code)
            else:
                session.updated_at = now
                replan(payment, terms.policies[session.policy], now)
        if refusal is not None:
            raise refusal
        return session
