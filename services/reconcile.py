"""Compare everything with Stripe now, and repair what can be repaired: for an operator, beside a running system."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from domain.messaging import StoredEvent
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

    @property
    def others(self) -> list[tuple[str, str, int, int]]:
        """What else moved on the account: type, currency, how often, and how much in all."""
        counts, sums = sorted(self.money.others.items()), self.money.other_sums
        return [(kind, currency, count, sums[kind, currency]) for (kind, currency), count in counts]

    @property
    def document(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "since": self.since,
            "events": {
                "listed": self.events.listed,
                "lost": [_event(one) for one in self.events.lost],
                "early": [_event(one) for one in self.events.early],
            },
            "lookedUp": {"attempts": self.attempts_looked_up, "refunds": self.refunds_looked_up},
            "money": {
                "compared": self.money.ours,
                "repaired": self.money.repaired,
                "unexplained": self.unexplained,
                "differences": [_difference(one) for one in self.differences],
                "otherActivity": [
                    {"type": kind, "currency": currency, "count": count, "amountMinor": amount}
                    for kind, currency, count, amount in self.others
                ],
            },
        }


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


def _event(event: StoredEvent) -> dict[str, Any]:
    return {
        "stripeEventId": event.stripe_event_id,
        "type": event.type,
        "created": event.created,
        "sessionId": event.session_id,
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "id": one.id,
        "reason": one.reason,
        "currency": one.currency,
        "amountMinor": one.amount_minor,
        "sessionId": one.session_id,
        "stripeId": one.source_id,
        "movedAt": one.moved_at,
        "foundAt": one.found_at,
    }
