"""Open, and close, a payment's Stripe object: claim, call, record.

Threads that come at the same time share a transaction: one claims for all of them, and one records for all of them.
Each call to Stripe is one thread's own.

Safe to run any number of times, on any number of workers, and to kill at any line: the request and its idempotency key
are stored before the first call, an answer that never came is asked for again under the same key, and who has lost the
lease writes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
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
from domain.opening import must_be_found, record_opened, record_refused, replace_vanished
from domain.payment import Payment
from domain.policies import Policy
from domain.retries import take_next_step
from domain.settlement import Terms, apply_answer
from domain.windows import close_if_over
from gateways.stripe.gateway import Opened, PaymentGateway
from models.leases import Hold
from models.unit_of_work import Begin
from models.work import ATTEMPT_WORK
from services.batching import Batcher
from services.claim_attempts import LINGER, ClaimAttempts
from services.page_links import PageLinks

Recording = Callable[[Payment, CheckoutAttempt, datetime], None]

#: Seconds between two tries at most: a window may be short.
_LONGEST_WAIT: Final = 20.0
#: The same where nobody waits, as when the window is over: what never succeeds must not use up Stripe's limit.
_LONGEST_WAIT_IDLE: Final = 900.0


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
    _claim: ClaimAttempts = field(init=False)
    _records: Batcher[tuple[CheckoutAttempt, Recording], None] = field(init=False)

    def __post_init__(self) -> None:
        """Nobody is at work yet."""
        self._claim = ClaimAttempts(self.begin, self.policies, self.terms, self.links, self.now)
        self._records = Batcher(self._record_all, linger=LINGER)

    def __call__(self, session_id: UUID | None = None) -> int:
        """Do one piece of work, of this session if one is named. What must be looked up at Stripe is one piece.

        Returns:
            How many attempts it was; 0 if nothing is due or others have it in hand.
        """
        claimed = self._claim(session_id)
        with ExitStack() as held:
            for attempt in claimed:
                held.enter_context(self.hold(ATTEMPT_WORK, attempt))
            if claimed and must_be_found(claimed[0], self.now()):
                self._find(claimed)
            else:
                for attempt in claimed:
                    self._do(attempt)
        return len(claimed)

    def _do(self, attempt: CheckoutAttempt) -> None:
        with bound_contextvars(session_id=str(attempt.session_id), key=attempt.idempotency_key):
            if attempt.status is not AttemptStatus.OPENING:
                self._close(attempt)
            elif attempt.request is None:
                self._record(attempt, close)
            else:
                self._open(attempt, attempt.request)

    def _open(self, attempt: CheckoutAttempt, request: Mapping[str, Any]) -> None:
        try:
            opened = self.stripe.open(attempt.kind, request, idempotency_key=attempt.idempotency_key)
        except GatewayRefused as refusal:
            self._record(attempt, partial(self._refused, refusal))
        except GatewayUnavailable as silence:
            self._record(attempt, partial(self._postponed, silence))
        else:
            self._record(attempt, partial(self._opened, opened))

    def _find(self, attempts: Sequence[CheckoutAttempt]) -> None:
        """Look up what these attempts have opened. What Stripe has nothing of was never opened; its key is used up."""
        try:
            found = self.stripe.find(attempts)
        except (GatewayUnavailable, GatewayRefused) as failure:
            outcomes = dict.fromkeys((one.id for one in attempts), partial(self._postponed, failure))
        else:
            outcomes = {one.id: partial(self._opened, found.get(one.id)) for one in attempts}
        for one in attempts:
            with bound_contextvars(session_id=str(one.session_id), key=one.idempotency_key):
                self._record(one, outcomes[one.id])

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

    def _close(self, attempt: CheckoutAttempt) -> None:
        try:
            # Closing twice does no harm, and an error that Stripe saved must not be repeated for ever: each try has its
            # own key. The fence never goes back.
            facts = self.stripe.close(attempt, idempotency_key=f"{attempt.idempotency_key}:close:{attempt.fence}")
        except (GatewayUnavailable, GatewayRefused) as failure:
            self._record(attempt, partial(self._postponed, failure))
        else:
            self._record(attempt, partial(self._closed, facts))

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
        """The outcome is unknown: ask again later, with the same key. Never a failure of the payment."""
        asked = failure.retry_after if isinstance(failure, GatewayUnavailable) else None
        longest = _LONGEST_WAIT
        if must_be_found(attempt, now):
            longest = _LONGEST_WAIT_IDLE  # A long list is not read often. Why it has to be is what `last_error` keeps.
        else:
            attempt.last_error = failure.code
        if payment.session.status in FINAL:
            longest = _LONGEST_WAIT_IDLE
        attempt.due_at = now + backoff(attempt.tries, self.rng, longest=longest, asked=asked)
        close_if_over(payment, now)

    def _record(self, attempt: CheckoutAttempt, record: Recording) -> None:
        self._records((attempt, record))

    def _record_all(self, outcomes: Sequence[tuple[CheckoutAttempt, Recording]]) -> Sequence[None]:
        with self.begin() as uow:
            payments = uow.payments.lock({attempt.session_id for attempt, _ in outcomes})
            for attempt, record in outcomes:
                payment = payments.get(attempt.session_id)
                if payment is None:
                    continue
                mine = payment.attempt(attempt.id)
                if mine.fence != attempt.fence:
                    continue  # Another worker has taken over, and records what it finds under the same key.
                mine.leased_until, mine.due_at = None, None
                record(payment, mine, self.now())
        return [None] * len(outcomes)
