"""Ask Stripe what became of refunds that were pending for long: claim, call, record."""

from dataclasses import dataclass
from random import Random

import structlog
from structlog.contextvars import bound_contextvars

from domain import lookups
from domain.clock import Clock
from domain.errors import EventTooEarly, GatewayRefused, GatewayUnavailable, GavelpayError
from domain.facts import RefundReported
from domain.settlement import Terms, apply
from domain.transaction import Refund
from gateways.stripe.gateway import PaymentGateway
from models.leases import Hold
from models.unit_of_work import Begin
from models.work import REFUND_LOOK_UP

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReconcileRefunds:
    """Look one refund up that is past due. Safe to run any number of times, and to kill at any line."""

    begin: Begin
    stripe: PaymentGateway
    terms: Terms
    hold: Hold
    now: Clock
    rng: Random

    def __call__(self) -> int:
        """Look one up; returns 1, or 0 if none is due."""
        with self.begin() as uow:
            claimed = REFUND_LOOK_UP.claim(uow.connection, uow.cipher, self.now())
        for refund in claimed:
            ids = {"session_id": str(refund.session_id), "refund_id": str(refund.id)}
            with self.hold(REFUND_LOOK_UP, refund), bound_contextvars(**ids):
                self._record(refund, self._ask(refund))
        return len(claimed)

    def _ask(self, refund: Refund) -> RefundReported | GavelpayError:
        try:
            return self.stripe.look_up_refund(refund)
        except (GatewayUnavailable, GatewayRefused) as failure:
            return failure

    def _record(self, refund: Refund, answer: RefundReported | GavelpayError) -> None:
        with self.begin() as uow:
            payment = uow.payments.lock_one(refund.session_id)
            if payment is None:
                return
            mine = next(one for one in payment.refunds if one.id == refund.id)
            if mine.fence != refund.fence:
                return  # Another worker has taken over, and records what it finds.
            now = self.now()
            mine.leased_until = None
            mine.look_up_after = now + lookups.paused(mine.look_ups)
            if isinstance(answer, GatewayUnavailable):
                mine.look_up_after = now + lookups.postponed(mine.look_ups, self.rng, answer.retry_after)
            if isinstance(answer, GavelpayError):
                mine.last_error = f"{answer.code}: {answer}"[:500]
                log.error("refund.not_looked_up", error=mine.last_error)
                return
            undo = payment.checkpoint()
            try:
                apply(payment, answer, now, self.terms)
            except EventTooEarly as early:
                undo()
                mine.last_error = f"{early.code}: {early}"
