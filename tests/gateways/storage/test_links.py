"""Links that nobody else can make, and that end."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gateways.storage.links import LinkExpired, LinkForged, SignedLinks

LINKS = SignedLinks("https://pay.example", b"s" * 32)
NOW = datetime(2026, 11, 21, 12, 0, 0, 400_000, tzinfo=UTC)
KEY = "receipts/1.pdf"
HOUR = timedelta(hours=1)


def parts(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query, strict_parsing=True))


def made(filename: str = "1.pdf") -> dict[str, str]:
    return {"key": KEY, **parts(LINKS.make(KEY, filename, NOW, HOUR))}


def test_a_link_ends_at_its_second_and_not_before() -> None:
    assert LINKS.check(**made(), now=NOW + HOUR) == datetime(2026, 11, 21, 13, 0, 1, tzinfo=UTC)
    with pytest.raises(LinkExpired, match="2026-11-21T13:00:01"):
        LINKS.check(**made(), now=datetime(2026, 11, 21, 13, 0, 1, tzinfo=UTC))


@pytest.mark.parametrize("part", ["key", "filename", "expires", "signature"])
@pytest.mark.parametrize("change", ["{}0", "{} ", "", "0{}", "{}=", "ä{}", "{}\n", "\ud800"])
def test_nothing_of_a_link_can_be_changed(part: str, change: str) -> None:
    link = made()
    with pytest.raises(LinkForged):
        LINKS.check(**(link | {part: change.format(link[part])}), now=NOW)


def test_a_link_that_has_ended_cannot_be_prolonged() -> None:
    link = made()
    with pytest.raises(LinkForged):
        LINKS.check(**(link | {"expires": str(int(link["expires"]) + 3600)}), now=NOW + 2 * HOUR)


def test_parts_cannot_be_shifted_into_each_other() -> None:
    one = LINKS.make("a", "b1.pdf", NOW, HOUR)
    for key, filename in (("ab", "1.pdf"), ("ab1", ".pdf"), ("", "ab1.pdf")):
        with pytest.raises(LinkForged):
            LINKS.check(key, filename, parts(one)["expires"], parts(one)["signature"], NOW)


def test_another_secret_signs_other_links() -> None:
    with pytest.raises(LinkForged):
        SignedLinks("https://pay.example", b"t" * 32).check(**made(), now=NOW)


def test_a_signature_of_ours_does_not_make_a_number_of_anything() -> None:
    for expires in ("", "-1", "1e9", "٣", "01", "9" * 13):
        signature = LINKS._signature(KEY, "1.pdf", expires)
        with pytest.raises(LinkForged):
            LINKS.check(KEY, "1.pdf", expires, signature, NOW)


@given(some.text(some.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_filename_survives_its_way_through_an_address(filename: str) -> None:
    link = LINKS.make(KEY, filename, NOW, HOUR)
    got = dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))
    assert link.isascii()
    assert got["filename"] == filename
    assert LINKS.check(KEY, **got, now=NOW) > NOW
