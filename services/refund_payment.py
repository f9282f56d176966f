"""Send money back: claim, call, record."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from structlog.contextvars import bound_contextvars

from domain import refund_requests, refunds
from domain.backoff import backoff
from domain.clock import Clock
from domain.errors import USED_UP, EventTooEarly, GatewayRefused, GatewayUnavailable
from domain.facts import RefundReported
from domain.payment import Payment
from domain.settlement import Terms, apply
from domain.transaction import Refund
from domain.unreadable import Unreadable
from gateways.stripe.gateway import PaymentGateway
from gateways.stripe.requests import refund_request
from models.leases import Hold
from models.unit_of_work import Begin
from models.work import REFUND_WORK

#: Stripe may forget a key after 24 hours; asked again then, a part would be sent back twice.
_KEY_LASTS: Final = timedelta(hours=23)
#: After so many tries the release before this one asked under further keys, and stored no number of them. Its workers
#: may be at work beside ours.
_TRIES_UNDER_ONE_KEY: Final = 3


class _NotThere:
    """The refund's key is used up, and nothing was done under it."""


_Answer = RefundReported | GatewayUnavailable | GatewayRefused | _NotThere


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
            if refund.last_error in USED_UP:
                return self._find(refund) or _NotThere()
            found = self._find(refund) if self._may_be_made(refund) else None
            return found or self.stripe.refund(refund.request or {}, idempotency_key=_key(refund))
        except (GatewayUnavailable, GatewayRefused) as failure:
            return failure

    def _may_be_made(self, refund: Refund) -> bool:
        """Whether asking again under its key might make it a second time."""
        is_old = refund.sent_at is not None and self.now() - refund.sent_at > _KEY_LASTS
        return is_old or (refund.keys_used == 0 and refund.tries > _TRIES_UNDER_ONE_KEY)

    def _find(self, refund: Refund) -> RefundReported | None:
        try:
            return self.stripe.find_refund(refund)
        except GatewayRefused as refusal:
            # Stripe will not tell. That is no word on the refund, which may have been made.
            raise GatewayUnavailable(str(refusal)) from refusal

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
                    self._take_over(payment, mine, answer, now)
                case _NotThere():
                    # The next key is stored before it is used.
                    mine.keys_used, mine.last_error, mine.due_at = mine.keys_used + 1, None, now
                case GatewayUnavailable():
                    if mine.last_error not in USED_UP:  # else it was not found because nobody could be asked
                        mine.last_error = answer.code
                    mine.due_at = now + backoff(mine.tries, self.rng, asked=answer.retry_after)
                case GatewayRefused():
                    refunds.refused(payment, mine, answer.provider_code or answer.code, str(answer)[:500], now)

    def _take_over(self, payment: Payment, refund: Refund, answer: RefundReported, now: datetime) -> None:
        undo = payment.checkpoint()
        try:
            apply(payment, answer, now, self.terms)
        except EventTooEarly as early:
            # Something that Stripe knows must be recorded before; it tells of that, and of this, by events.
            undo()
            refund.last_error, refund.due_at = early.code, now + backoff(refund.tries, self.rng)


def _key(refund: Refund) -> str:
    """The key to ask with. There is another one only when nothing can be done under those before.

    However late a request of before arrives, sent by whoever was stopped in the midst of it: it is this one, or it is
    refused.
    """
    again = f":again:{refund.keys_used}" if refund.keys_used else ""
    return refund.idempotency_key + again
