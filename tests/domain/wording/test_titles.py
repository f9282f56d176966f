"""Words of strangers: one line, of bounded length, that stands still beside ours."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.wording.titles import isolated, one_line


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Walnut clock", "Walnut clock"),
        ("  Walnut \r\n\t clock \u2028", "Walnut clock"),
        ("Clock\x00\x1b[31m\x7f", "Clock [31m"),
        ("clock \u202egnp\u202c \u200fend", "clock gnp end"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("\ufeff\u200bClock\ufdd0\U0001ffff\ue000", "Clock"),
        ("👩🏽‍🔧 clock", "👩🏽‍🔧 clock"),
        ("q\u0335\u0322\u0300\u0301\u0302\u0303\u0304b", "q\u0335\u0322\u0300\u0301b"),
        ("\ud800", ""),
        ("", ""),
    ],
)
def test_a_line_holds_only_what_can_be_read(written: str, shown: str) -> None:
    assert one_line(written, 40) == unicodedata.normalize("NFC", shown)


def test_what_is_too_long_ends_after_a_word() -> None:
    assert one_line("Walnut bracket clock, eight-day movement", 22) == "Walnut bracket clock…"
    assert one_line("Walnut bracket clock", 20) == "Walnut bracket clock"
    assert one_line("Walnut bracket clocks", 20) == "Walnut bracket…"
    assert one_line("Uhrwerk" * 2000, 20) == "UhrwerkUhrwerkUhrwe…"
    assert one_line("\n" * 10_000 + "Clock", 20) == "Clock"


@given(st.text(max_size=400), st.integers(4, 60))
def test_a_line_is_never_longer_than_asked(text: str, longest: int) -> None:
    line = one_line(text, longest)

    assert len(line) <= longest
    assert line == " ".join(line.split())
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in line)
    line.encode()


def test_only_what_runs_from_right_to_left_is_set_apart() -> None:
    assert isolated("Walnut clock") == "Walnut clock"
    assert isolated("\u0633\u0627\u0639\u0629") == "\u2068\u0633\u0627\u0639\u0629\u2069"
    assert isolated("\u05e9\u05e2\u05d5\u05df 14") == "\u2068\u05e9\u05e2\u05d5\u05df 14\u2069"
