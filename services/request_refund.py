"""Refunds that operators ask for, agree to, and decline. `services/refund_payment.py` sends them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain import refund_requests
from domain.clock import Clock
from domain.ids import NewId
from domain.money import Money
from domain.payment import Payment
from domain.policies import Policy
from domain.refund_requests import RefundPlan, plan_refund
from domain.remaining import Owed
from domain.retries import replan
from domain.transaction import Refund
from models.unit_of_work import Begin
from services.acting import act, found


@dataclass(frozen=True, slots=True)
class RequestRefund:
    """Ask for a refund, in full or in part. Above a threshold it waits for a second person; else it is sent at once."""

    begin: Begin
    #: Major units of US dollars.
    two_people_above: Decimal
    now: Clock
    new_id: NewId

    def preview(self, session_id: UUID, *, amount: str | None = None, payment_intent: str | None = None) -> RefundPlan:
        """What it would do; nothing is changed.

        Raises:
            NotFound: there is no such payment.
            ActRefused: it cannot be done.
        """
        with self.begin() as uow:
            return plan_refund(found(uow, session_id), amount, payment_intent, self.two_people_above)

    def __call__(
        self,
        session_id: UUID,
        *,
        reason: str,
        actor: str,
        amount: str | None = None,
        payment_intent: str | None = None,
    ) -> Refund:
        """Ask for it.

        Args:
            session_id: whose money.
            reason: why, for the record.
            actor: who asks, such as `admin:alice`.
            amount: a decimal string in major units; None: all that is left.
            payment_intent: which money, where the payment has more than one.

        Returns:
            The refund; where it `awaits_approval`, nothing is sent before a second person has agreed.

        Raises:
            NotFound: there is no such payment.
            ActRefused: it cannot be done; that is audited.
        """
        now = self.now()

        def do(payment: Payment) -> Refund:
            plan = plan_refund(payment, amount, payment_intent, self.two_people_above)
            return refund_requests.request(payment, plan, reason, actor, now=now, new_id=self.new_id)

        return act(
            self.begin,
            session_id,
            do,
            name="refund_request",
            reason=reason,
            actor=actor,
            now=now,
            amount=amount,
            payment_intent=payment_intent,
        )


@dataclass(frozen=True, slots=True)
class DecideRefund:
    """Agree to a refund that somebody else has asked for, or decline it; or settle what one that failed left owed."""

    begin: Begin
    policies: Mapping[str, Policy]
    now: Clock

    def approve(self, session_id: UUID, refund_id: UUID, *, reason: str, actor: str) -> Refund:
        """Agree: it is sent at once.

        Raises:
            NotFound: there is no such payment.
            ActRefused: it does not wait for consent, the same person asked for it, or it is too late. Audited.
        """
        now = self.now()
        return act(
            self.begin,
            session_id,
            lambda payment: refund_requests.approve(payment, refund_id, reason, actor, now),
            name="refund_approval",
            reason=reason,
            actor=actor,
            now=now,
            refund=str(refund_id),
        )

    def decline(self, session_id: UUID, refund_id: UUID, *, reason: str, actor: str) -> Refund:
        """Say no: it is canceled, and the money can be asked for again. Whoever asked may take it back so.

        Raises:
            NotFound: there is no such payment.
            ActRefused: it does not wait for consent. Audited.
        """
        now = self.now()
        return act(
            self.begin,
            session_id,
            lambda payment: refund_requests.decline(payment, refund_id, reason, actor, now),
            name="refund_decline",
            reason=reason,
            actor=actor,
            now=now,
            refund=str(refund_id),
        )

    def to_settle(self, session_id: UUID, *, payment_intent: str | None = None, amount: str | None = None) -> Owed:
        """What settling would be about; nothing is changed.

        Raises:
            NotFound: there is no such payment.
            ActRefused: as `settle`.
        """
        with self.begin() as uow:
            return refund_requests.to_settle(found(uow, session_id), payment_intent, amount)

    def settle(
        self, session_id: UUID, *, reason: str, actor: str, payment_intent: str | None = None, amount: str | None = None
    ) -> Money:
        """Say that what is owed back has reached the buyer another way. Money that was held waits no longer then.

        Args:
            session_id: whose money.
            reason: how it reached them, for the record.
            actor: who says so.
            payment_intent: which money, where more than one is owed.
            amount: how much they have seen to be owed, in major units: refused where it is another amount by now.

        Returns:
            How much that is.

        Raises:
            NotFound: there is no such payment.
            ActRefused: nothing is owed, or another amount, or it must be said of which money. Audited.
        """
        now = self.now()

        def do(payment: Payment) -> Money:
            settled = refund_requests.settle(payment, payment_intent, reason, actor, now, amount=amount)
            replan(payment, self.policies[payment.session.policy], now)
            return settled

        return act(
            self.begin,
            session_id,
            do,
            name="refund_settlement",
            reason=reason,
            actor=actor,
            now=now,
            amount=amount,
            payment_intent=payment_intent,
        )
