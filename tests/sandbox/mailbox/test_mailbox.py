"""A mail server that delivers to nobody, as a sender meets it."""

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from sandbox.mailbox import Mailbox, RunningMailbox, running_mailbox

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def letter(subject: str = "Your receipt", to: str = "buyer@example.com") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Gavelpay <pay@example.com>", to, subject
    mail.set_content("Paid. Thank you, Jürgen!")
    return mail


def post(box: RunningMailbox, mail: EmailMessage, *, timeout: float = 10) -> None:
    with smtplib.SMTP("127.0.0.1", box.port, timeout=timeout) as smtp:
        smtp.send_message(mail)


@pytest.fixture
def box() -> Iterator[RunningMailbox]:
    with running_mailbox(clock=lambda: NOON) as box:
        yield box


def test_a_mail_is_kept_as_it_came(box: RunningMailbox) -> None:
    post(box, letter("Quittung für Sie"))
    (mail,) = box.messages
    assert (mail.sender, mail.recipients, mail.received_at) == ("pay@example.com", ["buyer@example.com"], NOON)
    assert (mail.subject, mail.text.strip(), mail.html) == ("Quittung für Sie", "Paid. Thank you, Jürgen!", "")
    assert mail.header("From") == "Gavelpay <pay@example.com>"
    assert b"Subject: Quittung =?utf-8?" in mail.raw
    assert box.smtp_url == f"smtp://127.0.0.1:{box.port}"


def test_html_text_and_files_are_told_apart(box: RunningMailbox) -> None:
    mail = letter()
    mail.add_alternative('<p>Paid <img src="cid:logo"></p>', subtype="html")
    (_, html) = mail.iter_parts()
    html.add_related(b"PNG", "image", "png", cid="<logo>")  # type: ignore[attr-defined]
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="receipt.pdf")
    post(box, mail)
    (kept,) = box.messages
    assert kept.text.startswith("Paid.")
    assert kept.html == '<p>Paid <img src="cid:logo"></p>\n'
    assert kept.html_with_pictures() == '<p>Paid <img src="data:image/png;base64,UE5H"></p>\n'
    assert [(file.name, file.content_type, file.content) for file in kept.attachments] == [
        ("unnamed", "image/png", b"PNG"),
        ("receipt.pdf", "application/pdf", b"%PDF-1.7"),
    ]


def test_a_refused_recipient_gets_550_and_the_others_their_mail(box: RunningMailbox) -> None:
    box.faults.refuse("Gone@example.com")
    with smtplib.SMTP("127.0.0.1", box.port, timeout=10) as smtp:
        refused = smtp.sendmail("pay@example.com", ["gone@example.com", "buyer@example.com"], b"Subject: a\r\n\r\nb")
    assert refused["gone@example.com"][0] == 550
    assert [mail.recipients for mail in box.messages] == [["buyer@example.com"]]


def test_a_recipient_put_off_gets_451_so_many_times(box: RunningMailbox) -> None:
    box.faults.put_off_for_now("buyer@example.com", times=2)
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
            post(box, letter())
        assert refusal.value.recipients["buyer@example.com"][0] == 451
    post(box, letter())
    assert len(box.messages) == 1


def test_everybody_can_be_refused_until_it_behaves_again(box: RunningMailbox) -> None:
    box.faults.refuse()
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        post(box, letter())
    box.faults.clear()
    post(box, letter())
    assert len(box.messages) == 1


def test_a_slow_server_outlasts_an_impatient_sender_and_stops_at_once(box: RunningMailbox) -> None:
    box.faults.delay_seconds = 600
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        post(box, letter(), timeout=0.2)
    assert box.messages == []


def test_a_client_with_credentials_is_let_in(box: RunningMailbox) -> None:
    with smtplib.SMTP("127.0.0.1", box.port, timeout=10) as smtp:
        smtp.login("anybody", "anything")
        smtp.send_message(letter())
    assert len(box.messages) == 1


def test_waiting_for_a_mail_ends_when_it_comes_or_says_how_many_came(box: RunningMailbox) -> None:
    post(box, letter(to="one@example.com"))
    post(box, letter(to="other@example.com"))
    assert len(box.box.wait_for(2)) == 2
    assert [mail.id for mail in box.box.wait_for(1, "Other@example.com")] == [2]
    with pytest.raises(TimeoutError, match=r"0 of 1 mails came within 0\.01 seconds"):
        box.box.wait_for(1, "nobody@example.com", seconds=0.01)


def test_only_the_last_mails_are_kept_in_memory_and_on_disk(tmp_path: Path) -> None:
    ticks = iter(NOON + timedelta(seconds=second) for second in range(10))
    box = Mailbox(lambda: next(ticks), keep=2, directory=tmp_path / "mails")
    for number in range(4):
        box.add("pay@example.com", ["buyer@example.com"], f"Subject: {number}\r\n\r\n".encode())
    again = Mailbox(lambda: NOON, keep=1, directory=tmp_path / "mails")
    assert [(mail.id, mail.subject) for mail in box.messages] == [(3, "2"), (4, "3")]
    assert again.messages == [box.messages[-1]]
    assert again.add("", ["buyer@example.com"], b"").id == 5
    again.clear()
    assert again.messages == []
    assert not [file for file in (tmp_path / "mails").iterdir() if file.name > "000003.json"]


def test_a_mail_of_an_unknown_character_set_can_be_read_all_the_same() -> None:
    box = Mailbox(lambda: NOON)
    raw = b"Content-Type: text/plain; charset=klingon\r\nContent-Transfer-Encoding: 8bit\r\n\r\nhello"
    assert box.add("", ["buyer@example.com"], raw).text.strip() == "hello"


def test_a_port_in_use_is_an_error(box: RunningMailbox) -> None:
    with pytest.raises(OSError, match="in use"), running_mailbox(box.port):
        pass
