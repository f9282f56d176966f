"""Names under which browsers keep files."""

from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gateways.storage.filenames import content_disposition, media_type, safe_filename


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("CRAFT-2026-000001.pdf", "CRAFT-2026-000001.pdf"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("C:\\x.pdf", "C--x.pdf"),
        ('a"; filename="b.exe', "a-; filename=-b.exe"),
        ("a\r\nSet-Cookie: x", "a--Set-Cookie- x"),
        ("gpj.\u202efdp.exe", "gpj.-fdp.exe"),
        ("", "receipt"),
        (" . ", "receipt"),
        ("x" * 200 + ".pdf", "x" * 116 + ".pdf"),
        ("Zürich.pdf", "Zürich.pdf"),
    ],
)
def test_a_name_is_made_safe_and_stays_near(given_name: str, kept: str) -> None:
    assert safe_filename(given_name) == kept


def test_letters_beyond_ascii_are_told_to_those_who_know_them() -> None:
    header = content_disposition("Zürich.pdf")
    assert header == "attachment; filename=\"Z_rich.pdf\"; filename*=UTF-8''Z%C3%BCrich.pdf"


@given(some.text(max_size=200))
def test_any_name_makes_a_header_of_one_plain_line(name: str) -> None:
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    message = Message()
    message["content-disposition"] = header
    assert message.get_content_disposition() == "attachment"
    read = message.get_filename()
    assert read is not None
    assert len(read) <= 120
    assert "/" not in read


def test_what_is_no_pdf_is_nothing_that_a_browser_opens() -> None:
    assert media_type("a/b.pdf") == "application/pdf"
    assert media_type("a/b.html") == media_type("a/b") == "application/octet-stream"
