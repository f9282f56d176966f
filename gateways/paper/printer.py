"""Prints documents."""

from collections.abc import Callable

from domain.documents import Document
from gateways.paper.engines import engine
from gateways.paper.page import page
from gateways.paper.sealing import sealed
from gateways.paper.skeleton import Holes, Skeleton
from gateways.paper.wording import template, wording


class Printer:
    """Prints receipts and credit notes as PDF. One printer serves any number of threads, one page at a time."""

    def __init__(self, draw: Callable[[Skeleton], bytes] | None = None) -> None:
        #: Makes the PDF of a page; the fastest engine for the xhtml2pdf that is installed.
        self._draw = draw or engine()

    def print(self, document: Document) -> bytes:
        """The document as PDF, on one page. The same document gives the same bytes, at any time and in any process.

        Raises:
            Unprintable: this release has no such template, or not its words in the document's language.
        """
        return sealed(self._draw(skeleton(document)), document.at)


def skeleton(document: Document) -> Skeleton:
    """The document's page as markup."""
    words = wording(document.template_version, document.language, document.kind)
    holes = Holes()
    markup = template(document.template_version).render(page=page(document, words), words=words.words, put=holes)
    return Skeleton(markup, tuple(holes.texts))
