"""What every call to Stripe passes through: breaker, limiter, the call itself, and a word to whoever watches."""

import time
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random

from domain.errors import FaultSaved, GatewayBusy, GatewayFaulted, GatewayRefused, GatewayUnavailable, KeyReused
from gateways.stripe.breaker import Breaker
from gateways.stripe.failures import Contended, RateLimited
from gateways.stripe.limiter import Limiter

T = TypeVar("T")

#: Hears of every call that was made: operation, outcome (ok, refused, busy, faulted, unavailable), seconds it took.
ObserveCall = Callable[[str, str, float], None]

#: How often a call is made at most before its work goes back into its queue.
_TRIES: Final = 3
#: Seconds between them: a lock at Stripe is held for about one call.
_SHORTEST, _LONGEST = 0.2, 0.6
#: Seconds without calls after a refusal for their rate, where Stripe does not say.
_PAUSE: Final = 1.0


class Guard(Protocol):
    """Limits, times and breaks calls by operation."""

    def __call__(self, operation: str, call: Callable[[], T], /) -> T:
        """Make the call when its turn has come.

        Raises:
            GatewayBusy: Stripe is not being called now; nothing was done.
        """


def unguarded(_operation: str, call: Callable[[], T]) -> T:
    """Make the call at once: for tests of the adapter alone."""
    return call()


def unobserved(_operation: str, _outcome: str, _seconds: float) -> None:
    """Nobody watches."""


class StripeGuard:
    """Lets calls through when Stripe is well and their turn has come. It may be used from any thread.

    Only what another request is holding is asked for again at once, twice at most, each time with a turn of its own.
    Everything else is for the queue that the work came from.

    Args:
        limiter: gives turns; an operation is an endpoint.
        breaker: keeps calls away while Stripe fails.
        observe: hears of every call that was made; it must neither fail nor wait.
        clock: seconds, to measure calls by.
        sleep: waits between two tries.
    """

    def __init__(
        self,
        limiter: Limiter,
        breaker: Breaker,
        observe: ObserveCall = unobserved,
        *,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limiter = limiter
        self._breaker = breaker
        self._observe = observe
        self._clock = clock
        self._in_place = Retrying(
            retry=retry_if_exception(_is_over_soon),
            stop=stop_after_attempt(_TRIES),
            wait=wait_random(_SHORTEST, _LONGEST),
            sleep=sleep,
            reraise=True,
        )

    def __call__(self, operation: str, call: Callable[[], T]) -> T:
        """Make the call when its turn has come."""
        answer: T = self._in_place(self._once, operation, call)
        return answer

    def _once(self, operation: str, call: Callable[[], T]) -> T:
        admission = self._breaker.admit(operation)
        error: BaseException | None = None
        asked = False
        try:
            self._limiter.acquire(operation)
            asked = True
            return self._timed(operation, call)
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._breaker.report(admission, error, asked=asked)

    def _timed(self, operation: str, call: Callable[[], T]) -> T:
        begun = self._clock()
        try:
            answer = call()
        except (GatewayUnavailable, GatewayRefused) as error:
            self._observe(operation, _outcome(error), self._clock() - begun)
            if isinstance(error, RateLimited):
                self._slow_down(operation, error)
            raise
        self._observe(operation, "ok", self._clock() - begun)
        return answer

    def _slow_down(self, operation: str, error: RateLimited) -> None:
        """Somebody else uses this account too, or Stripe has less to give than it says."""
        seconds = _PAUSE if error.retry_after is None else error.retry_after
        self._limiter.pause(seconds, operation if error.one_endpoint else "")


def _is_over_soon(error: BaseException) -> bool:
    """Whether Stripe is likely to take this very call in a moment."""
    return isinstance(error, Contended) and (error.retry_after or 0.0) <= _SHORTEST


def _outcome(error: GatewayUnavailable | GatewayRefused) -> str:
    match error:
        case GatewayRefused() | KeyReused():
            return "refused"
        case GatewayBusy():
            return "busy"
        case GatewayFaulted() | FaultSaved():
            return "faulted"
        case _:
            return "unavailable"
