"""A page in two halves: its markup with numbered holes, and what belongs into them.

Pages whose markup is the same differ in nothing but the texts in them: whoever has laid out one can print them all.
"""

import re
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from gateways.paper.fitting import Line
from gateways.paper.lettering import Face

#: A hole: a sign that every face has and no template uses, around a number.
HOLE: Final = re.compile("¤([0-9]+)¤")


class Holes:
    """What a template puts its texts with. It leaves a hole, and remembers the text."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        #: Faces beside Helvetica that the page needs.
        self.faces: set[str] = set()

    def __call__(self, line: Line) -> Markup:
        """A line of text, each face in its own element."""
        return Markup("").join(self._piece(piece.text, piece.face) for piece in line.pieces)

    def plain(self, text: str) -> Markup:
        """A text without faces: for attributes, and for what is Latin in any case."""
        self.texts.append(text)
        return Markup(f"¤{len(self.texts) - 1}¤")  # noqa: S704 our own digits

    def _piece(self, text: str, face: Face) -> Markup:
        if face is Face.LATIN:
            return self.plain(text)
        self.faces.add(face)
        return Markup('<span class="{}">{}</span>').format(face, self.plain(text))


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A page: markup with holes, and the texts for them."""

    markup: str
    texts: tuple[str, ...]

    def html(self) -> str:
        """The whole page. Texts are escaped: none of them is markup."""
        return HOLE.sub(lambda hole: str(escape(self.texts[int(hole[1])])), self.markup)

    def fill(self, text: str) -> str:
        """A text of the page with its holes filled, as it is read."""
        return HOLE.sub(lambda hole: self.texts[int(hole[1])], text)
