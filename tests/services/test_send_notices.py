"""Telling people: each thing once, what is still true, whatever fails on the way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from domain.errors import GatewayUnavailable
from domain.notice import Channel
from gateways.letters import Letter
from gateways.mail.server import MailServer
from gateways.mail.smtp import Smtp
from services.papers import IssuedPapers
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

    post.home.issue()
    post.send()
    assert post.to(BUYER)[1].subject.startswith("Paid:")
    assert post.states(session_id) == {
        "payment_required": "sent",
        "reminder": "queued",
        "payment_received": "sent",
        "lot_paid": "sent",
    }
    post.forward(days=2)
    post.send()
    assert len(post.box.messages) == 3
    assert post.outcome("reminder") == ("dropped", "paid")


def test_without_a_receipt_the_mail_waits_and_then_says_that_it_follows(post: Posting) -> None:
    session_id = post.home.opened()
    post.send()
    post.home.pay(session_id)
    post.home.hear()
    post.send()
    assert len(post.box.messages) == 1
    post.forward(minutes=6)
    post.send()
    assert post.to()[1].attachments == []


def test_the_receipt_goes_with_the_mail_and_its_link_does_not_end(post: Posting) -> None:
    session_id = post.home.opened(locale="de-AT")
    post.home.pay(session_id)
    post.home.hear()
    post.home.issue()
    post.send()
    (mail,) = [one for one in post.to() if one.attachments]
    assert mail.subject == "Bezahlt: „A vase“, Quittung CRAFT-2026-000001"
    assert mail.header("Content-Language") == "de"
    (file,) = mail.attachments
    (shown,) = post.home.app.receipts.view.of_payment(session_id)
    assert (file.name, file.content_type) == ("CRAFT-2026-000001.pdf", "application/pdf")
    assert sha256(file.content).digest() == shown.receipt.content_hash
    assert post.home.app.links.paper(session_id, "CRAFT-2026-000001") in mail.text


@pytest.mark.parametrize("harm", ["away", "changed"])
def test_a_storage_that_is_away_or_was_tampered_with_leaves_the_link(post: Posting, harm: str) -> None:
    session_id = post.home.opened()
    post.home.pay(session_id)
    post.home.hear()
    post.home.issue()

    class Storage:
        def get(self, _key: str) -> bytes:
            if harm == "away":
                raise GatewayUnavailable("it is away")
            return b"%PDF another one"

    send = post.home.app.send_notices
    papers = IssuedPapers(send.begin, Storage())
    replace(send, write=replace(send.write, papers=papers))()
    (mail,) = [one for one in post.to() if one.subject.startswith("Paid")]
    assert mail.attachments == []
    assert post.home.app.links.paper(session_id, "CRAFT-2026-000001") in mail.text


def test_an_unpaid_window_is_told_to_both_and_the_reminder_came_before(post: Posting) -> None:
    session_id = post.home.opened(maker_email=MAKER)
    post.send()
    post.forward(hours=22, minutes=1)
    post.send()
    assert "left to pay" in post.to()[1].subject
    post.forward(hours=2)
    post.home.work()
    post.send()
    assert "owe nothing" in post.to()[2].subject
    assert len(post.to(MAKER)) == 1
    assert set(post.states(session_id).values()) == {"sent"}


def test_money_that_came_too_late_is_told_to_go_back(post: Posting) -> None:
    session_id = post.home.opened()
    post.home.pay(session_id)
    post.home.time.forward(hours=25)
    post.home.app.expire_windows()
    post.home.hear()
    post.home.work()
    post.home.hear()
    post.home.issue()
    post.send()
    assert post.states(session_id)["refunded"] == "sent"
    mail = post.to()[-1]
    assert mail.subject == "$275.50 is on its way back to you"
    assert [file.name[:7] for file in mail.attachments] == ["CRAFT-C"]


def test_each_refund_is_told_with_its_credit_note(post: Posting) -> None:
    session_id = post.home.opened()
    post.home.pay(session_id)
    post.home.hear()
    post.home.issue()
    for amount in ("100.00", "75.50"):
        post.home.app.request_refund(session_id, reason="agreed", actor="admin:alice", amount=amount)
        post.home.work()
        post.home.hear()
        post.home.issue()
        post.send()
    told = [mail for mail in post.to() if "on its way back" in mail.subject]
    assert [mail.subject for mail in told] == ["$100.00 is on its way back to you", "$75.50 is on its way back to you"]
    assert [file.name for mail in told for file in mail.attachments] == [
        "CRAFT-C-2026-000001.pdf",
        "CRAFT-C-2026-000002.pdf",
    ]


def test_more_time_is_told_and_moves_the_reminder(post: Posting) -> None:
    session_id = post.home.opened()
    post.forward(hours=21)
    post.home.app.extend_window(session_id, timedelta(hours=5), "asked by telephone", "admin:alice")
    post.send()
    assert "more time" in post.to()[-1].subject
    told = len(post.to())
    post.forward(hours=1, minutes=1)  # when the old window would have had two hours left
    post.send()
    assert len(post.to()) == told
    post.forward(hours=5)
    post.send()
    assert "left to pay" in post.to()[-1].subject
    assert sorted((one.status.value, one.last_error) for one in post.notices(kind="reminder")) == [
        ("dropped", "window_changed"),
        ("sent", None),
    ]


def test_more_time_shortly_before_the_end_is_told_once_and_not_in_a_reminder_too(post: Posting) -> None:
    session_id = post.home.opened()
    post.forward(hours=22, minutes=1)
    post.send()
    post.home.app.extend_window(session_id, timedelta(minutes=10), "asked by telephone", "admin:alice")
    post.forward(minutes=15)
    post.send()
    assert [mail.subject.split(" ")[0] for mail in post.to()] == ["Please", "2", "You"]
    assert len(post.notices(kind="reminder")) == 1


@pytest.mark.parametrize("environ", [{"PAYMENT_REMINDER_MINUTES": "0"}, {"PAYMENT_WINDOW_MINUTES": "200"}])
def test_no_reminder_where_none_is_wanted_or_the_window_is_short(database_url: str, environ: dict[str, str]) -> None:
    with posting(database_url, **environ) as post:
        post.home.opened()
        assert post.notices(kind="reminder") == []


def test_an_instant_payment_is_not_reminded_of_and_not_flooded_with_declines(post: Posting) -> None:
    session_id = post.home.opened(policy="instant")
    post.send()
    for _ in range(12):
        post.forward(seconds=20)
        post.home.pay(session_id, "4000000000000002")
        post.home.hear()
        post.send()
    assert [mail.subject for mail in post.to()][1:] == ["Your bank declined the payment for “A vase”: a fresh link"]
    assert post.states(session_id) == {"payment_required": "sent", "payment_failed": "sent"}


def test_a_buyer_whose_second_card_works_is_not_told_that_the_first_did_not(post: Posting) -> None:
    session_id = post.home.opened()
    post.home.pay(session_id, "4000000000000002")
    post.home.hear()
    post.home.forward(seconds=2)
    post.home.pay(session_id)
    post.home.hear()
    post.forward(minutes=10)
    post.send()
    assert post.outcome("payment_failed") == ("dropped", "paid")
    assert not any("declined" in subject for subject in post.subjects)


def test_each_declined_checkout_is_told_with_its_own_reason_and_not_the_next_link(post: Posting) -> None:
    session_id = post.home.opened()
    for card in ("4000000000000002", "4000000000009995"):
        post.home.pay(session_id, card)
        post.home.hear()
        post.forward(minutes=7)
        post.home.work()
        post.home.hear()
        post.home.work()
    told = [mail for mail in post.to() if "fresh link" in mail.subject]
    assert len(told) == 2
    assert len([mail for mail in post.to() if mail.subject.startswith("Please pay")]) == 1
    assert told[0].text != told[1].text


def test_who_paid_before_the_mail_went_out_is_not_asked_to(post: Posting) -> None:
    session_id = post.home.opened()
    post.home.pay(session_id)
    post.home.hear()
    post.send()
    assert post.outcome("payment_required") == ("dropped", "paid")
    assert post.to() == []


def test_who_pays_while_the_letters_before_go_out_is_not_asked_to(post: Posting) -> None:
    slow = post.home.opened()
    post.forward(seconds=1)
    quick = post.home.opened(auction_id="auction-2", buyer_id="b-2")
    send = post.home.app.send_notices

    class SlowServer:
        def send(self, letter: Letter) -> str:
            assert letter.session_id == slow
            post.home.pay(quick)
            post.home.hear()
            return "<1@house.example>"

        def finish(self) -> None:
            pass

    replace(send, carriers={Channel.EMAIL: SlowServer()})()
    assert post.states(slow)["payment_required"] == "sent"
    assert post.states(quick)["payment_required"] == "dropped"


def test_a_letter_that_cannot_be_sent_at_all_holds_up_nobody(post: Posting) -> None:
    first, second = (post.home.opened(auction_id=f"auction-{n}", buyer_id=f"b-{n}") for n in (1, 2))
    send = post.home.app.send_notices

    class Stumbling:
        def send(self, letter: Letter) -> str:
            if letter.session_id == first:
                raise ValueError("a header of it cannot be folded")
            return "<1@house.example>"

        def finish(self) -> None:
            pass

    replace(send, carriers={Channel.EMAIL: Stumbling()})()
    assert post.states(second)["payment_required"] == "sent"
    (torn,) = post.notices(session_id=first, kind="payment_required")
    assert (torn.status, torn.last_error) == ("queued", "it could not be sent: ValueError")
    assert torn.due_at > post.home.time()


def test_paper_for_money_of_long_ago_is_no_news(post: Posting) -> None:
    session_id = post.home.opened()
    post.home.pay(session_id)
    post.home.hear()
    post.forward(seconds=1)
    post.home.app.request_refund(session_id, reason="damaged", actor="admin:ada")
    post.home.app.send_refunds()
    post.home.hear()
    with post.home.app.database.transaction() as connection:
        connection.execute("DELETE FROM notifications")  # as if all this had been before there were mails
    post.forward(days=30)
    post.home.issue()
    post.send()
    assert len(post.home.app.receipts.view.of_payment(session_id)) == 2
    assert post.box.messages == []


def test_without_an_address_nothing_is_queued(post: Posting) -> None:
    session_id = post.home.opened(buyer_email=None)
    post.home.pay(session_id)
    post.home.hear()
    assert post.notices() == []


def test_without_a_mail_server_nothing_is_queued(home: Any) -> None:
    home.opened()
    assert home.app.notices.listed() == []


POINTS = ["before the claim is committed", "before the call", "after the call", "before the record is committed"]


def dying(use_case: SendNotices, point: str) -> SendNotices:
    mail = use_case.carriers[Channel.EMAIL]
    changes: dict[str, Any] = {
        POINTS[0]: {"begin": DiesBeforeCommit(use_case.begin, 1)},
        POINTS[1]: {"carriers": {Channel.EMAIL: DiesBeforeCall(mail, "send")}},
        POINTS[2]: {"carriers": {Channel.EMAIL: DiesAfterCall(mail, "send")}},
        POINTS[3]: {"begin": DiesBeforeCommit(use_case.begin, 4)},  # after the claim, and two looks at the payment
    }
    return replace(use_case, **changes[point])


@pytest.mark.parametrize("point", POINTS)
def test_death_loses_no_mail_and_a_repeat_is_recognisable(post: Posting, point: str) -> None:
    post.home.opened()
    with pytest.raises(Died):
        dying(post.home.app.send_notices, point)()
    post.home.leases_run_out()
    post.send()
    mails = post.to()
    assert len(mails) == (2 if point in POINTS[2:] else 1)
    ids = {mail.header("Message-ID") for mail in mails}
    (notice,) = post.notices(kind="payment_required")
    assert ids == {f"<{notice.id.hex}@house.example>"} == {notice.message_id}


def test_many_workers_send_each_mail_once(post: Posting) -> None:
    for number in range(40):
        post.home.opened(auction_id=f"auction-{number}", buyer_id=f"b-{number}", buyer_email=f"b-{number}@example.com")
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: post.home.app.send_notices(4), range(30)))
    post.send()
    assert len(post.box.messages) == 40
    assert len({mail.header("Message-ID") for mail in post.box.messages}) == 40


def test_a_mailbox_that_does_not_exist_is_recorded_and_left_alone(post: Posting) -> None:
    post.box.faults.refuse(BUYER)
    post.home.opened()
    post.home.opened(auction_id="auction-2", buyer_id="b", buyer_email="other@example.com")
    post.send()
    post.forward(hours=3)
    post.send()
    assert len(post.to("other@example.com")) == 1
    (notice,) = post.notices(kind="payment_required", status="refused")
    assert (notice.tries, notice.last_error) == (1, "550 5.1.1 No such user here")


def test_a_mailbox_that_is_busy_is_tried_again_and_holds_up_nobody(post: Posting) -> None:
    post.box.faults.put_off_for_now(BUYER, times=2)
    post.home.opened()
    post.home.opened(auction_id="auction-2", buyer_id="b", buyer_email="other@example.com")
    post.send()
    assert (len(post.to()), len(post.to("other@example.com"))) == (0, 1)
    for _ in range(2):
        post.forward(minutes=2)
        post.send()
    assert len(post.to()) == 1
    assert [one.tries for one in post.notices(kind="payment_required", status="sent")] in ([3, 1], [1, 3])


class Counted(Smtp):
    """Counts how often it is tried."""

    tried = 0

    def send(self, letter: Letter) -> str:
        self.tried += 1
        return super().send(letter)


def test_a_mail_server_that_is_away_costs_one_try_and_uses_none_up(post: Posting) -> None:
    for number in range(5):
        post.home.opened(auction_id=f"auction-{number}", buyer_id=f"b-{number}")
    nobody = Counted(MailServer("127.0.0.1", 1), sender="payments@house.example")
    away = replace(post.home.app.send_notices, carriers={Channel.EMAIL: nobody})
    assert away() == 5
    assert away() == 0
    assert nobody.tried == 1
    assert {one.tries for one in post.notices(kind="payment_required")} == {0}
    post.forward(minutes=1)
    post.send()
    assert len(post.to()) == 5


def test_what_nobody_took_for_three_days_is_a_dead_letter_that_can_be_put_back(post: Posting) -> None:
    post.box.faults.put_off_for_now()
    session_id = post.home.opened()
    post.home.pay(session_id)
    post.home.hear()
    post.forward(minutes=10)
    post.send()
    post.forward(seconds=GIVE_UP.total_seconds())
    post.send()
    assert post.outcome("payment_received")[0] == "given_up"
    (letter,) = post.home.app.dead_letters.listed()
    assert (letter.queue, letter.actor, letter.reason) == ("notices", "email:payment_received", "not_sent")
    assert letter.error == "451 4.2.1 Mailbox busy, try again later"

    post.box.faults.clear()
    post.home.app.dead_letters.requeue(letter.id, "operator")
    post.send()
    assert post.outcome("payment_received") == ("sent", None)


def test_a_title_cannot_become_a_header_and_an_address_is_not_kept_in_errors(post: Posting) -> None:
    post.home.opened(title="Vase\u2028Bcc: thief@example.com, with a very long name " + "x" * 5000)
    post.send()
    (mail,) = post.to()
    assert mail.header("Bcc") == ""
    assert len(mail.subject) < 150
    assert b"\nBcc:" not in mail.raw
