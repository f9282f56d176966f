"""Keep money of another amount than was asked, because an operator has decided so."""

from dataclasses import dataclass
from uuid import UUID

from domain.clock import Clock
from domain.errors import ActRefused, NotFound
from domain.money import Money
from domain.releasing import accept_other_amount, acceptable
from domain.retries import replan
from domain.session import PaymentSession
from domain.settlement import Terms
from models.unit_of_work import Begin


@dataclass(frozen=True, slots=True)
class AcceptOtherAmount:
    """Sell a lot for the amount that came, although another was asked. Repeated, it is refused."""

    begin: Begin
    terms: Terms
    now: Clock

    def preview(self, session_id: UUID) -> tuple[Money, Money]:
        """What came, and what was asked; nothing is changed.

        Raises:
            NotFound: there is no such payment.
            ActRefused: it cannot be accepted.
        """
        with self.begin() as uow:
            found = uow.payments.read([session_id])
        if not found:
            raise NotFound("there is no such payment")
        return acceptable(found[0]), found[0].session.amount

    def __call__(self, session_id: UUID, actor: str, reason: str) -> PaymentSession:
        """Keep the money that was held because it differs.

        Raises:
            NotFound: there is no such payment.
            ActRefused: it cannot be accepted; `code` is why. The refusal is audited.
        """
        refusal: ActRefused | None = None
        with self.begin() as uow:
            payment = uow.payments.lock_one(session_id)
            if payment is None:
                raise NotFound("there is no such payment")
            session, now, terms = payment.session, self.now(), self.terms
            try:
                accept_other_amount(
                    payment, now, terms.platform_fee_basis_points, terms.new_id, actor=actor, reason=reason
                )
            except ActRefused as error:
                refusal = error
                payment.note("other_amount_refused", now, actor, reason=reason, why=error.code)
            else:
                session.updated_at = now
                replan(payment, terms.policies[session.policy], now)
        if refusal is not None:
            raise refusal
        return session
