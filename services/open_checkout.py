"""Open, and close, a payment's Stripe object: claim, call, record.

Threads that come at the same time share a transaction: one of them records what all of them have found, and claims what
all of them do next. Each call to Stripe is one thread's own.

Safe to run any number of times, on any number of workers, and to kill at any line: the request and its idempotency key
are stored before the first call, an answer that never came is asked for again under the same key, and who has lost the
lease writes nothing.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final
from uuid import UUID

from structlog.contextvars import bound_contextvars

from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.backoff import backoff
from domain.clock import Clock
from domain.closing import close
from domain.errors import GatewayRefused, GatewayUnavailable
from domain.facts import Fact
from domain.ids import NewId
from domain.lifecycle import FINAL
from domain.opening import is_used_up, must_be_found, record_opened, record_refused, replace_vanished
from domain.payment import Payment
from domain.policies import Policy
from domain.retries import take_next_step
from domain.settlement import Terms, apply_answer
from domain.windows import close_if_over
from gateways.stripe.gateway import Opened, PaymentGateway
from models.leases import Hold
from models.unit_of_work import Begin
from models.work import ATTEMPT_WORK
from services.claim_attempts import ClaimAttempts, Piece
from services.exchange_attempts import ExchangeAttempts, Outcome, Recording, Turn
from services.page_links import PageLinks

#: Who does several pieces of work begins none after this time: what else is to be done has its turn.
_TURN: Final = timedelta(seconds=0.25)
#: Seconds between two tries at most: a window may be short.
_LONGEST_WAIT: Final = 20.0
#: The same where nobody waits, as when the window is over: what never succeeds must not use up Stripe's limit.
_LONGEST_WAIT_IDLE: Final = 900.0

#: Gives turns, is sent pieces, and ends with the number of attempts that were done.
Steps = Generator[Turn, Piece, int]


@dataclass(eq=False, slots=True)
class OpenCheckouts:
    """Take one attempt that is due and do what it needs: open it at Stripe, or close it there."""

    begin: Begin
    stripe: PaymentGateway
    policies: Mapping[str, Policy]
    terms: Terms
    links: PageLinks
    hold: Hold
    now: Clock
    new_id: NewId
    rng: Random
    exchange: ExchangeAttempts = field(init=False)

    def __post_init__(self) -> None:
        """Nobody is at work yet."""
        claim = ClaimAttempts(self.policies, self.terms, self.links, self.now)
        self.exchange = ExchangeAttempts(self.begin, claim, self.now)

    def __call__(self, session_id: UUID | None = None, *, most: int = 1) -> int:
        """Do a piece of work, of this session if one is named. What must be looked up at Stripe is one piece.

        Args:
            session_id: whose it is; None for whatever is due.
            most: how many pieces may be done, one after the other, while that takes no longer than a turn.

        Returns:
            How many attempts it was; 0 if nothing is due or others have it in hand.
        """
        # Closed even where an exchange fails: what is suspended in it holds leases. An error that is passed on between
        # threads keeps it in reach until garbage is looked for, and nobody else could have the attempt for so long.
        with closing(self.steps(session_id, most=most)) as steps:
            turn = next(steps)
            while True:
                piece = self.exchange(turn)
                try:
                    turn = steps.send(piece)
                except StopIteration as end:
                    return int(end.value)

    def steps(self, session_id: UUID | None = None, *, most: int = 1) -> Steps:
        """The same, step by step: gives what is to be exchanged, and is sent the piece that came of it.

        So may whoever has several of them in hand exchange for all of them together, as threads do that meet.
        """
        last, done = self.now() + _TURN, 0
        claimed = yield Turn(session_id=session_id)
        while claimed:
            done, most = done + len(claimed), most - 1
            with ExitStack() as held:
                for attempt in claimed:
                    held.enter_context(self.hold(ATTEMPT_WORK, attempt))
                outcomes = self._do(claimed)
                goes_on = most > 0 and self.now() < last
                claimed = yield Turn(outcomes, int(goes_on), session_id)
        return done

    def _do(self, piece: Piece) -> Sequence[Outcome]:
        if must_be_found(piece[0], self.now()):
            return self._find(piece)
        return [(attempt, self._asked(attempt)) for attempt in piece]

    def _asked(self, attempt: CheckoutAttempt) -> Recording:
        with bound_contextvars(session_id=str(attempt.session_id), key=attempt.idempotency_key):
            if attempt.status is not AttemptStatus.OPENING:
                return self._close(attempt)
            return close if attempt.request is None else self._open(attempt, attempt.request)

    def _open(self, attempt: CheckoutAttempt, request: Mapping[str, Any]) -> Recording:
        try:
            opened = self.stripe.open(attempt.kind, request, idempotency_key=attempt.idempotency_key)
        except GatewayRefused as refusal:
            return partial(self._refused, refusal)
        except GatewayUnavailable as silence:
            return partial(self._postponed, silence)
        return partial(self._opened, opened)

    def _find(self, attempts: Sequence[CheckoutAttempt]) -> Sequence[Outcome]:
        """Look up what these attempts have opened. What Stripe has nothing of is asked for under the same key again.

        Or under another one, where that is used up.
        """
        try:
            found = self.stripe.find(attempts)
        except (GatewayUnavailable, GatewayRefused) as failure:
            return [(one, partial(self._postponed, failure)) for one in attempts]
        outcomes: list[Outcome] = []
        for one in attempts:
            is_settled = one.id in found or is_used_up(one)
            outcomes.append((one, partial(self._opened, found.get(one.id)) if is_settled else self._asked(one)))
        return outcomes

    def _refused(self, refusal: GatewayRefused, payment: Payment, attempt: CheckoutAttempt, now: datetime) -> None:
        record_refused(payment, attempt, refusal, now, self.new_id)

    def _opened(self, opened: Opened | None, payment: Payment, attempt: CheckoutAttempt, now: datetime) -> None:
        if opened is None:
            replace_vanished(payment, attempt, now, self.new_id)
            return
        attempt.url, attempt.client_secret = opened.url, opened.client_secret
        attempt.stripe_payment_intent_id = attempt.stripe_payment_intent_id or opened.payment_intent_id
        attempt.stripe_checkout_id = attempt.stripe_checkout_id or opened.checkout_id
        attempt.expires_at = opened.expires_at
        record_opened(payment, attempt, self.policies[payment.session.policy], opened.created_at, now)

    def _close(self, attempt: CheckoutAttempt) -> Recording:
        try:
            # Closing twice does no harm, and an error that Stripe saved must not be repeated for ever: each try has its
            # own key. The fence never goes back.
            facts = self.stripe.close(attempt, idempotency_key=f"{attempt.idempotency_key}:close:{attempt.fence}")
        except (GatewayUnavailable, GatewayRefused) as failure:
            return partial(self._postponed, failure)
        return partial(self._closed, facts)

    def _closed(self, facts: Sequence[Fact], payment: Payment, _attempt: CheckoutAttempt, now: datetime) -> None:
        apply_answer(payment, facts, now, self.terms)
        if not close_if_over(payment, now):
            take_next_step(payment, self.policies[payment.session.policy], now, self.new_id)

    def _postponed(
        self,
        failure: GatewayUnavailable | GatewayRefused,
        payment: Payment,
        attempt: CheckoutAttempt,
        now: datetime,
    ) -> None:
        """The outcome is unknown: ask, or look it up, again later. Never a failure of the payment."""
        asked = failure.retry_after if isinstance(failure, GatewayUnavailable) else None
        # A long list is not read often.
        is_idle = payment.session.status in FINAL or must_be_found(attempt, now)
        longest = _LONGEST_WAIT_IDLE if is_idle else _LONGEST_WAIT
        if not is_used_up(attempt):  # else why it must be looked up is what is kept
            attempt.last_error = failure.code
        if attempt.status in (AttemptStatus.OPENING, AttemptStatus.OPEN):  # else an event has told how it ended
            attempt.due_at = now + backoff(attempt.tries, self.rng, longest=longest, asked=asked)
        close_if_over(payment, now)
