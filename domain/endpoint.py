"""The health of whoever is told of outgoing events: when to send, when to rest, when to stop until a person says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from domain import bells
from domain.errors import ActRefused

#: Who may be told. The queue is told everything; the others what their services asked for.
AUCTION: Final = "auction"
ORDER: Final = "order"
QUEUE: Final = "queue"
#: The bell that rings for what is due to each.
BELL_OF: Final[Mapping[str, str]] = {
    AUCTION: bells.TELL_AUCTION,
    ORDER: bells.TELL_ORDER,
    QUEUE: bells.TELL_QUEUE,
}
ENDPOINTS: Final = tuple(BELL_OF)

#: Exchanges that one endpoint has at the same time, over all workers: what a service of a few threads bears.
BUDGET: Final = 16
#: Failures in a row after which it is asked by one probe at a time. An endpoint that drops every other call stays open.
FAILURES: Final = 5
#: A delivery that fails again and again may be what the endpoint stumbles over: only its first tries are held against
#: the endpoint, so that one sick auction does not close it to the others.
_TELLING_TRIES: Final = 2
#: Between two probes passes a quarter of the time that the outage has lasted, within these seconds.
_SHORTEST_REST: Final = 1.0
_LONGEST_REST: Final = 60.0
#: A receiver that asks for a longer rest than that does not know what it asks for.
_LONGEST_ASKED: Final = 3600.0


@dataclass(slots=True)
class Endpoint:
    """How an endpoint stands, the same for all workers. Its fields are the columns of `endpoints`."""

    name: str
    #: Failures since it last received anything.
    failures: int = 0
    failing_since: datetime | None = None
    #: Nothing is sent before then.
    rests_until: datetime | None = None
    last_error: str | None = None
    last_received_at: datetime | None = None
    #: Since when nothing is sent until a person resumes it.
    paused_at: datetime | None = None
    paused_by: str | None = None
    pause_reason: str | None = None

    @property
    def state(self) -> str:
        """In one word: `healthy`, `failing` (asked by one probe at a time), `paused`."""
        if self.paused_at is not None:
            return "paused"
        return "failing" if self.is_failing else "healthy"

    @property
    def is_failing(self) -> bool:
        """Whether it is asked by one probe at a time."""
        return self.failures >= FAILURES

    def room(self, now: datetime, under_way: int) -> int:
        """How many more exchanges may begin now, while so many are under way."""
        if self.paused_at is not None or (self.rests_until is not None and self.rests_until > now):
            return 0
        return max(0, (1 if self.is_failing else BUDGET) - under_way)

    def has_failed_since(self, then: datetime) -> bool:
        """Whether it has received nothing since then, although it was asked, and nobody has paused it."""
        if self.paused_at is not None or self.failing_since is None:
            return False
        return self.is_failing and self.failing_since <= then

    def received(self, now: datetime) -> bool:
        """It has received something; answers whether that ends an outage."""
        recovered = self.is_failing
        self.failures, self.failing_since, self.rests_until = 0, None, None
        self.last_error, self.last_received_at = None, now
        return recovered

    def failed(self, error: str, tries: int, now: datetime, rng: Random) -> None:
        """It has not received a delivery that was tried so often."""
        self.last_error = error
        if self.is_failing or tries <= _TELLING_TRIES:
            self.failures += 1
            self.failing_since = self.failing_since or now
        if self.is_failing and self.failing_since is not None:
            lasted = (now - self.failing_since).total_seconds()
            rest = min(max(lasted / 4, _SHORTEST_REST), _LONGEST_REST)
            self._rest(now, rest * (0.75 + rng.random() / 2))

    def asked_for_rest(self, error: str, seconds: float, now: datetime) -> None:
        """It answers that it can take no more for so long. That is no failure."""
        self.last_error = error
        self._rest(now, min(max(seconds, _SHORTEST_REST), _LONGEST_ASKED))

    def pause(self, by: str, reason: str, now: datetime) -> None:
        """Send nothing until a person resumes it.

        Raises:
            ActRefused: it is paused already.
        """
        if self.paused_at is not None:
            raise ActRefused("already_paused", f"it is paused already, by {self.paused_by}: {self.pause_reason}")
        self.paused_at, self.paused_by, self.pause_reason = now, by, reason

    def resume(self) -> None:
        """Send again, as if it had never failed.

        Raises:
            ActRefused: it is not paused.
        """
        if self.paused_at is None:
            raise ActRefused("not_paused", "it is not paused")
        self.paused_at = self.paused_by = self.pause_reason = None
        self.failures, self.failing_since, self.rests_until = 0, None, None

    def _rest(self, now: datetime, seconds: float) -> None:
        until = now + timedelta(seconds=seconds)
        self.rests_until = until if self.rests_until is None else max(until, self.rests_until)
