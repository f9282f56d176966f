"""The lifecycle's table, over every pair of state and trigger."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from domain.errors import IllegalTransition
from domain.lifecycle import FINAL, TRANSITIONS, Status, Trigger, move, permits
from domain.lifecycle_page import MOVED_BY, page
from domain.lifecycle_picture import picture


@dataclass
class Thing:
    status: Status


PAIRS = [(status, trigger) for status in Status for trigger in Trigger]


@pytest.mark.parametrize(("status", "trigger"), PAIRS)
def test_a_move_goes_where_the_table_says_or_changes_nothing(status: Status, trigger: Trigger) -> None:
    thing = Thing(status)
    if permits(status, trigger):
        step = move(thing, trigger)
        assert (step.before, step.after) == (status, TRANSITIONS[status, trigger].to)
        assert thing.status is step.after
        assert step.changed is (step.after is not status)
    else:
        with pytest.raises(IllegalTransition):
            move(thing, trigger)
        assert thing.status is status


@pytest.mark.parametrize(("status", "trigger"), PAIRS)
def test_doing_a_move_twice_is_doing_it_once(status: Status, trigger: Trigger) -> None:
    if not permits(status, trigger):
        return
    once = TRANSITIONS[status, trigger].to
    if trigger is Trigger.PAYMENT_HONORED:
        return  # decided once, under the payment's lock
    assert TRANSITIONS[once, trigger].to is once


@pytest.mark.parametrize("trigger", list(Trigger))
def test_paid_is_absorbing(trigger: Trigger) -> None:
    rule = TRANSITIONS.get((Status.COMPLETED, trigger))
    assert rule is None or rule.to is Status.COMPLETED


@pytest.mark.parametrize("status", [Status.EXPIRED, Status.CANCELED])
def test_what_is_over_is_moved_by_honored_money_alone(status: Status) -> None:
    moved = {
        trigger for trigger in Trigger if permits(status, trigger) and TRANSITIONS[status, trigger].to is not status
    }
    assert moved <= {Trigger.PAYMENT_HONORED}
    assert status in FINAL


def test_stripe_may_say_anything_about_a_payment_in_any_state() -> None:
    said = [
        Trigger.CHECKOUT_OPENED,
        Trigger.PAYMENT_PROCESSING,
        Trigger.PAYMENT_DECLINED,
        Trigger.PAYMENT_SUCCEEDED,
        Trigger.WINDOW_ELAPSED,
    ]
    assert all(permits(status, trigger) for status in Status for trigger in said)


def test_every_state_says_who_moves_it_next() -> None:
    assert set(MOVED_BY) == set(Status)


def test_the_page_in_the_docs_is_the_table() -> None:
    written = Path(__file__).parents[2] / "docs" / "lifecycle.md"
    assert written.read_text() == page()


def test_the_picture_has_an_arrow_for_each_move_between_two_states_and_is_within_its_frame() -> None:
    drawn = ET.fromstring(picture())  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    width = float(drawn.attrib["viewBox"].split()[2])
    moves = {(state, rule.to) for (state, _), rule in TRANSITIONS.items() if rule.to is not state}
    told = drawn.findtext(f"{space}desc") or ""
    texts = [one.text or "" for one in drawn.iter(f"{space}text")]
    assert len(drawn.findall(f"{space}path")) == len(moves)
    assert all(f"{state} to {to}: " in told for state, to in moves)
    assert all(any(trigger in text for text in texts) for trigger in Trigger)
    assert {str(status) for status in Status} <= set(texts)
    assert all(0 < float(one.attrib["x"]) < width for one in drawn.iter(f"{space}text"))
