"""When Stripe's lists are worth a call: pure decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain import movements
from domain.movements import Unseen
from domain.polling import Memory, Signs, is_due, pace, was_away
from domain.walks import Walk

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
SWEEP = timedelta(seconds=15)
CALM = Signs(is_open=True, has_money=True, opened=0, heard=True, troubled=False)


def after(minutes: float, **changes: object) -> Memory:
    memory = Memory(Walk(NOW - timedelta(minutes=minutes)), NOW - SWEEP)
    return replace(memory, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signs", "minutes", "due"),
    [
        (CALM, 19.9, False),
        (CALM, 20, True),
        (replace(CALM, opened=50), 4.9, False),
        (replace(CALM, opened=50), 5, True),
        (replace(CALM, opened=49), 5, False),
        (replace(CALM, heard=False), 4.9, False),
        (replace(CALM, heard=False), 5, True),
        (replace(CALM, is_open=False), 59, False),
        (replace(CALM, is_open=False), 60, True),
        (replace(CALM, is_open=False, has_money=False), 10_000, False),
        (replace(CALM, has_money=False, heard=False), 5, True),
    ],
)
def test_events_are_listed_when_one_may_have_been_lost_and_a_call_is_worth_it(
    signs: Signs, minutes: float, *, due: bool
) -> None:
    assert is_due(after(minutes), signs, NOW, SWEEP) is due


def test_where_events_were_lost_it_is_looked_again_soon() -> None:
    assert is_due(after(5, lost=1), CALM, NOW, SWEEP)
    assert not is_due(after(4, lost=1), CALM, NOW, SWEEP)


def test_what_was_begun_is_finished() -> None:
    begun = after(1, walk=Walk(NOW, NOW))
    assert is_due(begun, replace(CALM, is_open=False, has_money=False), NOW, SWEEP)


def test_after_an_outage_it_is_looked_at_once_unless_there_is_nothing_to_find() -> None:
    assert is_due(after(1, wanted=True), CALM, NOW, SWEEP)
    assert not is_due(after(1, wanted=True), replace(CALM, is_open=False, has_money=False), NOW, SWEEP)


@pytest.mark.parametrize(
    ("memory", "signs", "away"),
    [
        (after(1), CALM, False),
        (after(1, seen_at=NOW - timedelta(seconds=61)), CALM, True),
        (after(1, troubled=True), CALM, True),
        (after(1, troubled=True), replace(CALM, troubled=True), False),
        (after(1), replace(CALM, troubled=True), False),
    ],
)
def test_an_outage_is_one_of_ours_or_of_stripes_that_is_over(memory: Memory, signs: Signs, *, away: bool) -> None:
    assert was_away(memory, signs, NOW, SWEEP) is away


@pytest.mark.parametrize(("sweep", "minutes"), [(0.1, 1), (2, 1), (6, 2), (15, 5), (300, 5)])
def test_the_pace_follows_the_sweeps_within_bounds(sweep: float, minutes: float) -> None:
    assert pace(timedelta(seconds=sweep)) == timedelta(minutes=minutes)


def test_a_memory_survives_being_written() -> None:
    for memory in (after(3, lost=2), after(1, walk=Walk(NOW, NOW, 1, "evt_1"), wanted=True, troubled=True)):
        assert Memory.read(memory.written()) == memory


def test_a_slice_ends_no_later_than_stripes_clock_says_and_never_goes_back() -> None:
    begun = Walk(NOW).begun(NOW + timedelta(minutes=10))
    assert begun.told_at(NOW + timedelta(minutes=7)).stepped(None) == Walk(NOW + timedelta(minutes=7))
    assert begun.told_at(NOW + timedelta(minutes=11)) == begun
    assert begun.told_at(NOW - timedelta(hours=1)).stepped(None) == Walk(NOW)
    assert begun.told_at(None) == begun
    assert Walk(NOW).told_at(NOW) == Walk(NOW)


def test_a_walk_goes_through_pages_and_parts_and_ends_where_it_was_to_end() -> None:
    begun = Walk(NOW).begun(NOW + timedelta(hours=1))
    assert begun.begun(NOW + timedelta(hours=2)) is begun
    assert begun.begins(timedelta(minutes=2)) == NOW - timedelta(minutes=2)
    page = begun.stepped("evt_100", parts=2)
    assert (page.after, page.part) == ("evt_100", 0)
    assert page.restarted() == begun
    second = page.stepped(None, parts=2)
    assert (second.after, second.part, second.until) == (None, 1, begun.until)
    assert second.stepped(None, parts=2) == Walk(NOW + timedelta(hours=1))
    assert Walk(NOW).stepped("evt_1") == Walk(NOW)


UNSEEN = Unseen(0, None, has_money=True)


@pytest.mark.parametrize(
    ("unseen", "minutes", "due"),
    [
        (Unseen(80, NOW, has_money=True), 0.9, False),
        (Unseen(80, NOW, has_money=True), 1, True),
        (Unseen(79, NOW - timedelta(minutes=29), has_money=True), 40, False),
        (Unseen(1, NOW - timedelta(minutes=30), has_money=True), 40, True),
        (UNSEEN, 23 * 60, False),
        (UNSEEN, 24 * 60, True),
        (Unseen(0, None, has_money=False), 10_000, False),
    ],
)
def test_books_are_compared_when_theirs_must_show_something(unseen: Unseen, minutes: float, *, due: bool) -> None:
    assert movements.is_due(Walk(NOW - timedelta(minutes=minutes)), unseen, NOW) is due


def test_a_comparison_begins_where_the_oldest_unseen_record_may_be_booked() -> None:
    old = NOW - timedelta(hours=1)
    walk = Walk(NOW - timedelta(minutes=5))
    assert movements.begun(walk, Unseen(1, old, has_money=True), NOW) == Walk(old, NOW)
    assert movements.begun(walk, UNSEEN, NOW) == Walk(walk.through, NOW)
    under_way = Walk(old, NOW - timedelta(minutes=1), after="txn_1")
    assert movements.begun(under_way, Unseen(1, old - timedelta(hours=1), has_money=True), NOW) == under_way
