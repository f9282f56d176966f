"""What a line of the table says."""

from datetime import timedelta
from typing import Any

import pytest

from cli.run.outlook import duration, outlook, time_left
from tests.run.builders import NOW, standing


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "pending", "window_begun": False}, "The checkout is being opened"),
        ({"status": "pending"}, "Waits for the buyer"),
        ({"status": "pending", "window_ends": NOW}, "Time is over"),
        ({"status": "failed"}, "The buyer may try another card"),
        ({"status": "failed", "next_retry_at": NOW + timedelta(seconds=6)}, "A fresh checkout opens in 6 s"),
        ({"status": "processing"}, "Stripe is checking"),
        ({"untold": True}, "The auction service is being told"),
        ({}, "Done: sold"),
        ({"fully_refunded": True}, "Done: all of it was refunded"),
        ({"status": "expired"}, "Done: the lot was reopened"),
        ({"status": "expired", "refunded": True}, "Done: late money went back"),
        ({"status": "expired", "refund_open": True}, "Money is going back"),
    ],
)
def test_the_next_thing_is_said_in_plain_words(changes: dict[str, Any], words: str) -> None:
    assert outlook(standing(**changes), NOW).startswith(words)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 s"), (28.4, "28 s"), (294, "4 min 54 s"), (1_500, "25 min"), (85_260, "23 h 41 min")],
)
def test_time_is_said_as_exactly_as_it_matters(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_time_left_is_shown_while_it_matters() -> None:
    assert time_left(standing(status="pending"), NOW) == "30 s"
    assert time_left(standing(), NOW) == ""
    assert time_left(standing(status="processing"), NOW) == ""
    assert time_left(standing(status="pending", window_begun=False), NOW) == ""
