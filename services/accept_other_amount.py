"""Keep money of another amount than was asked, because an operator has decided so."""

from dataclasses import dataclass
from uuid import UUID

from domain.clock import Clock
from domain.errors import NotFound
from domain.money import Money
from domain.payment import Payment
from domain.releasing import accept_other_amount, acceptable
from domain.retries import replan
from domain.session import PaymentSession
from domain.settlement import Terms
from models.unit_of_work import Begin
from services.acting import act


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
        now, terms = self.now(), self.terms

        def do(payment: Payment) -> PaymentSession:
            accept_other_amount(payment, now, terms.platform_fee_basis_points, terms.new_id, actor=actor, reason=reason)
            replan(payment, terms.policies[payment.session.policy], now)
            return payment.session

        return act(self.begin, session_id, do, name="other_amount", reason=reason, actor=actor, now=now)
