"""A sale is settled when nobody waits for anything."""

from typing import Any

import pytest

from cli.run.settling import Look, in_words, longest_wait
from cli.run.standing import Work
from runtime.settings import Settings
from tests.run.builders import IDLE, books, charge, standing


def look(**changes: Any) -> Look:
    ordinary: dict[str, Any] = {
        "payments": [standing()],
        "work": IDLE,
        "unasked": 0,
        "house_waits": {},
        "books": books(charge()),
    }
    return Look(**ordinary | changes)


def test_a_sale_where_all_is_done_is_settled() -> None:
    assert look().waits() == {}
    assert look(books=None).waits() == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"payments": [standing(status="pending"), standing(status="pending")]}, "2 payments pending"),
        ({"unasked": 3}, "3 requests that have not arrived"),
        ({"work": Work(1, 0, 0, 0, 0, 0)}, "1 Stripe events to process"),
        ({"work": Work(0, 2, 0, 0, 0, 0)}, "2 checkouts to open or close"),
        ({"work": Work(0, 0, 1, 0, 0, 0)}, "1 refunds under way"),
        ({"work": Work(0, 0, 0, 4, 0, 0)}, "4 webhooks to deliver"),
        ({"work": Work(0, 0, 0, 0, 0, 0, 3)}, "3 receipts to issue"),
        ({"house_waits": {"buyers at work": 1}}, "1 buyers at work"),
        ({"books": books(charge(balance_transaction=None))}, "1 charges that Stripe has to book"),
        ({"books": books(deliveries={"pending": 2})}, "2 webhooks that Stripe has to send"),
    ],
)
def test_what_is_still_to_come_is_waited_for(changes: dict[str, Any], words: str) -> None:
    assert in_words(look(**changes).waits()) == words


def test_dead_letters_wait_for_a_person_and_not_for_the_system() -> None:
    assert look(work=Work(0, 0, 0, 0, 5, 5)).waits() == {}


def test_the_wait_is_bounded_by_the_windows() -> None:
    assert longest_wait(Settings(), 12, 2.0) > Settings().standard.window.total_seconds()
