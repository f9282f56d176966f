"""The breaker: opens when an operation fails, asks with care whether it is well again, and leaves the others alone."""

import threading
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import FaultSaved, GatewayBusy, GatewayFaulted, GatewayRefused, GatewayUnavailable, KeyReused
from gateways.stripe.breaker import Breaker
from gateways.stripe.circuit import Circuit, Pass, Rules
from gateways.stripe.failures import Contended, RateLimited, Unreachable

RULES = Rules(window=10, minimum=4, share=0.5, rest=5, probes=2, probe_limit=60)
FAULT = GatewayFaulted("500")
SILENCE = GatewayUnavailable("timeout")
CUT = Unreachable("no route")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(RULES, clock=clock)


def call(breaker: Breaker, operation: str, error: Exception | None = None) -> None:
    breaker.report(breaker.admit(operation), error)


def held(breaker: Breaker, operation: str) -> float:
    """Seconds for which an operation is held back."""
    with pytest.raises(GatewayBusy) as busy:
        breaker.admit(operation)
    assert busy.value.retry_after is not None
    return busy.value.retry_after


@pytest.mark.parametrize("error", [FAULT, SILENCE])
def test_one_sick_operation_does_not_stop_the_others(breaker: Breaker, error: Exception) -> None:
    for _ in range(4):
        call(breaker, "create", error)
    assert held(breaker, "create") == 5.0
    for _ in range(20):
        call(breaker, "refund")
    assert breaker.open_circuits == ("create",)


def test_a_stripe_that_cannot_be_reached_stops_all(breaker: Breaker) -> None:
    for operation in ("create", "refund", "create", "list"):
        call(breaker, operation, CUT)
    assert held(breaker, "never called before") == 5.0
    assert breaker.open_circuits == ("*",)


@pytest.mark.parametrize(
    "error",
    [
        GatewayRefused("no"),
        KeyReused("the key was used before"),
        FaultSaved("an error of before"),
        GatewayBusy("key"),
        Contended("lock"),
        RateLimited("429", retry_after=1, one_endpoint=False),
        KeyError("a mistake of ours"),
        KeyboardInterrupt(),
    ],
)
def test_an_answer_is_no_failure_whatever_it_says(breaker: Breaker, error: Exception) -> None:
    for _ in range(50):
        call(breaker, "create", error)
    assert breaker.open_circuits == ()


def test_a_few_failures_among_many_calls_are_nothing(breaker: Breaker) -> None:
    for place in range(60):
        call(breaker, "create", FAULT if place % 3 == 2 else None)
    assert breaker.open_circuits == ()


def test_a_few_failures_in_a_quiet_night_are_nothing(breaker: Breaker, clock: Clock) -> None:
    for _ in range(50):
        call(breaker, "create", FAULT)
        clock.now += 4
    assert breaker.open_circuits == ()


def test_it_closes_after_enough_probes_one_at_a_time(breaker: Breaker, clock: Clock) -> None:
    for _ in range(4):
        call(breaker, "create", FAULT)
    clock.now += 5
    probe = breaker.admit("create")
    assert held(breaker, "create") == 1.0
    breaker.report(probe, None)
    call(breaker, "create")
    assert breaker.open_circuits == ()
    call(breaker, "create", FAULT)
    assert breaker.open_circuits == ()


def test_a_probe_that_fails_is_another_rest(breaker: Breaker, clock: Clock) -> None:
    for _ in range(4):
        call(breaker, "create", FAULT)
    clock.now += 5
    call(breaker, "create")
    call(breaker, "create", FAULT)
    clock.now += 4
    assert held(breaker, "create") == pytest.approx(1.0)
    clock.now += 1
    for _ in range(2):
        call(breaker, "create")
    assert breaker.open_circuits == ()


def test_a_probe_that_was_not_made_lets_the_next_one_pass(breaker: Breaker, clock: Clock) -> None:
    for _ in range(4):
        call(breaker, "create", FAULT)
    clock.now += 5
    breaker.report(breaker.admit("create"), GatewayBusy("no turn"), asked=False)
    call(breaker, "create", GatewayBusy("429"))
    assert breaker.open_circuits == ("create",)
    for _ in range(2):
        call(breaker, "create")
    assert breaker.open_circuits == ()


def test_a_probe_never_heard_of_again_is_forgotten(breaker: Breaker, clock: Clock) -> None:
    for _ in range(4):
        call(breaker, "create", FAULT)
    clock.now += 5
    lost = breaker.admit("create")
    clock.now += 60
    probe = breaker.admit("create")
    breaker.report(lost, FAULT)
    breaker.report(probe, None)
    call(breaker, "create")
    assert breaker.open_circuits == ()


def test_calls_from_before_it_opened_say_nothing_about_now(breaker: Breaker, clock: Clock) -> None:
    slow = [breaker.admit("create") for _ in range(10)]
    for _ in range(4):
        call(breaker, "create", FAULT)
    clock.now += 5
    probe = breaker.admit("create")
    for one in slow:
        breaker.report(one, FAULT)
    breaker.report(probe, None)
    call(breaker, "create")
    assert breaker.open_circuits == ()


def test_threads_get_one_probe_together(breaker: Breaker, clock: Clock) -> None:
    for _ in range(4):
        call(breaker, "create", FAULT)
    clock.now += 5
    gate, admitted = threading.Barrier(8), []

    def ask() -> None:
        gate.wait()
        try:
            admitted.append(breaker.admit("create"))
        except GatewayBusy:
            return

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == 1


outcomes = st.sampled_from([True, False, None])
steps = st.lists(st.tuples(st.sampled_from(["call", "enter", "leave"]), outcomes, st.floats(0, 6)), max_size=120)


@given(steps)
def test_whatever_happens_it_never_admits_two_probes_and_never_stays_shut(
    steps: list[tuple[str, bool | None, float]],
) -> None:
    circuit, now = Circuit(RULES), 0.0
    out: deque[Pass] = deque()
    probes: deque[tuple[Pass, float]] = deque()
    for step, ok, pause in steps:
        now += pause
        if step == "leave" and out:
            given_pass = out.popleft()
            circuit.leave(given_pass, now, ok=ok)
            probes = deque(one for one in probes if one[0] is not given_pass)
        elif step != "leave" and circuit.held_for(now) == 0:
            entered = circuit.enter(now)
            assert entered.probe is not circuit.closed
            if entered.probe:
                assert all(now - since >= RULES.probe_limit for _, since in probes)
                probes.append((entered, now))
            out.append(entered)
            if step == "call":
                circuit.leave(out.pop(), now, ok=ok)
                probes = deque(one for one in probes if one[0] is not entered)
    for _ in range(RULES.probes):
        now += RULES.rest + RULES.probe_limit
        assert circuit.held_for(now) == 0
        circuit.leave(circuit.enter(now), now, ok=True)
    assert circuit.closed


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 3)), max_size=100))
def test_it_opens_exactly_when_the_window_holds_too_many_failures(calls: list[tuple[bool, float]]) -> None:
    circuit, now, seen = Circuit(RULES), 0.0, []
    for ok, pause in calls:
        now += pause
        seen.append((now, ok))
        circuit.leave(circuit.enter(now), now, ok=ok)
        surely = [one for at, one in seen if at > now - 9]
        perhaps = [one for at, one in seen if at > now - 10]
        if not circuit.closed:
            assert perhaps.count(False) >= 2
            assert len(perhaps) >= RULES.minimum
            return
        if not ok and len(surely) == len(perhaps):
            assert len(surely) < RULES.minimum or surely.count(False) < len(surely) / 2
