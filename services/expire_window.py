"""Close payment windows that have run out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from domain.clock import Clock
from domain.closing import close_window, request_closing
from domain.errors import IllegalTransition, NotFound
from domain.lifecycle import EXPIRED, Trigger, permits
from domain.payment import Payment
from domain.session import PaymentSession
from domain.windows import to_close_first
from models.parts import ENDING, Extent, Overtaken
from models.unit_of_work import Begin
from models.waiting import WINDOWS

_BATCH: Final = 500

_DUE: Final = f"{WINDOWS.is_free} ORDER BY r.window_expires_at"


@dataclass(frozen=True, slots=True)
class ExpireWindows:
    """Close every window that ended longer than a short grace ago. Any number of sweeps may run at once.

    Where Stripe's own end has passed, nothing more can be paid: the session expires at once. Where its object could
    outlive the window, Stripe is asked to close it first, so that a payment in its last second is not turned away.
    """

    begin: Begin
    #: What a payment made in time may take to reach us.
    grace: timedelta
    now: Clock

    def __call__(self, limit: int = _BATCH) -> int:
        """Close one batch; returns how many windows it moved."""
        try:
            return self._sweep(limit, ENDING)
        except Overtaken:
            return self._sweep(limit, ENDING.locking)

    def _sweep(self, limit: int, extent: Extent) -> int:
        now, moved = self.now(), 0
        with self.begin() as uow:
            for payment in uow.payments.lock_due(_DUE, limit, extent=extent, now=now, grace=self.grace):
                moved += self._end(payment, now)
        return moved

    def _end(self, payment: Payment, now: datetime) -> bool:
        payment.session.updated_at = now
        first = to_close_first(payment, now)
        for attempt in first:
            request_closing(attempt, now)
        return bool(first) or close_window(payment, Trigger.WINDOW_ELAPSED, "window_elapsed", now)


@dataclass(frozen=True, slots=True)
class CloseByRequest:
    """Close a window before its end, because the auction or an admin asks for it. Safe to repeat."""

    begin: Begin
    now: Clock

    def __call__(self, session_id: UUID, actor: str) -> PaymentSession:
        """Close it: `expired` with reason `closed_by_request`; the lot is reopened.

        Raises:
            NotFound: there is no such payment.
            IllegalTransition: it is paid, canceled, or money is on its way.
        """
        with self.begin() as uow:
            payment = uow.payments.lock_one(session_id)
            if payment is None:
                raise NotFound("there is no such payment")
            status = payment.session.status
            if not permits(status, Trigger.CLOSED_BY_REQUEST):
                raise IllegalTransition(f"the payment is {status}; it cannot be closed")
            if status is not EXPIRED:
                now = self.now()
                payment.session.updated_at = now
                close_window(payment, Trigger.CLOSED_BY_REQUEST, "closed_by_request", now, actor)
        return payment.session
