"""Send back money that is not ours to keep: claim, call, record."""

from dataclasses import dataclass
from random import Random

from structlog.contextvars import bound_contextvars

from domain.backoff import backoff
from domain.clock import Clock
from domain.errors import GatewayRefused, GatewayUnavailable
from domain.facts import RefundReported
from domain.settlement import Terms, apply
from domain.transaction import Refund, RefundStatus
from gateways.stripe.gateway import PaymentGateway
from models.leases import Hold
from models.unit_of_work import Begin
from models.work import REFUND_WORK


@dataclass(frozen=True, slots=True)
class SendRefunds:
    """Take one refund that is due and ask Stripe for it. Asked for twice, it is one refund: its key is stored."""

    begin: Begin
    stripe: PaymentGateway
    terms: Terms
    hold: Hold
    now: Clock
    rng: Random

    def __call__(self) -> int:
        """Ask for one refund; returns 1, or 0 if none is due."""
        with self.begin() as uow:
            claimed = REFUND_WORK.claim(uow.connection, uow.cipher, self.now())
            paid = [uow.payments.intent_of(refund) for refund in claimed]
        for refund, intent in zip(claimed, paid, strict=True):
            ids = {"session_id": str(refund.session_id), "refund_id": str(refund.id)}
            with self.hold(REFUND_WORK, refund), bound_contextvars(**ids):
                self._send(refund, intent)
        return len(claimed)

    def _send(self, refund: Refund, payment_intent_id: str) -> None:
        try:
            answer = self.stripe.refund(refund, payment_intent_id, idempotency_key=refund.idempotency_key)
        except GatewayUnavailable as silence:
            self._record(refund, silence)
        except GatewayRefused as refusal:
            self._record(refund, refusal)
        else:
            self._record(refund, answer)

    def _record(self, refund: Refund, answer: RefundReported | GatewayUnavailable | GatewayRefused) -> None:
        with self.begin() as uow:
            payment = uow.payments.lock_one(refund.session_id)
            if payment is None:
                return
            mine = next(one for one in payment.refunds if one.id == refund.id)
            if mine.fence != refund.fence:
                return
            now = self.now()
            mine.leased_until, mine.due_at, mine.updated_at = None, None, now
            if mine.stripe_refund_id is not None and not isinstance(answer, RefundReported):
                return  # Stripe's event was faster than its answer, and knows better.
            match answer:
                case RefundReported():
                    apply(payment, answer, now, self.terms)
                case GatewayUnavailable():
                    mine.last_error = answer.code
                    mine.due_at = now + backoff(mine.tries, self.rng, asked=answer.retry_after)
                case GatewayRefused():
                    mine.status, mine.last_error = RefundStatus.FAILED, str(answer)[:500]
                    mine.failure_reason = answer.provider_code or answer.code
                    payment.note("refund_refused", now, refund=str(mine.id), error=mine.last_error)
