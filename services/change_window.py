"""Operators change a window: give more time, or end it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domain import windows
from domain.clock import Clock
from domain.closing import close_window
from domain.errors import IllegalTransition, NotFound, OfferRefused
from domain.lifecycle import CANCELED, Trigger, permits
from domain.policies import Policy
from domain.retries import replan
from domain.session import PaymentSession
from models.unit_of_work import Begin


@dataclass(frozen=True, slots=True)
class ExtendWindow:
    """Give a buyer more time, within the policy's maximum and the maker's own."""

    begin: Begin
    policies: Mapping[str, Policy]
    now: Clock

    def __call__(self, session_id: UUID, by: timedelta, reason: str, actor: str) -> PaymentSession:
        """Move the window's end. Where the Stripe object cannot last, a fresh one follows it.

        Raises:
            NotFound: there is no such payment.
            OfferRefused: it may not be extended so; `code` is why. The refusal is audited.
        """
        refusal: OfferRefused | None = None
        with self.begin() as uow:
            payment = uow.payments.lock_one(session_id)
            if payment is None:
                raise NotFound("there is no such payment")
            session, policy, now = payment.session, self.policies[payment.session.policy], self.now()
            asked = {"reason": reason, "minutes": round(by.total_seconds() / 60, 2)}
            before = session.window_expires_at.isoformat()
            try:
                windows.extend(session, policy, by, now)
            except OfferRefused as error:
                refusal = error
                payment.note("extension_refused", now, actor, **asked, why=error.code)
            else:
                session.updated_at = now
                replan(payment, policy, now)
                end = session.window_expires_at.isoformat()
                payment.note("window_extended", now, actor, **asked, before=before, after=end)
        if refusal is not None:
            raise refusal
        return session


@dataclass(frozen=True, slots=True)
class TerminateWindow:
    """End a window before its time: the payment is canceled and the lot is reopened. Safe to repeat."""

    begin: Begin
    now: Clock

    def __call__(self, session_id: UUID, reason: str, actor: str) -> PaymentSession:
        """Cancel it. Money that comes all the same goes back.

        Raises:
            NotFound: there is no such payment.
            IllegalTransition: it is paid or over, or money is on its way. The refusal is audited.
        """
        refused = False
        with self.begin() as uow:
            payment = uow.payments.lock_one(session_id)
            if payment is None:
                raise NotFound("there is no such payment")
            session, now = payment.session, self.now()
            if not permits(session.status, Trigger.TERMINATED):
                refused = True
                payment.note("termination_refused", now, actor, reason=reason, why=session.status)
            elif session.status is not CANCELED:
                session.updated_at = now
                close_window(payment, Trigger.TERMINATED, "terminated", now, actor, why=reason)
        if refused:
            raise IllegalTransition(f"the payment is {session.status}; it cannot be canceled")
        return session
