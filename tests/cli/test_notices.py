"""`gavelpay notices`: what was told, and telling it again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import Result

from tests.house import House
from tests.services.posting import Posting, posting

Run = Callable[..., Result]


@pytest.fixture
def post(database_url: str) -> Iterator[Posting]:
    with posting(database_url) as post:
        yield post


@pytest.fixture
def home(post: Posting) -> House:
    return post.home


def test_notices_are_listed_and_shown_without_addresses(post: Posting, run: Run, told: Callable[..., Any]) -> None:
    session_id = post.home.opened()
    post.send()
    listed = told("notices", "list", "--session", str(session_id))
    assert {(one["kind"], one["status"]) for one in listed} == {("payment_required", "sent"), ("reminder", "queued")}
    (sent,) = told("notices", "list", "--status", "sent")
    assert told("notices", "show", sent["id"]) == sent
    shown = run("notices", "show", sent["id"]).output
    assert "payment_required" in shown
    assert "@house.example" in shown  # the message's own id
    table = run("notices", "list", "--kind", "reminder").output
    assert "reminder" in table
    assert "example.com" not in table + shown
    assert "No notice matches." in run("notices", "list", "--kind", "refunded").output


def test_an_operator_sends_a_notice_again(post: Posting, run: Run) -> None:
    session_id = post.home.opened()
    post.send()
    (sent,) = post.notices(status="sent")
    done = run("notices", "resend", str(sent.id), "--reason", "asked by telephone")
    assert done.exit_code == 0, done.output
    post.forward(minutes=1)  # the command goes by the real clock
    post.send()
    assert len(post.to()) == 2
    assert post.home.actions(session_id)[-1] == "notice_resent"


def test_what_cannot_be_told_again_says_why(post: Posting, run: Run) -> None:
    post.home.opened()
    (reminder,) = post.notices(kind="reminder")
    done = run("notices", "resend", str(reminder.id), "--reason", "please")
    assert done.exit_code == 1
    assert "still to be sent" in done.output
    assert run("notices", "resend", str(reminder.id)).exit_code == 2
    assert run("notices", "show", str(post.home.app.new_id())).exit_code == 1
