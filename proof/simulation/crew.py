"""The threads of one process that open checkouts: they meet, and share transactions, as they do where many are due."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import TransientError
from proof.simulation.calls import Calls
from services.claim_attempts import Piece
from services.exchange_attempts import Turn
from services.open_checkout import OpenCheckouts, Steps


@dataclass(frozen=True, slots=True)
class Crew:
    """So many threads that go in step: all claim, each asks Stripe, all record. What kills one kills all."""

    opening: OpenCheckouts
    calls: Calls
    threads: int

    def __call__(self, *, most: int) -> int:
        """Do what is due: so many pieces for each thread at most."""
        crew = [self.opening.steps(most=most) for _ in range(self.threads)]
        turns = [next(steps) for steps in crew]
        done = 0
        while crew:
            pieces = self._exchanged(turns)
            before, self.calls.hands = self.calls.hands, max(1, sum(map(bool, pieces)))
            try:
                ahead: list[tuple[Steps, Turn]] = []
                for steps, piece in zip(crew, pieces, strict=True):
                    try:
                        ahead.append((steps, steps.send(piece)))
                    except StopIteration as end:
                        done += end.value
            finally:
                self.calls.hands = before
            crew, turns = [steps for steps, _ in ahead], [turn for _, turn in ahead]
        return done

    def _exchanged(self, turns: Sequence[Turn]) -> Sequence[Piece]:
        try:
            return self.opening.exchange.together(turns)
        except TransientError:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, it is one turn's: as in a batch of threads
            return [self.opening.exchange(turn) for turn in turns]
