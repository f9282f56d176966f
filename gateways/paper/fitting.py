"""Fits a text into the room that it has on the page: broken into lines, shortened where there are too many."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from gateways.paper.lettering import ELLIPSIS, Piece, breaks_after, from_right_to_left, pieces, printable, width

#: Lines are made this much narrower than their room, so that the typesetter never breaks them once more (points).
_MARGIN: Final = 1.0
#: An ellipsis stands after a whole word, unless more than this many letters would be lost by it.
_WORD: Final = 16
#: Nothing of this stands before an ellipsis.
_LOOSE: Final = " ,;:.-\u2013" + ELLIPSIS


@dataclass(frozen=True)
class Line:
    """One line of a text, as it is set."""

    text: str

    @cached_property
    def pieces(self) -> list[Piece]:
        """Its letters by faces, in the order they are read."""
        return pieces(self.text)

    @property
    def from_right_to_left(self) -> bool:
        """Which way it is read as a whole."""
        return from_right_to_left(self.text)


@dataclass(frozen=True, slots=True)
class Room:
    """A place on the page: its width and size of letters in points, and how many lines it holds."""

    width: float
    size: float = 10
    bold: bool = False
    lines: int = 1
    #: Break sentences where they pause, if that leaves lines more than a third full.
    at_pauses: bool = False

    def fit(self, text: str | None) -> tuple[Line, ...]:
        """Lines that fit; none where nothing of the text can be printed, or there is none."""
        rest = printable(text or "")
        if not rest.strip(ELLIPSIS + " "):
            return ()
        found: list[str] = []
        while rest and len(found) < self.lines - 1:
            end = self._first(rest)
            found.append(rest[:end].rstrip())
            rest = rest[end:].lstrip()
        if rest:
            found.append(self._shortened(rest))
        return tuple(map(Line, found))

    def _holds(self, text: str) -> bool:
        return width(text, size=self.size, bold=self.bold) <= self.width - _MARGIN

    def _most(self, text: str, tail: str = "") -> int:
        """How many letters fit before a tail; at least one."""
        low, high = 1, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._holds(text[:middle] + tail) else (low, middle - 1)
        return low

    def _first(self, text: str) -> int:
        """Where the first line of a text ends."""
        if self._holds(text):
            return len(text)
        most = self._most(text)
        pause = max(text.rfind(mark, most // 3, most) for mark in (". ", ", ")) if self.at_pauses else -1
        if pause > 0:
            return pause + 1
        if text[most] == " ":
            return most
        return next((at for at in range(most, 0, -1) if breaks_after(text[at - 1])), most)

    def _shortened(self, text: str) -> str:
        if self._holds(text):
            return text
        most = self._most(text, ELLIPSIS)
        word = text.rfind(" ", max(0, most - _WORD), most + 1)
        return text[: word if word > 0 else most].rstrip(_LOOSE) + ELLIPSIS
