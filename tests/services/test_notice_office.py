"""What operators see of notices, and how they tell something again."""

from collections.abc import Iterator

import pytest

from domain.errors import ActRefused, NotFound
from domain.notice import Channel
from services.notice_office import MOST_RESENT
from tests.services.posting import Posting, posting


@pytest.fixture
def post(database_url: str) -> Iterator[Posting]:
    with posting(database_url) as post:
        yield post


def test_a_notice_is_told_again_under_another_id_and_that_is_audited(post: Posting) -> None:
    session_id = post.home.opened()
    post.send()
    (first,) = post.notices(status="sent")
    again = post.home.app.notices.resend(first.id, "asked by telephone", "admin:alice")
    post.send()
    assert [mail.subject for mail in post.to()] == [post.to()[0].subject] * 2
    assert len({mail.header("Message-ID") for mail in post.to()}) == 2
    assert post.home.app.notices.show(again.id).status == "sent"
    entry = post.home.app.view_payments.history(session_id)[-1]
    assert (entry.action, entry.actor, entry.data["resent"]) == ("notice_resent", "admin:alice", str(first.id))

    third = post.home.app.notices.resend(again.id, "once more", "admin:alice")
    assert third.dedupe_key.endswith(":again:2")


def test_what_is_not_true_any_more_or_still_to_be_sent_is_not_told_again_and_that_is_audited(post: Posting) -> None:
    session_id = post.home.opened()
    (asked,) = post.notices(kind="payment_required")
    with pytest.raises(ActRefused, match="still to be sent"):
        post.home.app.notices.resend(asked.id, "now", "admin:alice")
    post.send()
    post.home.pay(session_id)
    post.home.hear()
    with pytest.raises(ActRefused, match="paid"):
        post.home.app.notices.resend(asked.id, "now", "admin:alice")
    with pytest.raises(ActRefused, match="reason"):
        post.home.app.notices.resend(asked.id, " ", "admin:alice")
    assert post.home.actions(session_id).count("notice_resend_refused") == 3


def test_nobody_is_told_the_same_without_end(post: Posting) -> None:
    post.home.opened()
    post.send()
    (first,) = post.notices(status="sent")
    for _ in range(MOST_RESENT):
        post.home.app.notices.resend(first.id, "again", "admin:alice")
    with pytest.raises(ActRefused, match="5 times"):
        post.home.app.notices.resend(first.id, "again", "admin:alice")


@pytest.mark.parametrize(("channel", "known"), [(Channel.SMS, False), (Channel.EMAIL, True), (Channel.TOPIC, True)])
def test_it_goes_where_an_address_is_known(post: Posting, channel: Channel, known: bool) -> None:
    post.home.opened()
    post.send()
    (first,) = post.notices(status="sent")
    with post.home.app.store.begin() as uow:
        uow.connection.execute("UPDATE notifications SET channel = %s WHERE id = %s", (channel.value, first.id))
    if known:
        assert post.home.app.notices.resend(first.id, "again", "admin:alice").channel is channel
    else:
        with pytest.raises(ActRefused, match="no address"):
            post.home.app.notices.resend(first.id, "again", "admin:alice")


def test_a_notice_that_is_not_there(post: Posting) -> None:
    post.home.opened()
    with pytest.raises(NotFound):
        post.home.app.notices.show(post.home.app.new_id())
