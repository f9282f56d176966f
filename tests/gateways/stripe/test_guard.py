"""The guard: breaker, limiter, call, observation; and which calls are made again at once."""

import time
from collections.abc import Callable

import pytest

from domain.errors import FaultSaved, GatewayBusy, GatewayFaulted, GatewayRefused, GatewayUnavailable
from gateways.stripe.breaker import Breaker
from gateways.stripe.circuit import Rules
from gateways.stripe.failures import Contended, RateLimited
from gateways.stripe.guard import StripeGuard, unguarded, unobserved
from gateways.stripe.limiter import LocalLimiter
from gateways.stripe.slots import Rates


class Turns:
    """A limiter that remembers what it was asked, and can be told to have no turn."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.paused: list[tuple[float, str]] = []
        self.full = False

    def acquire(self, endpoint: str) -> None:
        self.asked.append(endpoint)
        if self.full:
            raise GatewayBusy("no turn", retry_after=3.0)

    def pause(self, seconds: float, endpoint: str = "") -> None:
        self.paused.append((seconds, endpoint))


class Watched:
    """A guard with all that surrounds it in view."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.breaker = Breaker(Rules(minimum=3), clock=lambda: 0.0)
        self.seen: list[tuple[str, str, float]] = []
        self.slept: list[float] = []
        self.time = 0.0
        self.guard = StripeGuard(
            self.turns,
            self.breaker,
            lambda *call: self.seen.append(call),
            clock=lambda: self.time,
            sleep=self.slept.append,
        )

    def answers(self, *outcomes: object) -> Callable[[], object]:
        """A call that takes two seconds, and gives or raises these in turn."""
        left = list(outcomes)

        def call() -> object:
            self.time += 2.0
            outcome = left.pop(0)
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        return call


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_call_has_its_turn_and_is_observed(watched: Watched) -> None:
    assert watched.guard("checkout.create", watched.answers("cs_1")) == "cs_1"
    assert watched.turns.asked == ["checkout.create"]
    assert watched.seen == [("checkout.create", "ok", 2.0)]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (GatewayRefused("no"), "refused"),
        (GatewayBusy("key"), "busy"),
        (GatewayFaulted("500"), "faulted"),
        (FaultSaved("500, again"), "faulted"),
        (GatewayUnavailable("timeout"), "unavailable"),
    ],
)
def test_an_error_is_observed_and_not_asked_for_again(watched: Watched, error: Exception, outcome: str) -> None:
    with pytest.raises(type(error)) as raised:
        watched.guard("refund.create", watched.answers(error))
    assert raised.value is error
    assert watched.seen == [("refund.create", outcome, 2.0)]
    assert watched.slept == []


def test_what_another_request_holds_is_asked_for_again_twice_each_in_its_turn(watched: Watched) -> None:
    held = Contended("lock_timeout")
    assert watched.guard("checkout.expire", watched.answers(held, held, "done")) == "done"
    assert watched.turns.asked == ["checkout.expire"] * 3
    assert [outcome for _, outcome, _ in watched.seen] == ["busy", "busy", "ok"]
    assert len(watched.slept) == 2
    with pytest.raises(Contended):
        watched.guard("checkout.expire", watched.answers(held, held, held, "never"))
    assert len(watched.turns.asked) == 6


def test_what_is_held_for_long_goes_back_to_its_queue(watched: Watched) -> None:
    with pytest.raises(Contended):
        watched.guard("checkout.expire", watched.answers(Contended("lock_timeout", retry_after=30.0)))
    assert watched.slept == []


@pytest.mark.parametrize(
    ("retry_after", "one_endpoint", "paused"),
    [(7.0, False, (7.0, "")), (None, False, (1.0, "")), (2.0, True, (2.0, "checkout.create"))],
)
def test_a_refusal_for_the_rate_slows_all_callers_down(
    watched: Watched, retry_after: float | None, paused: tuple[float, str], *, one_endpoint: bool
) -> None:
    refused = RateLimited("429", retry_after=retry_after, one_endpoint=one_endpoint)
    with pytest.raises(RateLimited):
        watched.guard("checkout.create", watched.answers(refused))
    assert watched.turns.paused == [paused]
    assert watched.breaker.open_circuits == ()


def test_a_failing_operation_is_held_back_before_it_takes_a_turn(watched: Watched) -> None:
    for _ in range(3):
        with pytest.raises(GatewayFaulted):
            watched.guard("checkout.create", watched.answers(GatewayFaulted("500")))
    with pytest.raises(GatewayBusy, match="held back") as busy:
        watched.guard("checkout.create", watched.answers("never"))
    assert busy.value.retry_after == 5.0
    assert len(watched.turns.asked) == len(watched.seen) == 3
    assert watched.guard("refund.create", watched.answers("re_1")) == "re_1"


def test_a_call_without_a_turn_is_not_made_and_blames_nobody(watched: Watched) -> None:
    watched.turns.full = True
    for _ in range(10):
        with pytest.raises(GatewayBusy, match="no turn"):
            watched.guard("checkout.create", watched.answers())
    assert watched.seen == []
    assert watched.breaker.open_circuits == ()


@pytest.mark.parametrize("error", [KeyError("a mistake of ours"), KeyboardInterrupt()])
def test_what_is_no_answer_passes_through(watched: Watched, error: BaseException) -> None:
    for _ in range(5):
        with pytest.raises(type(error)):
            watched.guard("checkout.create", watched.answers(error))
    assert watched.breaker.open_circuits == ()


def test_it_works_with_real_clocks_and_nobody_watching() -> None:
    guard = StripeGuard(LocalLimiter(Rates(100, 100)), Breaker())
    begun = time.monotonic()
    assert [guard("a", lambda: 1) for _ in range(11)] == [1] * 11
    assert time.monotonic() - begun >= 0.09
    unobserved("a", "ok", 1.0)
    assert unguarded("a", lambda: 2) == 2
