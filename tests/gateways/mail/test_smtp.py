"""A mail server as it should be, and as it should not."""

import datetime as dt
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from domain.errors import GatewayRefused, GatewayUnavailable
from domain.ids import SessionId
from domain.notices import NoticeKind, Recipient
from gateways.letters import Attachment, CarrierAway, Letter
from gateways.mail.server import MailServer, mail_server
from gateways.mail.smtp import Smtp
from sandbox.mailbox import RunningMailbox, running_mailbox
from tests.certificates import serving_as
from tests.gateways.mail.talking import Server, Talk, dripping, endless, saying, silent, talking

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
SENDER = "Gavelpay <payments@house.example>"
LETTER = Letter(
    id=UUID(int=7),
    kind=NoticeKind.PAYMENT_REQUIRED,
    recipient=Recipient.BUYER,
    session_id=SessionId(UUID(int=1)),
    auction_id="auction-1",
    party_id="buyer-1",
    language="de",
    subject="Bitte bezahlen Sie „Öl auf Leinwand“ 🖼",
    text="Grüße,\n.\n..zwei Punkte am Anfang\nund ein sehr langer Satz " + "ä" * 2000,
    html="<p>Grüße</p>",
    written_at=NOON,
    to="buyer@example.com",
)


@pytest.fixture
def box() -> Iterator[RunningMailbox]:
    with running_mailbox() as box:
        yield box


def mailer(server: Server | RunningMailbox, **options: float) -> Smtp:
    return Smtp(MailServer("127.0.0.1", server.port), sender=SENDER, **({"silence": 2.0, "whole": 4.0} | options))


def test_a_letter_arrives_as_it_was_written(box: RunningMailbox) -> None:
    paper = Attachment("CRAFT-2026-000001.pdf", b"%PDF-1.7")
    smtp = Smtp(mail_server(box.smtp_url), sender=SENDER, reply_to="Fragen <ask@house.example>")
    assert smtp.send(replace(LETTER, attachment=paper)) == f"<{UUID(int=7).hex}@house.example>"
    smtp.finish()
    (mail,) = box.messages
    assert (mail.sender, list(mail.recipients)) == ("payments@house.example", ["buyer@example.com"])
    assert mail.subject == LETTER.subject
    assert mail.text.replace("\r\n", "\n").rstrip("\n") == LETTER.text
    assert mail.html.strip() == LETTER.html
    assert [file.name for file in mail.attachments] == ["CRAFT-2026-000001.pdf"]
    assert {name: mail.header(name) for name in ("Reply-To", "Date", "Content-Language", "Auto-Submitted")} == {
        "Reply-To": "Fragen <ask@house.example>",
        "Date": "Sat, 21 Nov 2026 12:00:00 +0000",
        "Content-Language": "de",
        "Auto-Submitted": "auto-generated",
    }
    assert mail.raw.isascii()
    assert max(map(len, mail.raw.splitlines())) <= 998


def test_many_letters_go_through_one_connection(box: RunningMailbox) -> None:
    with talking(saying()) as server:
        smtp = mailer(server)
        for _ in range(3):
            smtp.send(LETTER)
        smtp.finish()
        assert server.connections == 1
        assert server.heard[-1].upper() == "QUIT"
        smtp.send(LETTER)
        assert server.connections == 2
        smtp.finish()


@pytest.mark.parametrize(
    "subject", ["Paid\r\nBcc: thief@example.com", "Paid\nBcc: a@b.c", "Paid\x00\x1b[2J", "Paid\u2028Bcc: a@b.c"]
)
def test_no_subject_becomes_a_header(box: RunningMailbox, subject: str) -> None:
    smtp = mailer(box)
    smtp.send(replace(LETTER, subject=subject))
    smtp.finish()
    (mail,) = box.messages
    assert mail.header("Bcc") == ""
    assert mail.subject.startswith("Paid")
    assert list(mail.recipients) == ["buyer@example.com"]


@pytest.mark.parametrize(
    "address",
    [
        "buyer@example.com>\r\nRCPT TO:<thief@example.com",
        "buyer@example.com\nBcc: thief@example.com",
        "nobody",
        "@example.com",
        "a@",
        "",
        "two@@example.com",
    ],
)
def test_what_is_no_address_is_refused_before_anybody_is_asked(address: str) -> None:
    with talking(saying()) as server:
        with pytest.raises(GatewayRefused):
            mailer(server).send(replace(LETTER, to=address))
        assert server.heard == []


