from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.documents import House, Party
from gateways.paper.fitting import Room
from gateways.paper.lettering import ELLIPSIS, Face, pieces, printable, width
from gateways.paper.printer import Printer
from proof.benches.documents import RECEIPT
from tests.gateways.paper.reading import text_of

PRINTER = Printer()
TITLE = Room(200, lines=3)
ANY = st.text(st.characters(codec=None), max_size=400)


def said(text: str, room: Room = TITLE) -> list[str]:
    return [line.text for line in room.fit(text)]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<script>alert('x')</script>", "<script>alert('x')</script>"),
        ("</p></td></table><pdf:nextpage>", "</p></td></table><pdf:nextpage>"),
        ("Fish & chips &amp; &lt;b&gt;", "Fish & chips &amp; &lt;b&gt;"),
        ("¤0¤ ¤1¤", "¤0¤ ¤1¤"),
        ("{{ page }} {% raw %}", "{{ page }} {% raw %}"),
        ("Clock\x00\r\n\twith\u2028breaks", "Clock with breaks"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("Walnut \U0001f389 clock \U0001f468\u200d\U0001f469\u200d\U0001f467", "Walnut clock"),
        ("Clock\xa0of\xadnote", "Clock ofnote"),
        ("Zegar ścienny", "Zegar ścienny"),
        ("สวัสดี clock นาฬิกา", "… clock …"),
    ],
)
def test_a_title_is_printed_as_it_is_written_as_far_as_it_can_be(title: str, shown: str) -> None:
    assert shown in text_of(PRINTER.print(replace(RECEIPT, title=title)))


@pytest.mark.parametrize("title", ["W" * 10_000, "wide " * 2_000, "漢" * 10_000, "ש" * 10_000, "<b>" * 3_333])
def test_ten_thousand_letters_become_three_lines_and_an_ellipsis(title: str) -> None:
    lines = said(title)
    assert len(lines) == 3
    assert lines[-1].endswith(ELLIPSIS)
    text_of(PRINTER.print(replace(RECEIPT, title=title)))


def test_stacks_of_accents_are_cut() -> None:
    assert printable("Z" + "\u0301\u0302\u0303\u0304\u0305" * 50) == "\u0179\u0302\u0303"


def test_arabic_letters_are_joined_and_read_from_right_to_left() -> None:
    (line,) = TITLE.fit("ساعة الحائط")
    assert line.from_right_to_left
    assert set(line.text) <= set("\ufeb3\ufe8e\ufecb\ufe94 \ufe8d\ufedf\ufea4\ufe8e\ufe8b\ufec2")


def test_hebrew_stands_in_readable_order_on_the_page() -> None:
    assert "שעון קיר (1890), מנגנון" in text_of(PRINTER.print(replace(RECEIPT, title="שעון קיר (1890), מנגנון")))


@pytest.mark.parametrize(
    ("text", "faces"),
    [
        ("Clock – “Öl” €5 …", [Face.LATIN]),
        ("Zegar ścienny", [Face.WIDE]),
        ("置時計", [Face.HAN]),
        ("置き時計", [Face.KANA]),
        ("시계", [Face.HANGUL]),
        ("置き時計 clock", [Face.KANA, Face.LATIN]),
        ("置き時計 часы", [Face.KANA, Face.WIDE]),
    ],
)
def test_a_text_is_set_in_one_face_unless_it_cannot_be(text: str, faces: list[Face]) -> None:
    assert [piece.face for piece in pieces(text)] == faces
    assert "".join(piece.text for piece in pieces(text)) == text


def test_lines_break_between_words_and_after_hyphens() -> None:
    assert said("A walnut bracket clock of the eight-day kind, by Haldrick") == [
        "A walnut bracket clock of the eight-day kind,",
        "by Haldrick",
    ]
    assert said("x" * 10 + "-" + "y" * 40, Room(150, lines=2))[0] == "x" * 10 + "-"


def test_a_text_is_shortened_after_a_whole_word_and_without_a_comma_before_the_ellipsis() -> None:
    assert said("A walnut clock, very old and very good", Room(80)) == ["A walnut clock…"]


def test_sentences_break_where_they_pause() -> None:
    room = Room(170, lines=2, at_pauses=True)
    assert said("To Mastercard ending in 4444, in 5 to 10 days", room) == [
        "To Mastercard ending in 4444,",
        "in 5 to 10 days",
    ]


@settings(max_examples=200, deadline=None)
@given(ANY, st.integers(50, 300), st.integers(1, 4), st.booleans())
def test_whatever_is_written_fits_its_room(text: str, points: int, lines: int, bold: bool) -> None:
    room = Room(points, lines=lines, bold=bold)
    found = room.fit(text)
    assert len(found) <= lines
    for line in found:
        assert line.text == line.text.strip()
        assert line.text
        assert width(line.text, size=room.size, bold=bold) <= points


@settings(max_examples=25, deadline=None)
@given(title=ANY, name=ANY, number=ANY, address=st.lists(ANY, max_size=20))
def test_whatever_is_written_the_page_is_one_page(title: str, name: str, number: str, address: list[str]) -> None:
    document = replace(
        RECEIPT,
        title=title,
        lot=number,
        auction_id=number,
        buyer=Party(number, name, name),
        maker=Party(number, name),
        house=House(name, tuple(address), title),
    )
    assert "Total paid 1,240.00" in text_of(PRINTER.print(document))
