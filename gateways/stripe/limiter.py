"""Waits for a call's turn, so that Stripe never has a reason to refuse one."""

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from domain.errors import GatewayBusy
from gateways.stripe.shared_slots import SharedSlots
from gateways.stripe.slots import MICROSECONDS, Rates, Slots, Turn

#: Seconds that a call waits for its turn at most. Beyond, its work is better off in its queue, where what is urgent can
#: overtake it. Long enough for a hundred threads behind one endpoint of 25 calls a second.
PATIENCE: Final = 5.0
#: A limit above this is none of Stripe's. It is kept, by each process alone: asking Redis costs more than such a call.
_WORTH_SHARING: Final = 2000
#: Seconds after which Redis is tried again.
_AWAY: Final = 1.0
#: Seconds that Redis gets to answer; more, and it is away.
_ANSWER: Final = 0.5
#: Seconds of silence at most, whatever Stripe asks for.
LONGEST_PAUSE: Final = 60.0

Seconds = Callable[[], float]
Sleep = Callable[[float], None]


class Limiter(Protocol):
    """Gives turns. An endpoint is an address with a limit of its own, named by the operation that calls it.

    They are given in the order of asking, which is fair to deadlines as well: who asks has just been claimed as the
    most urgent of its queue (`models/work.py`), and whoever would have to let others go before for longer than its
    patience goes back there, where what is more urgent overtakes it.

    There is room for a `deadline` beside the endpoint: the less urgent a call, the shorter its patience.
    """

    def acquire(self, endpoint: str) -> None:
        """Return when it is this call's turn.

        Raises:
            GatewayBusy: that would take too long; `retry_after` tells how long.
        """

    def pause(self, seconds: float, endpoint: str = "") -> None:
        """Give no turn for a while, on one endpoint or on any: Stripe has asked for it."""


class LocalLimiter:
    """Turns for the threads of this process alone."""

    def __init__(
        self, rates: Rates, *, patience: float = PATIENCE, clock: Seconds = time.monotonic, sleep: Sleep = time.sleep
    ) -> None:
        self._slots = Slots(rates)
        self._lock = threading.Lock()
        self._patience = int(patience * MICROSECONDS)
        self._clock = clock
        self._sleep = sleep

    def acquire(self, endpoint: str) -> None:
        """Return when it is this call's turn."""
        await_turn(self.take(endpoint), endpoint, self._sleep)

    def take(self, endpoint: str) -> Turn:
        """Reserve a turn, without waiting for it."""
        with self._lock:
            return self._slots.take(endpoint, now=self._now(), patience=self._patience)

    def pause(self, seconds: float, endpoint: str = "") -> None:
        """Give no turn for a while."""
        with self._lock:
            self._slots.pause(self._now() + _micros(seconds), endpoint)

    def _now(self) -> int:
        return int(self._clock() * MICROSECONDS)


class SharedLimiter:
    """Turns for all processes, by Redis; while Redis is away, this process keeps to its own share.

    Turns that were given on both sides of a change may overlap for as long as a call's patience: when Redis goes away
    this process keeps still that long, so only its coming back can cost Stripe more than the rate, by one share.

    Args:
        redis: see `connect`.
        rates: per second, the same for all processes.
        processes: how many may call Stripe at the same time, at most.
        bucket: one name for each Stripe account.
        patience: seconds that a call waits at most.
        clock: seconds of this process, only used while Redis is away.
        sleep: waits.
    """

    def __init__(
        self,
        redis: "Redis",
        rates: Rates,
        *,
        processes: int,
        bucket: str = "gavelpay:stripe",
        patience: float = PATIENCE,
        clock: Seconds = time.monotonic,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._shared = SharedSlots(redis, rates, bucket=bucket)
        self._own = LocalLimiter(rates.share(processes), patience=patience, clock=clock, sleep=sleep)
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._away_until: float | None = None

    @property
    def alone(self) -> bool:
        """Whether Redis was away when it was last asked."""
        return self._away_until is not None

    def acquire(self, endpoint: str) -> None:
        """Return when it is this call's turn."""
        await_turn(self._turn(endpoint), endpoint, self._sleep)

    def pause(self, seconds: float, endpoint: str = "") -> None:
        """Give no turn for a while."""
        self._own.pause(seconds, endpoint)
        if self._reachable():
            try:
                self._shared.pause(_micros(seconds), endpoint)
            except RedisError:
                self._gone()

    def _turn(self, endpoint: str) -> Turn:
        if self._reachable():
            try:
                turn = self._shared.take(endpoint, patience=int(self._patience * MICROSECONDS))
            except RedisError:
                self._gone()
            else:
                self._away_until = None
                return turn
        return self._own.take(endpoint)

    def _reachable(self) -> bool:
        away_until = self._away_until
        return away_until is None or self._clock() >= away_until

    def _gone(self) -> None:
        with self._lock:
            if self._away_until is None:
                # Turns that Redis has given, here and elsewhere, are still to come.
                self._own.pause(self._patience + 1.0)
            self._away_until = self._clock() + _AWAY


def build_limiter(redis: "Redis", rates: Rates, *, processes: int, bucket: str = "gavelpay:stripe") -> Limiter:
    """The limiter for these rates: shared, unless they are so high that sharing costs more than it saves."""
    if rates.endpoint > _WORTH_SHARING:
        return LocalLimiter(rates.share(processes))
    capped = Rates(min(rates.total, _WORTH_SHARING), rates.per_endpoint)
    return SharedLimiter(redis, capped, processes=processes, bucket=bucket)


def connect(url: str, *, ca_file: str | None = None) -> "Redis":
    """A connection for the limiter: it gives up quickly, for a call to Stripe waits behind it."""
    tls = {"ssl_ca_certs": ca_file} if ca_file else {}
    return Redis.from_url(
        url, socket_timeout=_ANSWER, socket_connect_timeout=_ANSWER, retry=Retry(NoBackoff(), 1), **tls
    )


def await_turn(turn: Turn, endpoint: str, sleep: Sleep) -> None:
    """Wait for a turn, or raise `GatewayBusy` if there is none within one's patience."""
    seconds = turn.wait / MICROSECONDS
    if not turn.granted:
        raise GatewayBusy(f"Stripe's limit for {endpoint} is used up for {seconds:.1f} s", retry_after=seconds)
    if seconds > 0:
        sleep(seconds)


def _micros(seconds: float) -> int:
    return int(min(seconds, LONGEST_PAUSE) * MICROSECONDS)
