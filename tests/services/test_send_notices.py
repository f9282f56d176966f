"""Telling people: each thing once, what is still true, whatever fails on the way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.notice import Channel, NoticeStatus
from services.papers import Paper
from services.send_notices import GIVE_UP, SendNotices
from tests.crashes import Died, DiesAfterCall, DiesBeforeCall, DiesBeforeCommit
from tests.services.posting import BUYER, MAKER, Posting, posting


@pytest.fixture
def post(database_url: str) -> Iterator[Posting]:
    with posting(database_url) as post:
        yield post


def test_a_sale_is_told_from_the_first_link_to_the_payout(post: Posting) -> None:
    session_id = post.home.opened(maker_email=MAKER)
    post.send()
    (asked,) = post.to(BUYER)
    link = post.home.app.links.page(session_id)
    assert "A vase" in asked.subject
    assert link in asked.text
    assert link in asked.html
    assert asked.header("Auto-Submitted") == "auto-generated"
    assert asked.header("From") == "Gavelpay <payments@house.example>"

    post.home.pay(session_id)
    post.home.hear()
    post.send()
    (paid,) = post.to(MAKER)
    assert "261.72" in paid.text  # less 5 %
    assert link not in paid.text
    assert len(post.to(BUYER)) == 1

    post.paper_is_issued(session_id, post.home.time())
    post.send()
    assert post.to(BUYER)[1].subject.startswith("Paid:")
    assert post.states(session_id) == [
        ("payment_required", "sent"),
        ("reminder", "queued"),
        ("payment_received", "sent"),
        ("lot_paid", "sent"),
    ]
    post.forward(days=2)
    post.send()
    assert len(post.box.messages) == 3
    (reminder,) = post.notices(kind="reminder")
    assert (reminder.status, reminder.last_error) == (NoticeStatus.DROPPED, "paid")
