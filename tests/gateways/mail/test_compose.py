"""Mails: all kinds, both languages, whatever strangers write, and text and HTML that say the same."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Final

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money
from domain.notices import NoticeContent, NoticeKind, Recipient
from domain.wording.declines import explain
from gateways.mail.colors import DARK, LIGHT
from gateways.mail.compose import WIDTH, compose
from gateways.mail.languages import WORDS
from gateways.mail.scenes import PAYABLE, Scene, scene_of
from tests.gateways.mail.examples import DOCUMENT_LINK, END, LINK, TITLES, all_notices, bare, long_in_yen, notice

ALL: Final = dict(all_notices())
every_mail = pytest.mark.parametrize("content", ALL.values(), ids=ALL.keys())
both_languages = pytest.mark.parametrize("language", ["en", "de"])


def words_of(html: str) -> str:
    """What a reader sees of a page, in one line."""
    body = re.sub(r"(?s)<(style|title).*?</\1>|<div style=\"display:none.*?</div>", "", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@every_mail
def test_a_mail_is_well_formed_html_that_needs_nothing_from_elsewhere(content: NoticeContent) -> None:
    html = compose(content).html

    html5lib.HTMLParser(strict=True).parse(html)
    assert html.startswith("<!doctype html>")
    assert f'<html lang="{content.language}">' in html
    assert not re.search(r"<(img|script|link|iframe|form|object|video|svg)|@import|url\(|@font-face| on\w+=", html)
    for tag in ("table", "tr", "td", "p", "a", "b", "bdi", "span", "div", "h1"):
        assert len(re.findall(rf"<{tag}[ >]", html)) == html.count(f"</{tag}>"), tag
    assert "max-width:560px" in html
    assert len(html) < 12_000


@every_mail
def test_the_button_leads_to_the_buyers_page_and_never_elsewhere(content: NoticeContent) -> None:
    mail = compose(content)
    links = set(re.findall(r'href="([^"]*)"', mail.html))

    assert {unescape(link) for link in links} <= {LINK, DOCUMENT_LINK}
    assert ('<td class="button"' in mail.html) == (LINK in mail.text)
    assert mail.html.count('<td class="button"') <= 1
    if scene_of(content) in PAYABLE and content.link:
        assert LINK in links
    if content.recipient is Recipient.MAKER:
        assert links == set()
        assert LINK not in mail.text


@every_mail
def test_text_and_html_say_the_same(content: NoticeContent) -> None:
    mail = compose(content)
    seen = words_of(mail.html)
    # What is only in one of them: underlines, the bare address, and how it is introduced.
    for block in re.split(r"\n\s*\n", mail.text.replace("-- \n", "")):
        lines = [line for line in block.splitlines() if not set(line.strip()) <= {"="} and "://" not in line]
        if " ".join(" ".join(lines).split()).endswith((":", "):")):
            continue
        for line in lines:
            assert " ".join(line.split()) in seen


@every_mail
def test_the_text_is_at_most_78_columns_wide_and_ends_in_the_reference(content: NoticeContent) -> None:
    text = compose(content).text

    too_wide = [line for line in text.splitlines() if len(line) > WIDTH and "://" not in line and " " in line.strip()]
    assert too_wide == []
    assert "\r" not in text
    assert text.endswith("\n")
    signature = text.partition("\n-- \n")[2]
    assert "4D164853" in signature
    assert any(never in " ".join(signature.split()) for never in ("never ask for", "fragen nie"))


@every_mail
def test_a_subject_is_one_line_of_sane_length_and_nothing_is_left_to_be_filled_in(content: NoticeContent) -> None:
    mail = compose(content)

    for line in (mail.subject, mail.preheader):
        assert line == " ".join(line.split(" "))
        assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e]", line)
        assert 10 < len(line) <= 120
    title = content.title or ""
    filled = mail.text.replace("{amount}", "") if "{amount}" in title else mail.text
    assert "{" not in filled.replace("{{ 7 * 7 }}", "")
    assert "None" not in mail.text


@every_mail
def test_a_mail_says_what_happens_if_its_reader_does_nothing(content: NoticeContent) -> None:
    said = " ".join(compose(content).text.split())

    assert any(word in said for word in ("If you do nothing,", "You need not", "Wenn Sie nichts tun,", "Sie müssen"))


@every_mail
def test_only_known_colors_are_used(content: NoticeContent) -> None:
    without_titles = compose(replace(content, title="Clock")).html
    used = set(re.findall(r"#[0-9a-f]{6}\b", without_titles))

    assert used <= {*LIGHT.values(), *DARK.values()}


def test_every_kind_has_its_mail_and_no_scene_is_without_a_notice() -> None:
    told = {scene_of(content) for content in ALL.values()}

    assert told == set(Scene)
    assert {content.kind for content in ALL.values()} == set(NoticeKind)
    for words in WORDS.values():
        assert set(words.letters) == set(Scene)
    assert WORDS["en"].phrases.keys() == WORDS["de"].phrases.keys()
    assert len(WORDS["en"].numbers) == len(WORDS["de"].numbers)


def test_both_languages_fill_in_the_same_facts() -> None:
    for scene in Scene:
        english, german = (WORDS[tag].letters[scene] for tag in ("en", "de"))
        assert bool(english.button) == bool(german.button)
        assert re.findall(r"\{\w+\}", english.note) == re.findall(r"\{\w+\}", german.note)
        for part in ("subject", "preheader", "lead"):
            named = [sorted(re.findall(r"\{\w+\}", getattr(one, part))) for one in (english, german)]
            assert named[0] == named[1], (scene, part)


@pytest.mark.parametrize(
    ("kind", "english", "german"),
    [
        (
            NoticeKind.PAYMENT_REQUIRED,
            "Please pay for lot 14 by Thu 19 Nov, 17:04 UTC",
            "Bitte bezahlen Sie Los 14 bis Do., 19. Nov., 17:04 UTC",
        ),
        (NoticeKind.REMINDER, "2 hours left to pay for lot 14", "Noch 2 Stunden für Los 14"),
        (
            NoticeKind.PAYMENT_FAILED,
            "Your bank declined the payment for lot 14: a fresh link",
            "Ihre Bank hat die Zahlung für Los 14 abgelehnt: ein neuer Link",
        ),
        (
            NoticeKind.PAYMENT_RECEIVED,
            "Paid: lot 14, receipt CRAFT-2026-004230",
            "Bezahlt: Los 14, Quittung CRAFT-2026-004230",
        ),
        (NoticeKind.LOT_PAID, "Lot 14 is paid: $1,240.00", "Los 14 ist bezahlt: 1.240,00 $"),
        (
            NoticeKind.WINDOW_EXTENDED,
            "You have more time for lot 14: until Thu 19 Nov, 17:04 UTC",
            "Mehr Zeit für Los 14: bis Do., 19. Nov., 17:04 UTC",
        ),
        (
            NoticeKind.WINDOW_EXPIRED,
            "The time to pay for lot 14 is over; you owe nothing",
            "Die Frist für Los 14 ist vorbei; Sie schulden nichts",
        ),
        (
            NoticeKind.LOT_NOT_PAID,
            "Lot 14 was not paid; it is free again",
            "Los 14 wurde nicht bezahlt und ist wieder frei",
        ),
        (
            NoticeKind.REFUNDED,
            "$1,240.00 is on its way back to you",
            "1.240,00 $ sind auf dem Rückweg zu Ihnen",
        ),
    ],
)
def test_subjects_carry_the_lot_and_the_deadline_or_the_outcome(kind: NoticeKind, english: str, german: str) -> None:
    subjects = [compose(notice(kind, language)).subject.replace("\N{NO-BREAK SPACE}", " ") for language in ("en", "de")]

    assert subjects == [english, german]


@both_languages
@pytest.mark.parametrize("code", ["insufficient_funds", "authentication_required", "stolen_card", "next_years_code"])
def test_a_decline_is_told_in_the_words_of_the_page(language: str, code: str) -> None:
    said = " ".join(compose(notice(NoticeKind.PAYMENT_FAILED, language, decline_code=code)).text.split())
    declined = explain(code, language)

    assert said.startswith(declined.title)
    assert declined.reason in said
    assert declined.advice in said
    assert code not in said


def test_tries_that_are_left_are_told_in_words() -> None:
    def said(left: int | None) -> str:
        return " ".join(compose(notice(NoticeKind.PAYMENT_FAILED, attempts_left=left)).text.split())

    assert "Two tries are left." in said(2)
    assert "One try is left." in said(1)
    assert "12 tries are left." in said(12)
    assert "You can still pay until the time below." in said(0)
    assert "left." not in said(None)


def test_the_next_try_that_opens_by_itself_has_its_time() -> None:
    with_one = compose(notice(NoticeKind.PAYMENT_FAILED, next_attempt_at=END - timedelta(minutes=30))).text
    without = compose(notice(NoticeKind.PAYMENT_FAILED, next_attempt_at=None)).text

    assert "a fresh try opens at 16:34 UTC" in " ".join(with_one.split())
    assert "fresh try" not in without


def test_refunds_say_how_much_of_it_and_why() -> None:
    def said(**changes: object) -> str:
        return " ".join(compose(notice(NoticeKind.REFUNDED, **changes)).text.split())

    assert "all that you paid" in said()
    assert "a part of what you paid" in said(refunded=Money("USD", 100))
    assert "$1.00" in said(refunded=Money("USD", 100))
    assert "You paid twice." in said(reason="duplicate")
    assert "came after the time to pay was over" in said(reason="late")
    assert "$1,240.00" in said(refunded=None)


def test_without_a_receipt_the_buyer_is_told_that_it_follows() -> None:
    mail = compose(notice(NoticeKind.PAYMENT_RECEIVED, document_number=None))

    assert mail.subject == "Paid: lot 14"
    assert "Your receipt follows by e-mail." in " ".join(mail.text.split())
    assert DOCUMENT_LINK not in mail.text


def test_a_link_to_the_receipt_is_in_both_parts() -> None:
    mail = compose(notice(NoticeKind.PAYMENT_RECEIVED))

    assert f"\n{DOCUMENT_LINK}\n" in mail.text
    assert f'href="{DOCUMENT_LINK.replace("&", "&amp;")}"' in mail.html


def test_the_maker_gets_the_payout_as_far_as_it_is_known() -> None:
    assert "Your payout is $1,116.00" in " ".join(compose(notice(NoticeKind.LOT_PAID)).text.split())
    assert "payout" not in compose(notice(NoticeKind.LOT_PAID, payout=None)).text


def test_a_maker_is_not_told_who_did_not_pay() -> None:
    assert "Ada Quist" in compose(notice(NoticeKind.LOT_PAID)).text
    assert "Ada Quist" not in compose(notice(NoticeKind.LOT_NOT_PAID)).text
    assert "ada@example.com" not in compose(notice(NoticeKind.LOT_PAID)).html


def test_nothing_but_what_must_be_is_needed() -> None:
    mail = compose(bare())

    assert mail.subject == "Please pay for the lot of auction auction-14 by Thu 19 Nov, 17:04 UTC"
    assert "Auction auction-14" in mail.html
    assert "write to us for a new one" in " ".join(mail.text.split())
    assert "Questions? Answer this e-mail." in " ".join(mail.text.split())
    assert "auction-14" in compose(bare(language="de")).subject


def test_a_lot_without_a_title_is_called_by_its_number() -> None:
    said = compose(notice(title=None)).text

    assert "  Your lot · Haldrick Clockworks\n  Lot 14\n" in said


def test_an_amount_without_cents_has_none() -> None:
    mail = compose(long_in_yen())

    assert "¥48,000" in mail.text
    assert "¥48,000" in mail.html
    assert "…" in mail.text


@both_languages
@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES.keys())
def test_a_strange_title_does_not_break_a_mail(language: str, title: str) -> None:
    for lot in ("14", None):
        mail = compose(notice(language=language, title=title, lot=lot))
        assert "<script" not in mail.html
        assert "<b>bold" not in mail.html
        assert len(mail.subject) <= 120
        assert "\n" not in mail.subject
        assert len(mail.text) < 2_000
        assert "49" not in mail.subject


@given(st.text(max_size=300), st.text(max_size=80), st.text(max_size=80))
def test_whatever_strangers_write_the_html_stays_whole(title: str, lot: str, name: str) -> None:
    content = notice(NoticeKind.PAYMENT_RECEIVED, title=title, lot=lot)
    mail = compose(replace(content, maker=replace(content.maker, name=name)))

    html5lib.HTMLParser(strict=True).parse(mail.html)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", mail.subject)
    mail.subject.encode()
    mail.text.encode()


def test_text_from_right_to_left_does_not_turn_round_the_words_beside_it() -> None:
    mail = compose(notice(title=TITLES["right-to-left"], lot=None))

    assert "\u2068" in mail.subject
    assert mail.subject.index("\u2069") < mail.subject.index("by Thu")
    assert 'dir="auto"' in mail.html


@pytest.mark.parametrize("kind", [NoticeKind.PAYMENT_REQUIRED, NoticeKind.REMINDER, NoticeKind.PAYMENT_FAILED])
def test_a_notice_without_its_time_is_a_mistake(kind: NoticeKind) -> None:
    with pytest.raises(ValueError, match=f"{kind} lacks window_end"):
        compose(notice(kind, window_end=None))


def test_an_end_that_is_not_known_is_left_out() -> None:
    mail = compose(notice(NoticeKind.WINDOW_EXPIRED, window_end=None))

    assert "not charged\n\n" in mail.text
    assert "Ended" not in mail.html


def test_a_buyers_notice_is_never_written_to_the_maker() -> None:
    content = replace(notice(NoticeKind.PAYMENT_REQUIRED), recipient=Recipient.MAKER)

    with pytest.raises(ValueError, match="payment_required is not for the maker"):
        compose(content)


def test_a_language_that_we_do_not_speak_is_answered_in_english() -> None:
    assert compose(notice(language="fr")).language == "en"
    assert compose(notice(language="de-AT")).language == "de"


def test_the_same_notice_is_the_same_mail() -> None:
    assert compose(notice()) == compose(notice())
