"""Spans and their steps, and what can be read off counted lengths."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.needs import Need, NeedKind, in_order, of_machinery
from domain.overview import SPANS, Backlog, Endings, Lengths, lag_of
from domain.queues import Pause

NOW = datetime(2026, 11, 19, 14, 32, 8, tzinfo=UTC)


@pytest.mark.parametrize(("name", "steps", "first"), [("1h", 12, "13:35"), ("24h", 24, "15:00"), ("30d", 30, "00:00")])
def test_a_span_has_full_steps_but_for_the_last_one(name: str, steps: int, first: str) -> None:
    frame = SPANS[name].frame(NOW)
    assert len(frame.starts) == steps
    assert f"{frame.since:%H:%M}" == first
    assert frame.starts[-1] <= NOW < frame.starts[-1] + frame.step
    assert frame.since - frame.before == NOW - frame.since


def test_a_share_of_lengths_is_known_to_a_few_percent() -> None:
    lengths = Lengths()
    assert lengths.within(0.5) is None
    lengths.add(120, 95)  # about 413 s
    lengths.add(200, 5)
    half, most = lengths.within(0.5), lengths.within(0.96)
    assert half is not None
    assert most is not None
    assert abs(half / timedelta(seconds=413) - 1) < 0.03
    assert most > timedelta(hours=6)
    assert lengths.split([timedelta(minutes=5), timedelta(hours=1)]) == [0, 95, 5]


def test_success_is_the_share_that_was_paid_and_unknown_where_nothing_ended() -> None:
    endings = Endings(paid=[3, 0], expired=[1, 0], canceled=[9, 0])
    assert endings.success == 0.75
    assert endings.by_step == [0.75, None]
    assert endings.success_before is None


def test_ninety_nine_of_a_hundred_are_within_the_99th() -> None:
    assert lag_of([]).p99 is None
    assert lag_of([float(n) for n in range(1, 101)]) == lag_of([float(n) for n in range(100, 0, -1)])
    assert lag_of([float(n) for n in range(1, 101)]).p99 == 99.0


def test_the_most_urgent_comes_first() -> None:
    late = Backlog("events", 3, NOW - timedelta(minutes=3))
    young = Backlog("notices", 9, NOW - timedelta(seconds=5))
    pause = Pause("receipts", NOW, "ines.k", "storage answers 503", None)
    ours = of_machinery([late, young], [pause], {"USD": 0, "EUR": 5}, 0, NOW)
    needs = in_order([Need(NeedKind.DISPUTE), *reversed(ours)])
    kinds = [need.kind for need in needs]
    assert kinds == [
        NeedKind.STUCK,
        NeedKind.NO_WORKER,
        NeedKind.QUEUE_PAUSED,
        NeedKind.UNEXPLAINED,
        NeedKind.DISPUTE,
    ]
    assert of_machinery([young], [], {"USD": 0}, 1, NOW) == []
