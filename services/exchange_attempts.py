"""Record what became of attempts, and claim the next: one transaction for all threads that come at the same time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from domain.attempt import CheckoutAttempt
from domain.clock import Clock
from domain.errors import TransientError
from domain.payment import Payment
from models.unit_of_work import Begin, UnitOfWork
from services.batching import Batcher
from services.claim_attempts import ClaimAttempts, Piece

log = structlog.get_logger()

#: What an answer of Stripe's makes of a payment and its attempt, as they stand when it is recorded.
Recording = Callable[[Payment, CheckoutAttempt, datetime], None]
#: What came of an attempt, as it was claimed.
Outcome = tuple[CheckoutAttempt, Recording]

#: Seconds that a thread waits for others to share its transaction with. A call to Stripe takes thirty times as long.
LINGER: Final = 0.01


@dataclass(frozen=True, slots=True)
class Turn:
    """What a thread brings, and what it asks for."""

    outcomes: Sequence[Outcome] = ()
    #: How many pieces it wants, none or one; of this session, if one is named.
    wanted: int = 1
    session_id: UUID | None = None


@dataclass(eq=False, slots=True)
class ExchangeAttempts:
    """Take from each thread what it has found, and give it a piece of work of its own."""

    begin: Begin
    claim: ClaimAttempts
    now: Clock
    _turns: Batcher[Turn, Piece] = field(init=False)

    def __post_init__(self) -> None:
        """Nobody is at work yet."""
        self._turns = Batcher(self.together, linger=LINGER)

    def __call__(self, turn: Turn) -> Piece:
        """Record, then claim; answers with a piece if one was wanted and is due, and nobody else holds it."""
        try:
            return self._turns(turn)
        except TransientError:
            raise
        except Exception:
            if not (turn.outcomes and turn.wanted):
                raise
            # If it is what was to be claimed that cannot be, what Stripe has answered is recorded all the same.
            log.exception("checkouts.not_exchanged")
            return self._turns(replace(turn, wanted=0))

    def together(self, turns: Sequence[Turn]) -> Sequence[Piece]:
        """The same for several, in one transaction: as a whole or not at all."""
        outcomes = [outcome for turn in turns for outcome in turn.outcomes]
        asking = [turn for turn in turns if turn.wanted]
        with self.begin() as uow:
            if outcomes:
                self._record(uow, outcomes)
                # First the payments, for which others may have to be waited; what is claimed waits for nobody.
                uow.payments.flush()
            pieces = iter(self.claim(uow, [turn.session_id for turn in asking]) if asking else ())
        return [next(pieces) if turn.wanted else () for turn in turns]

    def _record(self, uow: UnitOfWork, outcomes: Sequence[Outcome]) -> None:
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