def test_a_domain_in_any_script_is_written_in_ascii(box: RunningMailbox) -> None:
    smtp = mailer(box)
    smtp.send(replace(LETTER, to="buyer@straße.example"))
    smtp.finish()
    assert list(box.messages[0].recipients) == ["buyer@xn--strae-oqa.example"]
    assert box.messages[0].raw.isascii()


def test_a_mailbox_in_any_script_gets_mail_where_the_server_can(box: RunningMailbox) -> None:
    smtp = mailer(box)
    smtp.send(replace(LETTER, to="jürgen@example.com"))
    smtp.finish()
    assert list(box.messages[0].recipients) == ["jürgen@example.com"]
    assert box.messages[0].header("To") == "jürgen@example.com"


def test_a_mailbox_in_any_script_is_refused_where_the_server_cannot() -> None:
    with talking(saying()) as server:
        smtp = mailer(server)
        with pytest.raises(GatewayRefused, match="SMTPUTF8"):
            smtp.send(replace(LETTER, to="jürgen@example.com"))
        smtp.send(LETTER)
        smtp.finish()


@pytest.mark.parametrize(
    ("command", "answer", "means"),
    [
        ("RCPT", "550 5.1.1 no such user", GatewayRefused),
        ("RCPT", "552 5.2.2 mailbox full for good", GatewayRefused),
        ("RCPT", "450 4.2.1 later", GatewayUnavailable),
        ("RCPT", "554 5.7.1 relay access denied", GatewayUnavailable),
        (".", "554 5.6.0 we do not like it", GatewayRefused),
        (".", "451 4.3.0 disk full", GatewayUnavailable),
        ("DATA", "554 5.6.0 no", GatewayRefused),
        ("DATA", "451 later", GatewayUnavailable),
        ("MAIL", "553 5.1.8 not from you", CarrierAway),
        ("MAIL", "452 4.3.1 no room", CarrierAway),
        ("MAIL", "530 5.7.0 log in first", CarrierAway),
        ("RCPT", "421 4.3.2 closing", CarrierAway),
    ],
)
def test_a_refusal_speaks_of_the_letter_for_good_or_for_now_or_of_all_letters(
    command: str, answer: str, means: type[Exception]
) -> None:
    with talking(saying({command: answer})) as server:
        smtp = mailer(server)
        with pytest.raises(GatewayRefused if means is GatewayRefused else GatewayUnavailable) as failure:
            smtp.send(LETTER)
        smtp.finish()
        assert failure.type is means
        assert answer[:3] in str(failure.value)


def test_after_a_refused_letter_the_next_one_goes_through_the_same_connection() -> None:
    def talk(line: socket.socket, server: Server) -> None:
        answers = {"RCPT": "550 5.1.1 no"} if not server.heard else {}
        saying(answers)(line, server)

    with talking(talk) as server:
        smtp = mailer(server)
        with pytest.raises(GatewayRefused):
            smtp.send(LETTER)
        assert "RSET" in [said.upper() for said in server.heard]
        with pytest.raises(GatewayRefused):
            smtp.send(LETTER)
        assert server.connections == 1
        smtp.finish()


@pytest.mark.parametrize("talk", [silent, dripping, endless, saying(greeting="554 no service"), lambda *_: None])
def test_a_server_that_does_not_speak_is_left_within_bounds(talk: Talk) -> None:
    with talking(talk) as server, pytest.raises(CarrierAway):
        mailer(server, silence=0.3, whole=0.6).send(LETTER)


@pytest.mark.parametrize("command", ["RCPT", ".", "RSET"])
def test_a_server_that_breaks_off_may_have_the_letter_and_is_asked_again(command: str) -> None:
    def talk(line: socket.socket, server: Server) -> None:
        answers = {"RCPT": "450 4.2.1 later"} if command == "RSET" else {}
        saying(answers | {command: "x" * 10_000})(line, server)

    with talking(talk) as server:
        smtp = mailer(server)
        with pytest.raises(GatewayUnavailable):
            smtp.send(LETTER)
        smtp.finish()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    smtp = Smtp(MailServer("127.0.0.1", port), sender=SENDER)
    with pytest.raises(CarrierAway, match="the mail server is away"):
        smtp.send(LETTER)
    smtp.finish()


def test_a_password_that_is_wrong_stops_all_letters() -> None:
    answers = {"EHLO": "250-test\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 wrong"}
    with talking(saying(answers)) as server, pytest.raises(CarrierAway, match="does not let us in"):
        Smtp(MailServer("127.0.0.1", server.port, user="u", password="p"), sender=SENDER).send(LETTER)


