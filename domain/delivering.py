"""What becomes of one try to tell an endpoint of one event."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from domain.backoff import backoff
from domain.endpoint import Endpoint
from domain.errors import GatewayBusy, GatewayRefused, GavelpayError, ReceiverGone
from domain.messaging import Delivery

#: A weekend, and a Monday to mend what broke on it.
GIVE_UP: Final = timedelta(days=3)
#: A receiver that takes other events and calls this one wrong will hardly change its mind; those of the same auction
#: that wait behind it need not wait for three days.
GIVE_UP_REFUSED: Final = timedelta(hours=6)
#: Seconds between two tries at most. An endpoint that comes back is not kept waiting: see `woken`.
_LONGEST_WAIT: Final = 3600.0
_LONGEST_ERROR: Final = 300

SENT, WAITING, GIVEN_UP, DROPPED = "sent", "waiting", "given_up", "dropped"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided of a try: what to call it, and whether everything that waits for the endpoint is due now."""

    outcome: str
    recovered: bool = False


def rule(delivery: Delivery, failure: GavelpayError | None, endpoint: Endpoint, now: datetime, rng: Random) -> Ruling:
    """Decide, and write it into the delivery and the endpoint.

    Args:
        delivery: as it was claimed.
        failure: why it was not received; None: it was.
        endpoint: where it went.
        now: the time.
        rng: where jitter comes from.
    """
    if failure is None:
        delivery.status, delivery.last_error, delivery.finished_at = SENT, None, now
        return Ruling("sent", endpoint.received(now))
    error = str(failure)[:_LONGEST_ERROR]
    delivery.last_error = error
    asked = getattr(failure, "retry_after", None)
    if isinstance(failure, ReceiverGone):
        if endpoint.paused_at is None:
            endpoint.pause("system", error, now)
    elif isinstance(failure, GatewayBusy):
        endpoint.asked_for_rest(error, asked or 0.0, now)
    elif not isinstance(failure, GatewayRefused):
        endpoint.failed(error, delivery.tries, now, rng)
    if endpoint.paused_at is None and has_lasted(delivery, failure, endpoint, now):
        give_up(delivery, error, now)
        return Ruling("given_up")
    delivery.due_at = now + backoff(delivery.tries, rng, longest=_LONGEST_WAIT)
    return Ruling("refused")


def give_up(delivery: Delivery, error: str | None, now: datetime) -> None:
    """Try no more: it is a dead letter from now on, and releases what waits behind it."""
    delivery.status, delivery.last_error, delivery.finished_at = GIVEN_UP, error, now


def has_lasted(delivery: Delivery, failure: GavelpayError, endpoint: Endpoint, now: datetime) -> bool:
    """Whether it was tried for so long that it is given up."""
    waited = now - delivery.waiting_since
    if isinstance(failure, GatewayRefused):
        # Only where the endpoint takes others: a wrong secret makes it refuse them all, and is mended by a person.
        takes_others = endpoint.last_received_at is not None and endpoint.last_received_at > delivery.waiting_since
        return waited >= (GIVE_UP_REFUSED if takes_others else GIVE_UP)
    return waited >= GIVE_UP
