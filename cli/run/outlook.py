"""What happens next with a payment, and how much time is left: one line of plain words."""

from datetime import datetime
from typing import Final

from cli.run.standing import Standing
from domain.lifecycle import UNPAID, Status

_MINUTE: Final = 60
_HOUR: Final = 3600


def outlook(payment: Standing, now: datetime) -> str:
    """The next thing that happens if nobody does anything."""
    if payment.refund_open:
        return "Money is going back to the buyer"
    if payment.status in UNPAID:
        return _unpaid(payment, now)
    if payment.status == Status.PROCESSING:
        return "Stripe is checking with the buyer's bank"
    return "The auction service is being told" if payment.untold else _done(payment)


def _unpaid(payment: Standing, now: datetime) -> str:
    if payment.window_ends <= now:
        return "Time is over: Stripe is being asked whether money is on its way"
    if payment.next_retry_at is not None:
        return f"A fresh checkout opens in {duration((payment.next_retry_at - now).total_seconds())}"
    if payment.status == Status.FAILED:
        return "The buyer may try another card"
    return "Waits for the buyer" if payment.window_begun else "The checkout is being opened"


def _done(payment: Standing) -> str:
    if payment.status == Status.COMPLETED:
        return "Done: all of it was refunded" if payment.fully_refunded else "Done: sold"
    if payment.refunded:
        return "Done: late money went back, the lot was reopened"
    return "Done: the lot was reopened"


def time_left(payment: Standing, now: datetime) -> str:
    """How much of the time to pay is left; empty where that no longer matters."""
    if payment.over or payment.status == Status.PROCESSING or not payment.window_begun:
        return ""
    return duration((payment.window_ends - now).total_seconds())


def duration(seconds: float) -> str:
    """Seconds below ten minutes, minutes below a day: `28 s`, `4 min 54 s`, `23 h 41 min`."""
    whole = max(0, round(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < 10 * _MINUTE:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
