"""The queues as operators know them: what each is for, and what stands still while it is paused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.errors import ActRefused

#: The queue whose messages are more than bells: they are in the broker before they are rows.
INTAKE: Final = "payment_required"
#: Nobody means to stand still for longer, and forgets it.
LONGEST_PAUSE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """One queue."""

    name: str
    #: What its workers do.
    does: str
    #: What does not happen while it is paused.
    stops: str
    #: Whether windows that end meanwhile may end wrongly.
    is_risky: bool = False


_LISTED: Final = (
    QueueFacts(
        INTAKE,
        "takes new payments from auctions",
        "No new payment begins. Messages of auctions wait in the broker; buyers get no link until it is resumed.",
        is_risky=True,
    ),
    QueueFacts(
        "checkouts",
        "opens and closes checkouts at Stripe",
        "Workers open no checkout and close none. Buyers wait for their link while their window runs, and a checkout "
        "whose window is over can still be paid. What the API is asked to open is opened as before.",
        is_risky=True,
    ),
    QueueFacts(
        "events",
        "records what webhooks tell",
        "Webhooks are stored, and nothing is made of them: paid lots look unpaid, declined ones get no retry, and a "
        "window may end although its money is there.",
        is_risky=True,
    ),
    QueueFacts(
        "windows",
        "closes the windows that have run out",
        "Windows that end stay open: their lots are not reopened, and buyers can still pay.",
        is_risky=True,
    ),
    QueueFacts(
        "retries",
        "opens the next attempt when it is due",
        "Declined payments get no new attempt while their window runs.",
        is_risky=True,
    ),
    QueueFacts("refunds", "sends money back", "No refund is sent. Buyers wait for their money."),
    QueueFacts(
        "tell_auction",
        "tells the auction service",
        "The auction service hears of nothing: not that a lot is paid, nor that it must be reopened.",
    ),
    QueueFacts("tell_order", "tells the order service", "The order service hears of nothing: paid lots are not made."),
    QueueFacts(
        "tell_queue", "puts events on the queue of the house", "Nobody who listens to the queue hears of anything."
    ),
    QueueFacts("notices", "sends mails and text messages", "No link, reminder or receipt is mailed."),
    QueueFacts("receipts", "numbers, prints and stores receipts", "No receipt or credit note is issued."),
    QueueFacts(
        "lookups",
        "asks Stripe for what is past due",
        "What Stripe should have told and has not is not looked up.",
    ),
    QueueFacts("event_list", "finds webhooks that got lost", "A webhook that got lost stays lost meanwhile."),
    QueueFacts("money", "compares our books with those of Stripe", "Differences are not found, and fees not recorded."),
    QueueFacts("upkeep", "lets go of what is old", "Nothing old is let go of, and no room made for months to come."),
    QueueFacts("mirror", "mends the windows in Redis", "What Redis shows of windows may grow stale."),
)
#: All queues, those first where standing still hurts most.
QUEUES: Final[Mapping[str, QueueFacts]] = {one.name: one for one in _LISTED}


@dataclass(slots=True)
class Pause:
    """A queue from which nothing is taken. Its fields are the columns of `queue_pauses`."""

    queue: str
    paused_at: datetime
    paused_by: str
    reason: str
    #: When it ends by itself; None: when a person resumes it.
    until: datetime | None = None

    def lasts(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.until is None or self.until > now


def begin_pause(queue: str, by: str, reason: str, until: datetime | None, now: datetime) -> Pause:
    """A pause from now on.

    Raises:
        ActRefused: there is no such queue, or its end is over already, or too far away.
    """
    if queue not in QUEUES:
        raise ActRefused("unknown_queue", f"there is no queue {queue}; there are {', '.join(QUEUES)}")
    if until is not None and until <= now:
        raise ActRefused("already_over", "a pause must end in the future")
    if until is not None and until - now > LONGEST_PAUSE:
        raise ActRefused("too_long", f"a pause with an end lasts {LONGEST_PAUSE.days} days at most")
    return Pause(queue, now, by, reason, until)
