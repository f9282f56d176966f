"""Ask Stripe what became of attempts whose webhooks may be lost: claim, call, record.

An answer is applied like an event, dated by when we asked: it completes what lost events would have told, and undoes
nothing that a later one has said. Money that is found after the end follows the rules for late money.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

import structlog
from structlog.contextvars import bound_contextvars

from domain import lookups
from domain.attempt import CheckoutAttempt
from domain.clock import Clock
from domain.errors import GatewayRefused, GatewayUnavailable, GavelpayError
from domain.facts import Fact
from domain.payment import Payment
from domain.settlement import Terms, apply_answer
from gateways.stripe.gateway import PaymentGateway
from models.leases import Hold
from models.unit_of_work import Begin
from models.work import ATTEMPT_LOOK_UP

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReconcileAttempts:
    """Look one attempt up that is past due. Safe to run any number of times, and to kill at any line."""

    begin: Begin
    stripe: PaymentGateway
    terms: Terms
    hold: Hold
    now: Clock
    rng: Random

    def __call__(self, session_id: UUID | None = None) -> int:
        """Look one up, of this payment if one is named; returns 1, or 0 if none is due."""
        only = {"session_id": session_id} if session_id else None
        with self.begin() as uow:
            claimed = ATTEMPT_LOOK_UP.claim(uow.connection, uow.cipher, self.now(), only=only)
        for attempt in claimed:
            ids = {"session_id": str(attempt.session_id), "key": attempt.idempotency_key}
            with self.hold(ATTEMPT_LOOK_UP, attempt), bound_contextvars(**ids):
                self._look(attempt)
        return len(claimed)

    def payment(self, session_id: UUID) -> int:
        """Look up every attempt of one payment that Stripe knows and that is not paid; returns how many."""
        with self.begin() as uow:
            uow.payments.want_look_ups(session_id, self.now())
        looked = 0
        while self(session_id):
            looked += 1
        return looked

    def _look(self, attempt: CheckoutAttempt) -> None:
        try:
            answer: Sequence[Fact] | GavelpayError = self.stripe.look_up(attempt)
        except (GatewayUnavailable, GatewayRefused) as failure:
            answer = failure
        self._record(attempt, answer)

    def _record(self, attempt: CheckoutAttempt, answer: Sequence[Fact] | GavelpayError) -> None:
        with self.begin() as uow:
            payment = uow.payments.lock_one(attempt.session_id)
            if payment is None:
                return
            mine = payment.attempt(attempt.id)
            if mine.fence != attempt.fence:
                return  # Another worker has taken over, and records what it finds.
            now = self.now()
            mine.leased_until = None
            mine.look_up_after = now + lookups.paused(mine.look_ups)
            if isinstance(answer, GatewayUnavailable):
                mine.look_up_after = now + lookups.postponed(mine.look_ups, self.rng, answer.retry_after)
            if isinstance(answer, GavelpayError):
                mine.last_error = f"{answer.code}: {answer}"[:500]
                log.error("payment.not_looked_up", error=mine.last_error)
            else:
                self._apply(payment, mine, answer)

    def _apply(self, payment: Payment, attempt: CheckoutAttempt, facts: Sequence[Fact]) -> None:
        now, before = self.now(), _summary(payment)
        undo = payment.checkpoint()
        try:
            apply_answer(payment, lookups.meaning(payment, attempt, facts), now, self.terms)
        except GavelpayError as error:
            undo()
            attempt.last_error = f"{error.code}: {error}"[:500]
            log.exception("payment.cannot_be_reconciled")
        if _summary(payment) != before:
            payment.session.updated_at = now
            payment.note("reconciled", now, attempt=attempt.attempt_no, status=payment.session.status)


def _summary(payment: Payment) -> tuple[object, ...]:
    return (payment.session.status, len(payment.transactions), *(one.status for one in payment.attempts))
