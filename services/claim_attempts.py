"""Claim attempts at which something is to be done at Stripe, and store what Stripe will be asked."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.clock import Clock
from domain.connect import agree
from domain.opening import must_be_found
from domain.policies import Policy
from domain.session import PaymentSession
from domain.settlement import Terms
from domain.windows import stripe_expiry
from gateways.stripe.requests import opening_request
from models.unit_of_work import UnitOfWork
from models.work import ATTEMPT_WORK, FIND_WORK, Work
from services.page_links import PageLinks

log = structlog.get_logger()

#: What a thread takes in hand at once: one attempt, or all that are looked up in one walk; nothing if nothing is due.
Piece = Sequence[CheckoutAttempt]

#: What is settled about an attempt before Stripe is asked for the first time.
_PREPARED: Final = ("request", "destination", "application_fee_minor")
#: How many attempts are looked up in one walk at most, beside those that are due; and how soon they would have been.
_TOGETHER: Final = 99
_SOON: Final = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class ClaimAttempts:
    """Give each thread that asks a piece of its own, in a transaction that is under way."""

    policies: Mapping[str, Policy]
    terms: Terms
    links: PageLinks
    now: Clock

    def __call__(self, uow: UnitOfWork, wanted: Sequence[UUID | None]) -> Sequence[Piece]:
        """Claim a piece of what is due for each, of its session if it names one.

        It is empty if there is none or others hold it. Waits for nobody.
        """
        taken = _Taken(uow, self.now())
        pieces: dict[int, Piece] = {}
        for number, session_id in enumerate(wanted):
            if session_id is not None:
                pieces[number] = taken.more(ATTEMPT_WORK, only={"session_id": session_id})
        others = [number for number, session_id in enumerate(wanted) if session_id is None]
        if others:
            pieces |= dict(zip(others, self._pieces(taken, len(others)), strict=False))
        torn = self._prepare(uow, taken.attempts)
        ATTEMPT_WORK.keep(uow.connection, uow.cipher, taken.attempts, *_PREPARED)
        return [[one for one in pieces.get(number, ()) if one.id not in torn] for number in range(len(wanted))]

    def _pieces(self, taken: "_Taken", most: int) -> list[Piece]:
        claimed = taken.more(ATTEMPT_WORK, most)
        lost = [attempt for attempt in claimed if must_be_found(attempt, taken.now)]
        pieces: list[Piece] = [[attempt] for attempt in claimed if attempt not in lost]
        if lost:
            # Whoever walks through Stripe's list looks for all that wait for that, or will in a moment.
            pieces.append(lost + taken.more(FIND_WORK, _TOGETHER + len(taken.attempts), soon=_SOON))
        return pieces

    def _prepare(self, uow: UnitOfWork, attempts: Sequence[CheckoutAttempt]) -> Container[UUID]:
        """What Stripe will be asked; stored before it is asked for the first time.

        Returns:
            The ids of those of which nobody could tell what to ask. They are nobody's piece, and rest for as long as a
            lease: the nearest deadline is taken first, so one of them would be in front of all others for ever.
        """
        torn: set[UUID] = set()
        fresh = {
            attempt.session_id: attempt
            for attempt in attempts
            if attempt.status is AttemptStatus.OPENING
            and attempt.request is None
            and attempt.close_requested_at is None
        }
        if fresh:
            for session in uow.payments.find("r.id = ANY(%(ids)s)", ids=list(fresh)):
                attempt = fresh[session.id]
                try:
                    attempt.request = self._request(session, attempt)
                except Exception:
                    # Our own mistake, or a way to collect that only the next release knows.
                    log.exception("checkout.not_prepared", session_id=str(session.id), key=attempt.idempotency_key)
                    torn.add(attempt.id)
        return torn

    def _request(self, session: PaymentSession, attempt: CheckoutAttempt) -> dict[str, Any]:
        policy = self.policies[session.policy]
        begun = session.window_expires_at if session.window_started_at else None
        agree(attempt, session, self.terms.platform_fee_basis_points)
        return opening_request(
            session,
            attempt,
            policy,
            expires_at=stripe_expiry(policy, self.now(), begun),
            return_url=session.return_url or self.links.after_payment(session.id),
            cancel_url=session.cancel_url or self.links.without_payment(session.id),
        )


@dataclass(slots=True)
class _Taken:
    """What is being claimed in one transaction: it is there for others to see only when all of it is written."""

    uow: UnitOfWork
    now: datetime
    attempts: list[CheckoutAttempt] = field(default_factory=list)

    def more(
        self,
        work: Work[CheckoutAttempt],
        limit: int = 1,
        *,
        only: dict[str, Any] | None = None,
        soon: timedelta = timedelta(0),
    ) -> list[CheckoutAttempt]:
        """Take more, due now or soon; what is in hand already is not taken twice."""
        mine = {attempt.id for attempt in self.attempts}
        found = work.take(self.uow.connection, self.uow.cipher, self.now + soon, limit, only=only)
        fresh = [attempt for attempt in found if attempt.id not in mine]
        self.attempts += fresh
        return fresh
