"""The limiter: never above the rate over any second, in the order of asking, and without Redis too."""

import subprocess
import sys
import textwrap
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from domain.errors import GatewayBusy
from gateways.stripe.limiter import LocalLimiter, SharedLimiter, build_limiter, connect
from gateways.stripe.shared_slots import HORIZON_SECONDS, SharedSlots
from gateways.stripe.slots import MICROSECONDS, Rates, Slots
from sandbox.embedded import ValkeyServer
from sandbox.embedded.ports import free_port

SECOND = MICROSECONDS
FOREVER = 60 * SECOND
START = 1_800_000_000 * SECOND + 123_456


class Clock:
    """Stands still until it is moved, or slept on."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with connect(redis_url) as redis:
        yield redis


def most_in_any(length: int, times: list[int]) -> int:
    """The most calls in any half-open stretch of this length."""
    times, first, most = sorted(times), 0, 0
    for last, moment in enumerate(times):
        while moment - times[first] >= length:
            first += 1
        most = max(most, last - first + 1)
    return most


def length_of(gap: int, rates: Rates) -> int:
    """Hundredths of a slot in microseconds."""
    return gap * rates.period * SECOND // rates.total // 100


a_few = st.integers(1, 6)
rates = st.builds(Rates, a_few | st.integers(1, 120), a_few | st.integers(1, 60), st.integers(1, 3))
#: Callers come at once, at the pace of their turns, in bursts, or after a rest; in hundredths of a slot.
gaps = st.one_of(st.just(0), st.integers(0, 150), st.integers(0, 20_000))
arrivals = st.lists(st.tuples(gaps, st.sampled_from("aab")), min_size=1, max_size=200)


@settings(max_examples=300)
@given(rates, arrivals, st.integers(0, 5 * SECOND))
def test_no_second_has_more_calls_than_the_rate_in_all_or_on_one_endpoint(
    rates: Rates, arrivals: list[tuple[int, str]], patience: int
) -> None:
    slots, now = Slots(rates), START
    given_turns: dict[str, list[int]] = defaultdict(list)
    for gap, endpoint in arrivals:
        now += length_of(gap, rates)
        turn = slots.take(endpoint, now=now, patience=patience)
        assert turn.wait >= 0
        assert turn.granted == (turn.wait <= patience)
        if turn.granted:
            given_turns[endpoint].append(now + turn.wait)
    length = rates.period * SECOND
    assert most_in_any(length, [one for times in given_turns.values() for one in times]) <= rates.total
    for times in given_turns.values():
        assert most_in_any(length, times) <= rates.endpoint
        assert times == sorted(times), "turns of one endpoint are given in the order of asking"


@given(rates, st.integers(0, SECOND))
def test_a_queue_gets_the_whole_rate(rates: Rates, offset: int) -> None:
    slots, now = Slots(rates), START + offset
    calls = 5 * rates.endpoint
    last = max(now + slots.take("a", now=now, patience=10**9).wait for _ in range(calls))
    assert last - now <= (5 + 1) * rates.period * SECOND


@given(arrivals, st.integers(1, 40))
def test_who_comes_alone_does_not_wait(arrivals: list[tuple[int, str]], rate: int) -> None:
    slots, now = Slots(Rates(rate, rate)), START
    for gap, endpoint in arrivals:
        now += gap + 2 * SECOND
        assert slots.take(endpoint, now=now, patience=0).wait == 0


def test_a_queue_on_one_endpoint_keeps_nobody_waiting_on_another() -> None:
    slots = Slots(Rates(total=100, per_endpoint=25))
    waits = [slots.take("create", now=START, patience=FOREVER).wait for _ in range(100)]
    assert waits[-1] > 3.9 * SECOND
    others = [slots.take("expire", now=START, patience=FOREVER).wait for _ in range(25)]
    assert others[-1] < 1.1 * SECOND
    assert slots.take("refund", now=START, patience=FOREVER).wait < 0.1 * SECOND


def test_what_would_wait_too_long_reserves_nothing() -> None:
    slots = Slots(Rates(2, 2))
    for _ in range(3):
        slots.take("a", now=START, patience=SECOND * 2)
    before = [slots.take("a", now=START, patience=100) for _ in range(10)]
    assert len(set(before)) == 1
    assert not before[0].granted


@given(rates, arrivals, st.integers(1, 3 * SECOND), st.sampled_from(["", "a"]))
def test_a_pause_silences_what_it_names_and_ends_without_a_burst(
    rates: Rates, arrivals: list[tuple[int, str]], pause: int, endpoint: str
) -> None:
    slots, now = Slots(rates), START
    slots.pause(START + pause, endpoint)
    times: list[int] = []
    for gap, asked in arrivals:
        now += length_of(gap, rates)
        turn = slots.take(asked, now=now, patience=10**9)
        times.append(now + turn.wait)
        if endpoint in ("", asked):
            assert times[-1] >= START + pause
    assert most_in_any(rates.period * SECOND, times) <= rates.total


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(Rates, st.integers(1, 120), st.integers(1, 60)),
    st.lists(st.tuples(gaps, st.sampled_from("aab"), st.booleans()), min_size=1, max_size=60),
    st.sampled_from([0, SECOND, FOREVER]),
)
def test_redis_gives_the_very_same_turns(
    redis: Redis, rates: Rates, arrivals: list[tuple[int, str, bool]], patience: int
) -> None:
    redis.flushdb()
    shared, alone, now = SharedSlots(redis, rates, bucket="test"), Slots(rates), START
    for gap, endpoint, pause in arrivals:
        now += length_of(gap, rates)
        if pause:
            shared.pause(2 * gap, endpoint, now=now)
            alone.pause(now + 2 * gap, endpoint)
        assert shared.take(endpoint, patience=patience, now=now) == alone.take(endpoint, now=now, patience=patience)


def test_threads_and_connections_never_get_the_same_turn(redis: Redis) -> None:
    shared = SharedSlots(redis, Rates(50, 50), bucket="test")
    granted: list[bool] = []

    def ask() -> None:
        granted.extend(shared.take("a", patience=FOREVER).granted for _ in range(40))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted == [True] * 320
    assert sum(redis.get(key).count(b"\x01") for key in redis.scan_iter("{test}:50:*")) == 320  # type: ignore[union-attr]


CALLER = """
    import sys, threading, time
    from gateways.stripe.limiter import SharedLimiter, connect
    from gateways.stripe.slots import Rates

    limiter = SharedLimiter(connect(sys.argv[1]), Rates(40, 40), processes=1, bucket="test")
    times = []
    def call():
        for _ in range(10):
            limiter.acquire("a")
            times.append(time.time())
    threads = [threading.Thread(target=call) for _ in range(3)]
    print("ready", flush=True)
    sys.stdin.readline()
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(*times)
"""


def test_processes_together_keep_to_one_rate(redis_url: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(CALLER), redis_url]
    callers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for caller in callers:
        assert caller.stdout is not None
        assert caller.stdout.readline() == "ready\n"
    # It counts from here: while they start, which takes as long as all of their calls, time alone would keep the rate.
    begun = time.time()
    for caller in callers:
        assert caller.stdin is not None
        caller.stdin.write("go\n")
        caller.stdin.flush()
    times = sorted(float(word) for caller in callers for word in caller.communicate(timeout=60)[0].split())
    assert len(times) == 60
    # A caller may be late, never early: the n-th call is not made before its slot.
    assert all(moment >= begun + (place - 1) / 40 for place, moment in enumerate(times))


def test_who_would_wait_too_long_is_told_when_to_come_back(redis: Redis) -> None:
    limiter = SharedLimiter(redis, Rates(1, 1), processes=1, bucket="test", patience=0.5)
    limiter.acquire("a")
    with pytest.raises(GatewayBusy, match="limit for a is used up") as busy:
        limiter.acquire("a")
    assert busy.value.retry_after is not None
    assert 0.5 < busy.value.retry_after <= 2.0


def test_a_clock_of_redis_that_was_set_back_stops_nobody(redis: Redis) -> None:
    shared = SharedSlots(redis, Rates(10, 10), bucket="test")
    hour = 3600 * SECOND
    for _ in range(5):
        shared.take("a", patience=FOREVER, now=START + hour)
    shared.pause(SECOND, now=START + hour)
    assert shared.take("a", patience=0, now=START).granted
    shared.pause(SECOND, now=START)
    assert shared.take("a", patience=FOREVER, now=START).wait >= SECOND


def test_nothing_stays_in_redis(redis: Redis) -> None:
    limiter = SharedLimiter(redis, Rates(10, 10), processes=1, bucket="test")
    limiter.acquire("a")
    limiter.pause(0.1, "a")
    lives = [redis.ttl(key) for key in redis.scan_iter("*")]
    assert len(lives) == 3
    assert all(0 < life <= HORIZON_SECONDS for life in lives)  # type: ignore[operator]


def test_without_redis_a_process_waits_and_then_keeps_to_its_share() -> None:
    clock = Clock()
    redis = connect(f"redis://127.0.0.1:{free_port()}/0")
    limiter = SharedLimiter(redis, Rates(20, 20), processes=4, patience=5, clock=clock, sleep=clock.sleep)
    with pytest.raises(GatewayBusy):
        limiter.acquire("a")  # Turns that Redis gave are still to come.
    assert limiter.alone
    clock.now += 2
    begun = clock.now
    times = []
    for _ in range(50):
        limiter.acquire("a")
        times.append(int(clock.now * SECOND))
    assert times[0] >= (begun + 4 - 0.1) * SECOND
    assert most_in_any(SECOND - 10, times) <= 5
    limiter.pause(30)
    with pytest.raises(GatewayBusy):
        limiter.acquire("a")


def test_when_redis_comes_back_so_does_the_whole_rate(tmp_path: Path) -> None:
    port = free_port()
    clock = Clock()
    with ValkeyServer(tmp_path, port) as server:
        redis = connect(server.url)
        limiter = SharedLimiter(redis, Rates(1000, 1000), processes=4, clock=clock, sleep=clock.sleep)
        limiter.acquire("a")
        assert not limiter.alone
    with pytest.raises(GatewayBusy):
        limiter.acquire("a")
    assert limiter.alone
    with ValkeyServer(tmp_path, port):
        with pytest.raises(GatewayBusy):
            limiter.acquire("a")  # It is not tried with every call.
        clock.now += 1.0
        limiter.acquire("a")
        assert not limiter.alone
        redis.close()


@given(st.integers(1, 200), st.integers(1, 100), st.integers(1, 64))
def test_shares_never_add_up_to_more_than_the_whole(total: int, per_endpoint: int, processes: int) -> None:
    whole = Rates(total, per_endpoint)
    share = whole.share(processes)
    assert share.total * processes <= whole.total * share.period
    assert share.endpoint * processes <= whole.endpoint * share.period


@pytest.mark.parametrize("rates", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_a_rate_of_nothing_is_a_mistake(rates: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Rates(*rates)


def test_shared_rates_are_per_second(redis: Redis) -> None:
    with pytest.raises(ValueError, match="per second"):
        SharedSlots(redis, Rates(1, 1, period=2), bucket="test")


def test_very_high_limits_are_kept_without_asking_redis() -> None:
    nowhere = connect(f"redis://127.0.0.1:{free_port()}/0")
    limiter = build_limiter(nowhere, Rates(1_000_000, 250_000), processes=8)
    assert isinstance(limiter, LocalLimiter)
    for _ in range(5000):
        limiter.acquire("a")
    assert isinstance(build_limiter(nowhere, Rates(1_000_000, 25), processes=8), SharedLimiter)


def test_one_process_pauses_when_stripe_asks_for_it() -> None:
    clock = Clock()
    limiter = LocalLimiter(Rates(100, 100), clock=clock, sleep=clock.sleep)
    limiter.pause(2.0, "a")
    limiter.acquire("b")
    assert clock.slept == []
    limiter.acquire("a")
    assert sum(clock.slept) >= 2.0
