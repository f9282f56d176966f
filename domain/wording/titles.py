"""Words that strangers wrote (titles, names, lot numbers), made fit to stand in a line of ours."""

from itertools import groupby
from typing import Final
from unicodedata import bidirectional, category, combining, normalize

_ELLIPSIS: Final = "…"
#: Emoji are joined with one of these, and some scripts need the other.
_JOINERS: Final = "\u200c\u200d"
#: Letters of some scripts carry three; more pile up over the lines above.
_MOST_MARKS: Final = 4
_NONCHARACTERS: Final = frozenset(
    map(chr, (*range(0xFDD0, 0xFDF0), *(plane * 0x10000 + last for plane in range(17) for last in (0xFFFE, 0xFFFF))))
)
#: Before an ellipsis these look left over.
_NOT_LAST: Final = " .,;:-\u2013\ufe0f" + _JOINERS
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


def one_line(text: str, longest: int) -> str:
    """Return text as one line of at most so many characters: no line breaks, controls or heaps of accents.

    What is too long ends in an ellipsis, after a whole word where there is one not far before.
    """
    text = text.strip()
    # Nobody reads past this: ten thousand characters need not be looked at one by one.
    head = normalize("NFC", text[: longest * 8])
    clean = " ".join(_without_heaps("".join(_visible(char) for char in head)).split())
    if len(clean) <= longest and len(text) <= longest * 8:
        return clean
    cut = clean[: longest - 1]
    if clean[longest - 1 : longest] != " ":
        at_a_word = cut.rpartition(" ")[0]
        cut = at_a_word if len(at_a_word) * 3 > longest * 2 else cut
    return cut.rstrip(_NOT_LAST) + _ELLIPSIS


def isolated(text: str) -> str:
    """Return text so that, written from right to left, it does not turn round the words beside it."""
    if any(bidirectional(char) in ("R", "AL", "AN") for char in text):
        return f"{_ISOLATE}{text}{_END_OF_ISOLATE}"
    return text


def _visible(char: str) -> str:
    kind = category(char)
    if kind in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    # Formats turn the direction of what follows or hide text; surrogates and private letters are no text at all.
    if kind in ("Cf", "Cs", "Co") and char not in _JOINERS:
        return ""
    # Letters that this Python does not know yet stay: next year's emoji. Noncharacters are none.
    return "" if kind == "Cn" and char in _NONCHARACTERS else char


def _without_heaps(text: str) -> str:
    runs = (list(run) for _, run in groupby(text, key=lambda char: combining(char) > 0))
    return "".join("".join(run[:_MOST_MARKS] if combining(run[0]) else run) for run in runs)
