"""What the figures of benches are made of."""

import os
import subprocess
import sys
import time

import pytest

from proof.benches.area import Area, at_least, at_most
from proof.benches.processor import cpu_seconds, resident_bytes
from proof.benches.rounds import Sample, interleave
from proof.benches.statistic import Latency, Spread, percentile, short, slope


def test_a_spread_is_the_median_with_the_least_and_the_greatest() -> None:
    assert Spread.of([3.0, 1.0, 8.0]) == Spread(3.0, 1.0, 8.0)


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_a_value_that_was_taken(share: float, value: float) -> None:
    assert percentile(range(1, 101), share) == value


def test_latencies_are_told_in_milliseconds() -> None:
    assert Latency.of([0.003, 0.001, 0.002]) == Latency(2.0, 3.0, 3.0, 3.0)


def test_a_slope_is_not_bent_by_an_outlier() -> None:
    assert slope([(0, 0), (1, 2), (2, 4), (3, 6), (4, 800)]) == pytest.approx(2.0, abs=0.1)
    assert slope([(1, 5)]) == 0


@pytest.mark.parametrize(("value", "shown"), [(0.01234, 0.0123), (12.345, 12.3), (12345.6, 12346.0)])
def test_figures_are_short(value: float, shown: float) -> None:
    assert short(value) == shown


def test_ways_take_turns_and_are_compared_round_by_round() -> None:
    order: list[str] = []
    speed = {"ours": iter([20, 40, 60]), "usual": iter([10, 10, 10])}

    def way(name: str) -> Sample:
        order.append(name)
        wrong = ["one was lost"] if name == "usual" and len(order) == 3 else []
        return Sample(next(speed[name]), 1.0, {"process": 0.001}, [0.002], wrong)

    found = interleave("items", {"ours": lambda: way("ours"), "usual": lambda: way("usual")}, 3)

    assert order == ["ours", "usual", "usual", "ours", "ours", "usual"]
    assert found.ratio("usual") == Spread(4.0, 2.0, 6.0)
    assert found.ours.cpu_us == {"process": pytest.approx(25.0)}
    assert found.wrong == ["usual: one was lost"]
    area = Area("area", found, [at_least("ratio", 4.0, 3.0), at_most("p99", 2.0, 30, "ms")])
    assert all(goal.met for goal in area.goals)
    assert not area.met  # something was lost
    assert area.document()["goals"][1] == {"what": "p99", "figure": 2.0, "goal": "≤ 30 ms", "met": True}
    assert area.document()["baselines"]["usual"]["per_second"]["median"] == 10


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="the system does not tell")  # noqa: PTH110
def test_the_processor_time_of_a_process_includes_its_children() -> None:
    work = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(3_000_000))']); input()"
    with subprocess.Popen([sys.executable, "-c", work], stdin=subprocess.PIPE) as process:
        begun = time.monotonic()
        while (used := cpu_seconds(process.pid) or 0.0) < 0.02 and time.monotonic() - begun < 30:
            time.sleep(0.02)
        assert used >= 0.02
        assert (resident_bytes(process.pid) or 0) > 1_000_000
        process.communicate(b"\n")
