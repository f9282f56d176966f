"""Say why a payment stands where it stands, what comes next and when, and what an operator may or must do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain.attempt import AttemptStatus
from domain.clock import Clock
from domain.errors import NotFound
from domain.lifecycle import FINAL, UNPAID
from domain.money import Money
from domain.payment import Payment
from domain.policies import Policy
from domain.standing.beside import Beside
from domain.standing.explaining import explain
from domain.standing.explanation import Explanation
from models.operating import Operating
from models.standing import Standing
from models.unit_of_work import Begin, UnitOfWork

#: Due checkouts that are counted; a longer line is told as this long.
_LONGEST_LINE: Final = 10_000


@dataclass(frozen=True, slots=True)
class ExplainPayment:
    """Reads only. The number of queries is the same for one payment and for a page of them."""

    begin: Begin
    policies: Mapping[str, Policy]
    #: How often windows that are over are looked for.
    sweep: timedelta
    #: Calls a second that Stripe permits.
    calls_per_second: float
    #: From more than this on, two people decide on a refund.
    two_people_above: Money
    now: Clock

    def __call__(self, session_id: UUID) -> Explanation:
        """Explain one payment; raises `NotFound`."""
        with self.begin() as uow:
            uow.at_one_moment()
            found = uow.payments.read([session_id])
            if not found:
                raise NotFound("there is no such payment")
            return self._explained(uow, found)[session_id]

    def listed(self, payments: Sequence[Payment]) -> Mapping[UUID, Explanation]:
        """Explain a page of payments that were read already, in one go; by their ids."""
        if not payments:
            return {}
        with self.begin() as uow:
            return self._explained(uow, payments)

    def _explained(self, uow: UnitOfWork, payments: Sequence[Payment]) -> dict[UUID, Explanation]:
        reads, now = Standing(uow.connection, uow.cipher), self.now()
        ids: list[UUID] = [one.session.id for one in payments]
        paid: list[UUID] = [one.session.id for one in payments if one.transactions]
        over: list[UUID] = [one.session.id for one in payments if one.session.status in FINAL]
        mails, waiting, set_aside, gave_up = (
            reads.mails(ids),
            reads.waiting(ids),
            reads.set_aside(ids),
            reads.gave_up(ids),
        )
        papers, ended = reads.papers(paid) if paid else {}, reads.ended(over) if over else {}
        pauses = tuple(Operating(uow.connection).pauses(now))
        queue = reads.due_checkouts(now, _LONGEST_LINE) if any(map(_waits_to_open, payments)) else 0
        explained: dict[UUID, Explanation] = {}
        for payment in payments:
            one = payment.session.id
            beside = Beside(
                mails=mails.get(one, ()),
                papers=papers.get(one, ()),
                waiting=waiting.get(one, ()),
                set_aside=set_aside.get(one, ()),
                gave_up=gave_up.get(one, ()),
                queue=queue,
                calls_per_second=self.calls_per_second,
                sweep=self.sweep,
                two_people_above=self.two_people_above,
                ended=ended.get(one),
                pauses=pauses,
            )
            explained[one] = explain(payment, beside, self.policies[payment.session.policy], now)
        return explained


def _waits_to_open(payment: Payment) -> bool:
    newest = payment.newest_attempt
    return payment.session.status in UNPAID and newest is not None and newest.status is AttemptStatus.OPENING
