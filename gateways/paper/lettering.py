"""Letters: what of a text can be printed, and in which faces.

Helvetica, which every viewer has, prints Latin-1 and its typographic signs. A text that holds anything else is set as a
whole in DejaVu Sans Condensed, which is embedded, because one word in two faces looks broken. Chinese, Japanese and
Korean come from the viewer's own faces: an embedded one would be larger than this whole program.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final
from unicodedata import bidirectional, category, normalize

from arabic_reshaper import ArabicReshaper
from reportlab.lib.fonts import addMapping
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import getRegisteredFontNames, registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont

FONTS: Final = Path(__file__).parent / "fonts"
ELLIPSIS: Final = "…"
#: Longer texts are cut before they are looked at: no field of a page has room for more.
LONGEST: Final = 1_000

_LATIN: Final = frozenset(
    bytes(code for code in range(0x20, 0x100) if code not in {0x7F, 0x81, 0x8D, 0x8F, 0x90, 0x9D, 0xA0, 0xAD}).decode(
        "cp1252"
    )
)
_ARABIC: Final = re.compile("[\u0600-\u06ff\u0750-\u077f]")
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_KANA: Final = re.compile("[\u3040-\u30ff\u31f0-\u31ff]")
_CJK: Final = re.compile(
    "[\u1100-\u11ff\u3000-\u303f\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\uff00-\uffef]"
)
#: Stacks of accents reach into the lines above; no script needs more than two that NFC does not compose.
_ACCENT: Final = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
_STACKED: Final = re.compile(f"({_ACCENT}{{2}}){_ACCENT}+")
#: Letters join after these, or do not; they matter until the letters are joined.
_JOINERS: Final = "\u200c\u200d"


class Face(StrEnum):
    """A typeface; its value is the class in the style sheets of the templates."""

    LATIN = "latin"
    WIDE = "wide"
    HAN = "han"
    KANA = "kana"
    HANGUL = "hangul"


#: What ReportLab and xhtml2pdf know the faces by: regular, bold.
_NAMES: Final = {
    Face.LATIN: ("Helvetica", "Helvetica-Bold"),
    Face.WIDE: ("paper_00", "paper_10"),
    Face.HAN: ("STSong-Light", "STSong-Light"),
    Face.KANA: ("HeiseiKakuGo-W5", "HeiseiKakuGo-W5"),
    Face.HANGUL: ("HYSMyeongJo-Medium", "HYSMyeongJo-Medium"),
}
_FILES: Final = ("DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf")


@dataclass(frozen=True, slots=True)
class Piece:
    """Letters of one face."""

    text: str
    face: Face


def printable(text: str) -> str:
    """What of a text can be printed, in one line, its Arabic letters joined; in the order it is read.

    Control characters go, those that turn the direction of text above all: nobody makes an amount read backwards.
    Pictures without a glyph, such as most emoji, are left out: a box says nothing, and looks like a mistake. Letters
    without a glyph become an ellipsis, since something that was said is missing.
    """
    cut = text[:LONGEST] + (ELLIPSIS if len(text) > LONGEST else "")
    plain = " ".join(cut.split())
    if _LATIN.issuperset(plain):
        return plain
    kept = "".join(letter for letter in normalize("NFC", plain) if letter in _JOINERS or category(letter)[0] != "C")
    flat = _STACKED.sub(r"\1", kept)
    shaped = _joined(flat) if _ARABIC.search(flat) else flat
    return " ".join("".join(_with_glyphs(shaped)).split())


def pieces(text: str) -> list[Piece]:
    """A printable text by faces. Spaces stay with the letters before them."""
    if _LATIN.issuperset(text):
        return [Piece(text, Face.LATIN)]
    asian = Face.HANGUL if _HANGUL.search(text) else Face.KANA if _KANA.search(text) else Face.HAN
    others = Face.LATIN if _LATIN.issuperset(_CJK.sub("", text)) else Face.WIDE

    found: list[tuple[Face, str]] = []
    for letter in text:
        face = asian if _CJK.match(letter) else others
        found.append((found[-1][0] if found and letter == " " else face, letter))
    return [Piece("".join(letter for _, letter in run), face) for face, run in groupby(found, key=lambda each: each[0])]


def width(text: str, *, size: float, bold: bool = False) -> float:
    """How wide a printable text is set, in points."""
    return sum(float(stringWidth(piece.text, font(piece.face, bold=bold), size)) for piece in pieces(text))


def breaks_after(letter: str) -> bool:
    """Whether a line may end behind this letter."""
    return letter in " -/" or _CJK.match(letter) is not None


def from_right_to_left(text: str) -> bool:
    """Whether a text as a whole is read from right to left: its first letter tells (UAX #9, P2)."""
    strong = next((kind for kind in map(bidirectional, text) if kind in {"L", "R", "AL"}), "L")
    return strong != "L"


def font(face: Face, *, bold: bool = False) -> str:
    """ReportLab's name of a face, which is known to it from now on."""
    name = _NAMES[face][bold]
    if face is Face.WIDE:
        _wide()
    elif face is not Face.LATIN and name not in getRegisteredFontNames():
        registerFont(UnicodeCIDFont(name))
    return name


def _with_glyphs(text: str) -> Iterator[str]:
    glyphs, missing = _wide(), False
    for letter in text:
        found = letter in _LATIN or ord(letter) in glyphs or _CJK.match(letter)
        if found and letter not in _JOINERS:
            missing = missing and letter == " "
            yield letter
        elif category(letter)[0] in "LN" and not missing:
            missing = True
            yield ELLIPSIS


@cache
def _wide() -> frozenset[int]:
    """Make DejaVu known to ReportLab, under the names that xhtml2pdf gives it; what it has glyphs for."""
    both = [TTFont(name, FONTS / file) for name, file in zip(_NAMES[Face.WIDE], _FILES, strict=True)]
    for bold, each in enumerate(both):
        registerFont(each)
        for italic in (0, 1):
            addMapping("paper", bold, italic, each.fontName)
    return frozenset(both[0].face.charToGlyph) & frozenset(both[1].face.charToGlyph)


@cache
def _reshaper() -> Callable[[str], str]:
    """DejaVu has the joined forms of letters, and no ligature for the name of God."""
    reshape: Callable[[str], str] = ArabicReshaper(configuration={"ARABIC LIGATURE ALLAH": False}).reshape
    return reshape


def _joined(text: str) -> str:
    return _reshaper()(text)
