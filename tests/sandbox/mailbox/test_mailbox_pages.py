"""The mailbox's pages, over ASGI."""

import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage

import httpx
import pytest

from sandbox.mailbox import EVERYBODY, Mailbox, mailbox_app
from sandbox.mailbox.pages import readable_size, with_links_that_open_outside

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def box() -> Mailbox:
    return Mailbox(lambda: NOON)


def ask(box: Mailbox, method: str, path: str, **more: object) -> httpx.Response:
    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app=mailbox_app(box))
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            return await client.request(method, path, **more)  # type: ignore[arg-type]

    return asyncio.run(request())


def receipt() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "pay@example.com", "Receipt <script>alert(1)</script>"
    mail.set_content("See http://127.0.0.1:8000/pay/token")
    mail.add_alternative("<script>alert(2)</script><p>Paid</p>", subtype="html")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename='Qui"ttung\u2026.pdf')
    return bytes(mail)


def test_an_empty_mailbox_says_so(box: Mailbox) -> None:
    page = ask(box, "GET", "/mailbox")
    assert "No mail yet" in page.text
    assert "Throw all away" not in page.text


def test_the_list_shows_the_newest_first_and_runs_nothing_that_came(box: Mailbox) -> None:
    box.add("pay@example.com", ["one@example.com"], receipt())
    box.add("pay@example.com", ["two@example.com"], b"\r\n")
    page = ask(box, "GET", "/mailbox")
    assert page.text.index("two@example.com") < page.text.index("one@example.com")
    assert "&lt;script&gt;alert(1)" in page.text
    assert "alert(1)</script>" not in page.text
    assert "(no subject)" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_mail_is_shown_with_its_text_its_html_in_a_sandbox_and_its_files(box: Mailbox) -> None:
    box.add("pay@example.com", ["one@example.com"], receipt())
    page = ask(box, "GET", "/mailbox/1").text
    assert '<a href="http://127.0.0.1:8000/pay/token" rel="noopener" target="_blank">' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox" src="/mailbox/1/html"' in page
    assert "alert(2)" not in page
    html = ask(box, "GET", "/mailbox/1/html")
    assert "<p>Paid</p>" in html.text
    assert html.headers["Content-Security-Policy"].startswith("sandbox allow-popups")
    file = ask(box, "GET", "/mailbox/1/attachments/0")
    assert file.content == b"%PDF-1.7"
    assert file.headers["Content-Disposition"] == "attachment; filename*=UTF-8''Qui%22ttung%E2%80%A6.pdf"
    raw = ask(box, "GET", "/mailbox/1/raw")
    assert raw.content == box.messages[0].raw
    assert raw.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("<p>x</p>", '<!doctype html><base target="_blank"><p>x</p>'),
        (
            '<!DOCTYPE html><html><HEAD id="h"><title>x</title></head></html>',
            '<!DOCTYPE html><html><HEAD id="h"><base target="_blank"><title>x</title></head></html>',
        ),
        ("<header>x</header>", '<!doctype html><base target="_blank"><header>x</header>'),
    ],
)
def test_links_of_a_mail_leave_the_frame_and_its_doctype_stays_first(sent: str, shown: str) -> None:
    assert with_links_that_open_outside(sent) == shown


def test_a_mail_of_html_alone_and_one_of_nothing_have_their_pages(box: Mailbox) -> None:
    box.add("", ["one@example.com"], b"Content-Type: text/html\r\n\r\n<p>x</p>")
    box.add("", ["one@example.com"], b"\r\n")
    assert "<h2>Text</h2>" not in ask(box, "GET", "/mailbox/1").text
    assert "(empty)" in ask(box, "GET", "/mailbox/2").text
    assert "(nobody)" in ask(box, "GET", "/mailbox/2").text


def test_programs_get_a_list_of_all_or_of_one_recipients_mails(box: Mailbox) -> None:
    box.add("pay@example.com", ["one@example.com"], receipt())
    box.add("pay@example.com", ["two@example.com"], b"Subject: 2\r\n\r\n")
    assert [mail["id"] for mail in ask(box, "GET", "/mailbox.json").json()["messages"]] == [1, 2]
    assert [mail["id"] for mail in ask(box, "GET", "/mailbox.json?after=1").json()["messages"]] == [2]
    assert ask(box, "GET", "/mailbox.json?after=x").status_code == 400
    (mail,) = ask(box, "GET", "/mailbox.json?to=ONE@example.com").json()["messages"]
    assert mail | {"text": mail["text"].strip()} == {
        "id": 1,
        "receivedAt": "2026-11-21T12:00:00+00:00",
        "from": "pay@example.com",
        "to": ["one@example.com"],
        "subject": "Receipt <script>alert(1)</script>",
        "text": "See http://127.0.0.1:8000/pay/token",
        "html": "<script>alert(2)</script><p>Paid</p>\n",
        "attachments": [{"name": 'Qui"ttung\u2026.pdf', "contentType": "application/pdf", "size": 8}],
    }


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "/mailbox/clear", 303), ("DELETE", "/mailbox.json", 204)]
)
def test_all_mails_can_be_thrown_away(box: Mailbox, method: str, path: str, status: int) -> None:
    box.add("pay@example.com", ["one@example.com"], receipt())
    assert ask(box, method, path).status_code == status
    assert box.messages == []


@pytest.mark.parametrize("path", ["/mailbox/7", "/mailbox/7/html", "/mailbox/1/attachments/5", "/mailbox/x"])
def test_what_is_not_there_is_404(box: Mailbox, path: str) -> None:
    box.add("pay@example.com", ["one@example.com"], receipt())
    assert ask(box, "GET", path).status_code == 404


def test_faults_can_be_set_from_outside_and_replace_each_other(box: Mailbox) -> None:
    wanted = {"refused": ["Gone@example.com"], "put_off": {EVERYBODY: 3}, "delay_seconds": 0.5}
    assert ask(box, "PUT", "/mailbox/faults", json=wanted).json() == wanted | {"refused": ["gone@example.com"]}
    assert ask(box, "GET", "/mailbox/faults").json()["put_off"] == {EVERYBODY: 3}
    assert ask(box, "PUT", "/mailbox/faults", json={}).json() == {"refused": [], "put_off": {}, "delay_seconds": 0}
    assert ask(box, "PUT", "/mailbox/faults", json={"put_off": ["x"]}).status_code == 400


def test_the_script_comes_from_the_mailbox_itself(box: Mailbox) -> None:
    assert ask(box, "GET", "/mailbox/live.js").headers["Content-Type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 bytes"), (999, "999 bytes"), (1_500, "2 KB"), (2_340_000, "2.3 MB")]
)
def test_sizes_are_said_as_people_say_them(count: int, said: str) -> None:
    assert readable_size(count) == said
