"""Queues as operators know them, and their pauses."""

from datetime import UTC, datetime, timedelta

import pytest

from actors import registry
from domain import bells
from domain.errors import ActRefused
from domain.queues import QUEUES, begin_pause

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_every_queue_that_has_an_actor_is_described_and_no_other() -> None:
    assert set(QUEUES) == set(registry.QUEUES)


def test_all_bells_are_listed() -> None:
    named = {value for name, value in vars(bells).items() if name.isupper() and name != "BELLS"}
    assert set(bells.BELLS) == named


def test_a_pause_ends_at_its_time_or_lasts_until_a_person_ends_it() -> None:
    ends = begin_pause("events", "admin:ann", "storage", NOW + timedelta(minutes=5), NOW)
    assert ends.lasts(NOW)
    assert not ends.lasts(NOW + timedelta(minutes=5))
    assert begin_pause("events", "admin:ann", "storage", None, NOW).lasts(NOW + timedelta(days=999))


@pytest.mark.parametrize(
    ("queue", "until", "code"),
    [
        ("nobody", None, "unknown_queue"),
        ("events", NOW, "already_over"),
        ("events", NOW + timedelta(days=8), "too_long"),
    ],
)
def test_what_makes_no_sense_is_refused(queue: str, until: datetime | None, code: str) -> None:
    with pytest.raises(ActRefused) as refused:
        begin_pause(queue, "admin:ann", "x", until, NOW)
    assert refused.value.code == code
