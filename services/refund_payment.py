"""Send money back: claim, call, record."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

from structlog.contextvars import bound_contextvars

from domain import refund_requests, refunds
from domain.backoff import backoff
from domain.clock import Clock
from domain.errors import GatewayFaulted, GatewayRefused, GatewayUnavailable, KeyReused
from domain.facts import RefundReported
from domain.settlement import Terms, apply
from domain.transaction import Refund
from domain.unreadable import Unreadable
from gateways.stripe.gateway import PaymentGateway
from gateways.stripe.requests import refund_request
from models.leases import Hold
from models.unit_of_work import Begin
from models.work import REFUND_WORK

#: A server error that comes again this often is one that Stripe has saved under the key: it must be looked up.
_SAVED_ERROR: Final = 3
#: Stripe may forget a key after 24 hours; asked again then, a part would be sent back twice.
_KEY_LASTS: Final = timedelta(hours=23)

_Answer = RefundReported | GatewayUnavailable | GatewayRefused


@dataclass(frozen=True, slots=True)
class SendRefunds:
    """Take one refund that is due and ask Stripe for it. Asked for twice, it is one refund.

    Its key and its parameters are stored before the first call, and sent unchanged. One that waits for a second person
    is never sent; it comes due when it has waited long enough, and is called off then.
    """

    begin: Begin
    stripe: PaymentGateway
    terms: Terms
    hold: Hold
    now: Clock
    rng: Random

    def __call__(self) -> int:
        """Do one refund; returns 1, or 0 if none is due."""
        with self.begin() as uow:
            claimed = REFUND_WORK.take(uow.connection, uow.cipher, self.now())
            for refund in claimed:
                lost = isinstance(refund.request, Unreadable)
                if (refund.request is None or lost) and not refund.awaits_approval:
                    # Where it differs from what was sent and cannot be read any more, Stripe will say so.
                    refund.request = refund_request(refund, uow.payments.transaction_of(refund))
                    refund.sent_at = refund.sent_at or self.now()
            REFUND_WORK.keep(uow.connection, uow.cipher, claimed, "request", "sent_at")
        for refund in claimed:
            ids = {"session_id": str(refund.session_id), "refund_id": str(refund.id)}
            with self.hold(REFUND_WORK, refund), bound_contextvars(**ids):
                self._record(refund, None if refund.request is None else self._ask(refund))
        return len(claimed)

    def _ask(self, refund: Refund) -> _Answer:
        try:
            return self._found(refund) or self.stripe.refund(refund.request or {}, idempotency_key=_key(refund))
        except (GatewayUnavailable, GatewayRefused) as failure:
            return failure

    def _found(self, refund: Refund) -> RefundReported | None:
        """Look for what was asked before, where asking again under the key would not tell."""
        is_old = refund.sent_at is not None and self.now() - refund.sent_at > _KEY_LASTS
        return self.stripe.find_refund(refund) if is_old or _is_key_used_up(refund) else None

    def _record(self, refund: Refund, answer: _Answer | None) -> None:
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
                case None:
                    refund_requests.void(payment, mine, now)
                case RefundReported():
                    apply(payment, answer, now, self.terms)
                case GatewayUnavailable():
                    mine.last_error = answer.code
                    mine.due_at = now + backoff(mine.tries, self.rng, asked=answer.retry_after)
                case GatewayRefused():
                    refunds.refused(payment, mine, answer.provider_code or answer.code, str(answer)[:500], now)


def _is_key_used_up(refund: Refund) -> bool:
    saved_error = refund.tries > _SAVED_ERROR and refund.last_error == GatewayFaulted.code
    return saved_error or refund.last_error == KeyReused.code


def _key(refund: Refund) -> str:
    """The key to ask with. Where Stripe has saved an error, or another request, under a key, it only repeats that.

    Each further try has its own key then, by the number that was stored with the claim; what came of it is looked up
    before the next one.
    """
    again = f":again:{refund.tries}" if _is_key_used_up(refund) else ""
    return refund.idempotency_key + again
