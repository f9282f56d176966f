"""Months are whole, and what is kept is kept at least so long."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.retention import STILL_TOLD, kept_since, month_of, months_to_come


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_present_month_and_two_more_are_made() -> None:
    assert [f"{month:%Y-%m-%d %H:%M}" for month in months_to_come(at("2026-11-30T23:59"))] == [
        "2026-11-01 00:00",
        "2026-12-01 00:00",
        "2027-01-01 00:00",
    ]


def test_a_month_is_utcs_whatever_the_clock_shows() -> None:
    new_york = datetime(2026, 11, 30, 22, tzinfo=timezone(timedelta(hours=-5)))
    assert month_of(new_york) == at("2026-12-01")


@pytest.mark.parametrize(
    ("now", "since"), [("2026-09-27T23:00", "2026-03-01"), ("2026-09-28", "2026-04-01"), ("2026-10-27", "2026-04-01")]
)
def test_a_month_goes_when_its_last_day_is_old_enough(now: str, since: str) -> None:
    assert kept_since(at(now), timedelta(days=180)) == at(since)
    assert kept_since(at(now), None) is None


def test_nothing_is_forgotten_that_stripe_may_still_tell() -> None:
    assert timedelta(days=30) < STILL_TOLD
