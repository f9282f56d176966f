"""Whether a notice is still true when it is to be sent. Minutes or days may lie between its cause and that."""

from datetime import datetime
from typing import Final
from uuid import UUID

from domain.lifecycle import CANCELED, COMPLETED, EXPIRED, FINAL, PROCESSING
from domain.notice import Notice
from domain.notices import NoticeKind
from domain.payment import Payment
from domain.transaction import RefundStatus

#: What asks for money, or speaks of time to pay.
_ASKING: Final = frozenset(
    {
        NoticeKind.PAYMENT_REQUIRED,
        NoticeKind.REMINDER,
        NoticeKind.PAYMENT_FAILED,
        NoticeKind.WINDOW_EXTENDED,
    }
)
_OVER: Final = frozenset({NoticeKind.WINDOW_EXPIRED, NoticeKind.LOT_NOT_PAID})


def why_moot(payment: Payment, notice: Notice, now: datetime) -> str | None:
    """Why a notice is not to be sent any more, as a stable word; None while it is true."""
    session = payment.session
    if notice.kind in _ASKING:
        return _why_not_asked(payment, notice, now)
    if notice.kind in _OVER and session.status not in (EXPIRED, CANCELED):
        return "not_over"
    if notice.kind is NoticeKind.LOT_PAID and session.fully_refunded:
        return "sale_taken_back"
    if notice.kind is NoticeKind.REFUNDED and not _is_refunded(payment, notice):
        return "refund_failed"
    return None


def _why_not_asked(payment: Payment, notice: Notice, now: datetime) -> str | None:
    session = payment.session
    if session.status is COMPLETED:
        return "paid"
    if session.status in FINAL:
        return "over"
    if session.status is PROCESSING:
        return "payment_in_flight"
    if now >= session.window_expires_at:
        return "window_over"
    if notice.facts.get("window_version", session.window_version) != session.window_version:
        return "window_changed"
    return None


def _is_refunded(payment: Payment, notice: Notice) -> bool:
    wanted = UUID(str(notice.facts["refund"]))
    return any(one.id == wanted and one.status is RefundStatus.SUCCEEDED for one in payment.refunds)
