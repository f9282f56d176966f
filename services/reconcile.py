"""Compare everything with Stripe now, and repair what can be repaired: for an operator, beside a running system."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.movements import Difference
from services.compare_movements import Compared
from services.explain_money import ExplainMoney
from services.reconcile_attempts import ReconcileAttempts
from services.reconcile_events import Found, ReconcileEvents
from services.reconcile_refunds import ReconcileRefunds

#: How far back it looks unless it is told.
DEFAULT_SPAN: Final = timedelta(days=1)
#: More look-ups or batches than any backlog; what is left then, the workers go on with.
_ROUNDS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and repaired as far as it can be."""

    since: datetime
    events: Found
    attempts_looked_up: int
    refunds_looked_up: int
    money: Compared
    #: Minor units by currency that nobody can explain.
    unexplained: dict[str, int]

    @property
    def differences(self) -> list[Difference]:
        """Money that stays unexplained."""
        return self.money.differences

    @property
    def is_unexplained(self) -> bool:
        """Whether any does."""
        return any(self.unexplained.values())


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Events, open attempts, refunds, money, in that order. Doing it twice finds nothing the second time."""

    events: ReconcileEvents
    process: Callable[[], int]
    attempts: ReconcileAttempts
    refunds: ReconcileRefunds
    money: ExplainMoney

    def __call__(self, since: datetime) -> Report:
        """Do it now.

        Raises:
            GatewayUnavailable: Stripe is not there; what was found until then is kept.
        """
        found = self.events.everything(since)
        _until_none(self.process)
        attempts, refunds = _until_none(self.attempts), _until_none(self.refunds)
        compared = self.money.everything(since)
        unexplained = dict.fromkeys(sorted(compared.currencies), 0) | self.money.unexplained()
        return Report(since, found, attempts, refunds, compared, unexplained)


def _until_none(work: Callable[[], int]) -> int:
    done = 0
    for _ in range(_ROUNDS):
        if not (pieces := work()):
            break
        done += pieces
    return done