def test_a_password_goes_in_the_clear_to_this_machine_only() -> None:
    answers = {"EHLO": "250-test\r\n250 AUTH PLAIN", "AUTH": "235 welcome"}
    with talking(saying(answers)) as server:
        smtp = Smtp(MailServer("127.0.0.1", server.port, user="u", password="p"), sender=SENDER)
        smtp.send(LETTER)
        smtp.finish()
        assert "AUTH PLAIN AHUAcA==" in server.heard
        # By this name it is no machine that is known to be ours.
        stranger = MailServer("0.0.0.0", server.port, user="u", password="p")  # noqa: S104 - it is connected to
        server.heard.clear()
        with pytest.raises(CarrierAway, match="not sent in the clear"):
            Smtp(stranger, sender=SENDER).send(LETTER)
        assert not any("AUTH" in said for said in server.heard)


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    return serving_as("mail.example", tmp_path / "server.pem")


def encrypted(context: ssl.SSLContext, talk: Talk) -> Talk:
    def wrapped(line: socket.socket, server: Server) -> None:
        with context.wrap_socket(line, server_side=True) as secure:
            talk(secure, server)

    return wrapped


def starting_tls(context: ssl.SSLContext) -> Talk:
    def talk(line: socket.socket, server: Server) -> None:
        line.sendall(b"220 test\r\n")
        line.recv(1000)
        line.sendall(b"250-test\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n")
        server.heard.append(line.recv(1000).decode().strip())
        # An attacker's words, sent too early, must not be taken for the server's.
        line.sendall(b"220 go on\r\n")
        secure = context.wrap_socket(line, server_side=True)
        after = saying({"EHLO": "250-test\r\n250 AUTH PLAIN", "AUTH": "235 welcome"}, greeting="")
        with secure:
            _without_greeting(secure, server, after)

    return talk


def _without_greeting(secure: ssl.SSLSocket, server: Server, talk: Callable[..., None]) -> None:
    class Ungreeted:
        """Swallows the first thing said: after STARTTLS there is no greeting."""

        def __init__(self) -> None:
            self._greeted = False

        def makefile(self, mode: str) -> object:
            return secure.makefile(mode)

        def sendall(self, said: bytes) -> None:
            if self._greeted:
                secure.sendall(said)
            self._greeted = True

    talk(Ungreeted(), server)


def test_a_server_that_can_encrypts_before_it_hears_a_password(tls: ssl.SSLContext) -> None:
    with talking(starting_tls(tls)) as server:
        smtp = Smtp(MailServer("127.0.0.1", server.port, user="u", password="p"), sender=SENDER)
        smtp.send(LETTER)
        smtp.finish()
    assert server.heard[0].upper() == "STARTTLS"
    assert "AUTH PLAIN AHUAcA==" in server.heard


def test_smtps_is_encrypted_from_the_first_byte(tls: ssl.SSLContext) -> None:
    with talking(encrypted(tls, saying())) as server:
        smtp = Smtp(mail_server(f"smtps://127.0.0.1:{server.port}"), sender=SENDER)
        smtp.send(LETTER)
        smtp.finish()
    assert any(said.upper().startswith("RCPT") for said in server.heard)


def test_a_certificate_of_nobody_is_not_trusted_elsewhere(tls: ssl.SSLContext) -> None:
    with talking(encrypted(tls, saying())) as server:
        stranger = MailServer("0.0.0.0", server.port, tls=True)  # noqa: S104 - it is connected to
        with pytest.raises(CarrierAway, match="certificate is not to be trusted"):
            Smtp(stranger, sender=SENDER).send(LETTER)


def test_a_server_that_refuses_to_encrypt_is_left() -> None:
    with talking(saying({"EHLO": "250-test\r\n250 STARTTLS", "STARTTLS": "454 not now"})) as server:
        with pytest.raises(CarrierAway):
            mailer(server).send(LETTER)
        assert not any(said.upper().startswith("MAIL") for said in server.heard)


@pytest.mark.parametrize(
    ("url", "port", "tls", "user", "password"),
    [
        ("smtp://mail.example", 25, False, None, None),
        ("smtp://u%40x:p%3A%2F@mail.example", 587, False, "u@x", "p:/"),
        ("smtps://u:p@mail.example", 465, True, "u", "p"),
        ("smtp://mail.example:2525", 2525, False, None, None),
    ],
)
def test_an_address_tells_all(url: str, port: int, tls: bool, user: str | None, password: str | None) -> None:
    server = mail_server(url)
    assert server == MailServer("mail.example", port, tls, user, password)
    assert "p:/" not in repr(server)
    assert not server.on_this_machine
