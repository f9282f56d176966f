"""The explanation of a payment: the first cause that fits is told, further ones stand beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from domain.lifecycle import Status
from domain.payment import Payment
from domain.policies import Policy
from domain.standing.anywhere import ANYWHERE_CAUSES
from domain.standing.beside import Beside
from domain.standing.case import Case, Cause
from domain.standing.completed import COMPLETED_CAUSES, COMPLETED_REST
from domain.standing.explanation import Duty, Explanation, Said, Step, may, say
from domain.standing.failed import FAILED_CAUSES
from domain.standing.going_back import GOING_BACK_CAUSES
from domain.standing.over import CANCELED_REST, EXPIRED_REST, OVER_CAUSES
from domain.standing.paused import QUEUE_PAUSED
from domain.standing.pending import PENDING_CAUSES, PENDING_REST, UNPAID_CAUSES
from domain.standing.processing import PROCESSING_CAUSES, PROCESSING_REST

#: Steps that are told at most.
_MOST: Final = 3

CAUSES: Final[Sequence[Cause]] = (
    QUEUE_PAUSED,  # before all others: what they say will come does not come meanwhile
    *UNPAID_CAUSES,
    *PENDING_CAUSES,
    *PROCESSING_CAUSES,
    *FAILED_CAUSES,
    *GOING_BACK_CAUSES,
    *COMPLETED_CAUSES,
    *OVER_CAUSES,
    *ANYWHERE_CAUSES,
)
#: What is told of a payment of which nothing else is to be told. It is never told beside another cause.
RESTS: Final[Mapping[Status, Cause]] = {
    Status.PENDING: PENDING_REST,
    Status.PROCESSING: PROCESSING_REST,
    Status.COMPLETED: COMPLETED_REST,
    Status.EXPIRED: EXPIRED_REST,
    Status.CANCELED: CANCELED_REST,
}
#: Codes of causes that are the general form of those before them: of several that fit, only the first is told.
_ONE_OF: Final = ("failed.", "processing.")


def explain(payment: Payment, facts: Beside, policy: Policy, now: datetime) -> Explanation:
    """Say why a payment stands where it stands, what comes next and when, and what an operator may or must do.

    What waits for a person is told first, for nothing else helps before; then the table's order decides.

    Args:
        payment: the payment as it is.
        facts: what bears on it and is no part of it, as far as it is known.
        policy: how it is collected.
        now: the time.
    """
    case = Case(payment, facts, policy, now)
    found: list[tuple[str, Said]] = []
    for cause in CAUSES:
        said = cause.says(case)
        general = next((family for family in _ONE_OF if cause.code.startswith(family)), None)
        if said is None or (general is not None and any(code.startswith(general) for code, _ in found)):
            continue
        found.append((cause.code, said))
    rest = RESTS.get(payment.session.status)
    last = rest.says(case) if rest is not None else None
    if rest is not None and last is not None and all(code.startswith("any.") for code, _ in found):
        found.insert(0, (rest.code, last))
    if not found:
        found.append(("any.unexplained", _unexplained(case)))
    found.sort(key=lambda one: one[1].you.kind is not Duty.MUST)
    (code, first), others = found[0], found[1:]
    return Explanation(code, first.why, _steps(first, others), first.you, tuple(said.why for _, said in others))


def _steps(first: Said, others: Sequence[tuple[str, Said]]) -> tuple[Step, ...]:
    """Its own steps; and what is certain to come at its time whatever waits for a person."""
    steps = list(first.next)
    for _, said in others:
        steps.extend(step for step in said.next if step.at is not None and step not in steps)
    return tuple(steps[:_MOST])


def _unexplained(case: Case) -> Said:
    """No row fits: said as it is, and never guessed."""
    session = case.session
    why = say(
        "The payment is {status}{why}.", status=session.status, why=f" ({session.reason})" if session.reason else ""
    )
    return Said(
        why,
        (case.closes,)
        if case.is_unpaid
        else (
            Step(
                say("Nothing is known to come."),
            ),
        ),
        may("Look at its timeline."),
    )
