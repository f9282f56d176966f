"""What the mirror must show of a window, and what counts as showing it."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.window_mirror import SLACK, Entry, Window

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
WINDOW = Window(UUID(int=7), NOW + timedelta(hours=1), 3)
SHOWN = Entry(WINDOW.value, timedelta(hours=1), float(WINDOW.score))
LITTLE = SLACK / 2


def test_an_entry_tells_the_end_and_the_version() -> None:
    assert json.loads(WINDOW.value) == {"expiresAt": "2026-11-21T13:00:00.123456+00:00", "version": 3}
    assert WINDOW.score == int(WINDOW.expires_at.timestamp()) * 1000 + 123


@pytest.mark.parametrize(
    "entry",
    [
        SHOWN,
        Entry(SHOWN.value, timedelta(hours=1) - LITTLE, SHOWN.score),
        Entry(SHOWN.value, timedelta(hours=1) + LITTLE, SHOWN.score),
    ],
)
def test_what_shows_the_window_is_right(entry: Entry) -> None:
    assert entry.is_right(WINDOW, NOW)


@pytest.mark.parametrize(
    "entry",
    [
        Entry(),
        Entry(None, None, SHOWN.score),
        Entry(SHOWN.value, SHOWN.left, None),
        Entry(SHOWN.value, SHOWN.left, WINDOW.score + 1),
        Entry(SHOWN.value, None, SHOWN.score),
        Entry(SHOWN.value, timedelta(minutes=59), SHOWN.score),
        Entry(WINDOW._replace(version=4).value, SHOWN.left, SHOWN.score),
        Entry(b"", SHOWN.left, SHOWN.score),
    ],
)
def test_what_shows_anything_else_is_wrong(entry: Entry) -> None:
    assert not entry.is_right(WINDOW, NOW)


def test_after_the_end_the_key_is_gone_and_the_session_still_counts_as_pending() -> None:
    after = WINDOW.expires_at + timedelta(minutes=1)
    assert Entry(None, None, float(WINDOW.score)).is_right(WINDOW, after)
    assert not Entry(WINDOW.value, timedelta(minutes=9), float(WINDOW.score)).is_right(WINDOW, after)
    assert not Entry().is_right(WINDOW, after)


def test_only_what_shows_nothing_at_all_is_missing() -> None:
    assert Entry().is_missing
    assert not Entry(b"").is_missing
    assert not Entry(score=1.0).is_missing
