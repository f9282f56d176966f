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
    #: None: what was to be recorded is of a payment that somebody holds.
    _turns: Batcher[Turn, Piece | None] = field(init=False)

    def __post_init__(self) -> None:
        """Nobody is at work yet."""
        self._turns = Batcher(self._passing_by, linger=LINGER)

    def __call__(self, turn: Turn) -> Piece:
        """Record, then claim; answers with a piece if one was wanted and is due, and nobody else holds it."""
        try:
            return self._shared(turn)
        except TransientError:
            raise
        except Exception:
            if not (turn.outcomes and turn.wanted):
                raise
            # If it is what was to be claimed that cannot be, what Stripe has answered is recorded all the same.
            log.exception("checkouts.not_exchanged")
            return self._shared(replace(turn, wanted=0))

    def together(self, turns: Sequence[Turn]) -> Sequence[Piece]:
        """The same for several, in one transaction: as a whole or not at all. Waits for whoever holds a payment."""
        return [piece or () for piece in self._exchange(turns, waits=True)]

    def _shared(self, turn: Turn) -> Piece:
        piece = self._turns(turn)
        # Whoever holds a payment for long, as a person may, keeps one thread waiting and not all of them.
        return self.together([turn])[0] if piece is None else piece

    def _passing_by(self, turns: Sequence[Turn]) -> Sequence[Piece | None]:
        return self._exchange(turns, waits=False)

    def _exchange(self, turns: Sequence[Turn], *, waits: bool) -> Sequence[Piece | None]:
        with self.begin() as uow:
            recorded = {id(turn) for turn in self._record(uow, turns, waits=waits)}
            asking = [turn for turn in turns if turn.wanted and id(turn) in recorded]
            pieces = iter(self.claim(uow, [turn.session_id for turn in asking]) if asking else ())
        return [(next(pieces) if turn.wanted else ()) if id(turn) in recorded else None for turn in turns]

    def _record(self, uow: UnitOfWork, turns: Sequence[Turn], *, waits: bool) -> Sequence[Turn]:
        """Record what these bring; tells which of them it was done for."""
        sessions = {attempt.session_id for turn in turns for attempt, _ in turn.outcomes}
        if not sessions:
            return turns
        payments = uow.payments.lock(sessions, waits=waits)
        done = [turn for turn in turns if waits or all(one.session_id in payments for one, _ in turn.outcomes)]
        for turn in done:
            for attempt, record in turn.outcomes:
                self._record_one(payments.get(attempt.session_id), attempt, record)
        # First the payments, for which others may have to be waited; what is claimed waits for nobody.
        uow.payments.flush()
        return done

    def _record_one(self, payment: Payment | None, attempt: CheckoutAttempt, record: Recording) -> None:
        if payment is None:
            return
        mine = payment.attempt(attempt.id)
        if mine.fence != attempt.fence:
            return  # Another worker has taken over, and records what it finds under the same key.
        mine.leased_until, mine.due_at = None, None
        record(payment, mine, self.now())
