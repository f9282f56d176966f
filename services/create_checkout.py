"""Collect from a buyer over HTTP: the same request as the queue's, answered with the page to pay on."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.attempt import CheckoutAttempt
from domain.errors import NotFound, OfferRefused
from domain.ids import SessionId
from domain.messages import PaymentRequired
from domain.payment import Payment
from domain.session import PaymentSession
from models.unit_of_work import Begin
from services.open_checkout import OpenCheckouts
from services.require_payment import RequirePayments

#: Seconds that a caller waits for Stripe; what takes longer is asked for again.
PATIENCE: Final = 5.0
_LOOK_AGAIN: Final = 0.05


@dataclass(frozen=True, slots=True)
class Created:
    """A session, and its present attempt as far as it is open."""

    session: PaymentSession
    #: None while Stripe has not answered, one takes the place of another, or the session is on hold.
    attempt: CheckoutAttempt | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class CreateCheckout:
    """Take a request and wait, within bounds, until its checkout is open, whoever opens it."""

    begin: Begin
    require: RequirePayments
    open: OpenCheckouts
    pause: Callable[[float], None] = time.sleep
    tick: Callable[[], float] = time.monotonic

    def __call__(self, request: PaymentRequired) -> Created:
        """Create the session, or find it.

        Raises:
            OfferRefused: the rules do not permit it.
        """
        answer = self.require([request])[0]
        if isinstance(answer, OfferRefused):
            raise answer
        deadline = self.tick() + PATIENCE
        while True:
            payment = self._read(answer.session_id)
            if not payment.awaits_page:
                return Created(payment.session, payment.newest_attempt, answer.is_new)
            if payment.session.held_at is not None or self.tick() >= deadline:
                return Created(payment.session, None, answer.is_new)
            # Do it ourselves, unless a worker is at it already.
            if not self.open(answer.session_id):
                self.pause(_LOOK_AGAIN)

    def _read(self, session_id: SessionId) -> Payment:
        with self.begin() as uow:
            uow.at_one_moment()
            found = uow.payments.read([session_id])
        if not found:
            raise NotFound("there is no such payment")
        return found[0]
