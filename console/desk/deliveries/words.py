"""How endpoints, deliveries and notices stand, in words and badges."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from console.desk.standing import Badge
from domain.endpoint import Endpoint
from domain.notice import NoticeStatus
from services.manage_endpoints import Standing

STATES: Final = {
    "waiting": Badge("wait", "i-pending", "Waiting"),
    "sent": Badge("good", "i-completed", "Received"),
    "given_up": Badge("bad", "i-dead", "Given up"),
    "dropped": Badge("end", "i-canceled", "Dropped"),
}
NOTICES: Final = {
    NoticeStatus.QUEUED: Badge("wait", "i-pending", "Queued"),
    NoticeStatus.SENT: Badge("good", "i-completed", "Sent"),
    NoticeStatus.REFUSED: Badge("bad", "i-failed", "Refused"),
    NoticeStatus.GIVEN_UP: Badge("bad", "i-dead", "Given up"),
    NoticeStatus.DROPPED: Badge("end", "i-canceled", "Not needed"),
}
#: What notices say.
SAYS: Final = {
    "payment_required": "Please pay",
    "reminder": "Time is running out",
    "payment_failed": "Your bank declined",
    "payment_received": "Paid, with the receipt",
    "lot_paid": "The lot is paid",
    "window_extended": "You have more time",
    "window_expired": "The time is over",
    "lot_not_paid": "The lot is free again",
    "refunded": "Money is on its way back",
}
CHANNELS: Final = {"email": "E-mail", "sms": "Text message", "topic": "Topic"}


def badge(endpoint: Endpoint, now: datetime, *, told: bool = True) -> Badge:
    """How an endpoint stands; `told`: whether anything is meant for it."""
    if not told:
        return Badge("end", "i-offline", "Not set up")
    if endpoint.paused_at is not None:
        return Badge("warn", "i-pause", "Paused")
    resting = endpoint.rests_until is not None and endpoint.rests_until > now
    if endpoint.is_failing:
        return Badge("bad", "i-failed", "Backing off" if resting else "One probe at a time")
    if resting:
        return Badge("warn", "i-timer", "Rests, as it asked")
    return Badge("good", "i-completed", "Open")


def headline(standings: Sequence[Standing]) -> str:
    """The answer to the page's question."""
    failing = [one for one in standings if one.endpoint.state == "failing"]
    paused = [one for one in standings if one.endpoint.state == "paused"]
    behind = sum(one.waiting for one in standings)
    if failing:
        names = _listed([one.endpoint.name for one in failing])
        return f"{names} {'does' if len(failing) == 1 else 'do'} not answer; {_events(behind)}."
    if paused:
        names = _listed([one.endpoint.name for one in paused])
        return f"{names} {'is' if len(paused) == 1 else 'are'} paused; {_events(behind)}."
    return f"Every service answers; {_events(behind)}." if behind else "Every service knows all there is to know."


def _listed(names: Sequence[str]) -> str:
    said = [f"the {name} service" if name != "queue" else "the queue" for name in names]
    text = " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
    return text[:1].upper() + text[1:]


def _events(count: int) -> str:
    return "nothing waits" if not count else "1 event waits" if count == 1 else f"{count:,} events wait"
