"""xhtml2pdf with its first half remembered.

Half of a page's time goes into reading markup and styles, and a quarter into setting the page a second time to learn
how many pages there are. Pages with the same skeleton differ in nothing but texts, so what was read is kept, copied,
and its holes are filled; and there is one page, as is checked afterwards.

This reaches into xhtml2pdf, so it serves the versions that `engines` names, and is tested to draw what `stock` draws,
to the pixel. A page that is not as this module knows pages is drawn by `stock`.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from reportlab.platypus.paraparser import ParaFrag
from xhtml2pdf import document as xhtml2pdf
from xhtml2pdf.config.resources import render_budget, use_policy
from xhtml2pdf.context import pisaContext
from xhtml2pdf.default import DEFAULT_PAGE_NAME
from xhtml2pdf.files import cleanFiles
from xhtml2pdf.util import reset_caches
from xhtml2pdf.xhtml2pdf_reportlab import PmlBaseDoc

from gateways.paper import stock
from gateways.paper.skeleton import HOLE, Skeleton

#: Skeletons remembered, at some 200 kB each. A house has a handful: by language, kind, and what is known of a lot.
REMEMBERED: Final = 64
_BODY: Final = re.compile("<body>.*</body>", re.DOTALL)


class _Unfit(Exception):
    """The page is not as this module knows pages."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """A page that was read, with holes. It is never drawn itself: drawing changes it."""

    story: list[Any]
    templates: list[Any]
    #: The texts that have holes.
    frags: list[Any]
    size: tuple[float, float]
    meta: Mapping[str, str]
    language: str


class Layouts:
    """Draws pages, and remembers their skeletons. One page at a time in a process, as xhtml2pdf itself does."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._layouts: OrderedDict[str, _Layout | None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._layouts)

    def draw(self, skeleton: Skeleton) -> bytes:
        """The page as PDF, as `stock` draws it."""
        lock = xhtml2pdf._RENDER_LOCK  # noqa: SLF001 ReportLab's state is the process's: whoever draws holds this
        with lock, use_policy(stock.POLICY), render_budget(stock.POLICY):
            try:
                layout = self._layout(skeleton.markup)
                if layout is not None:
                    return _drawn(layout, skeleton)
            except _Unfit:
                self._remember(skeleton.markup, None)
            finally:
                cleanFiles()
                reset_caches()
        return stock.draw(skeleton)

    def _layout(self, markup: str) -> _Layout | None:
        if markup in self._layouts:
            self._layouts.move_to_end(markup)
            return self._layouts[markup]
        return self._remember(markup, _read(markup))

    def _remember(self, markup: str, layout: _Layout | None) -> _Layout | None:
        self._layouts[markup] = layout
        while len(self._layouts) > self._remembered:
            self._layouts.popitem(last=False)
        return layout


def _read(markup: str) -> _Layout:
    """What xhtml2pdf makes of markup before it draws."""
    context = pisaContext(stock.DOCUMENT)
    xhtml2pdf.pisaStory(markup, stock.DOCUMENT, context=context, encoding="utf-8", resource_policy=stock.POLICY)
    if (
        context.err
        or context.positioned
        or context.pageCanvasBackground
        or list(context.templateList) != [DEFAULT_PAGE_NAME]
    ):
        raise _Unfit
    # What is kept is itself a copy: `deepcopy` notes each object that it makes, and so all texts are found in them.
    made: dict[int, Any] = {}
    story, templates = deepcopy((context.story, list(context.templateList.values())), made)
    frags = [part for part in made.values() if isinstance(part, ParaFrag) and _is_holed(part)]
    body = _BODY.search(markup)
    wanted = sorted(HOLE.findall(body[0])) if body else None
    if wanted != sorted(hole for frag in frags for hole in HOLE.findall(frag.text)):
        raise _Unfit
    return _Layout(story, templates, frags, context.pageSize, context.meta, context.lang_tag)


def _is_holed(frag: Any) -> bool:
    return isinstance(frag.text, str) and HOLE.search(frag.text) is not None


def _drawn(layout: _Layout, skeleton: Skeleton) -> bytes:
    copies: dict[int, Any] = {}
    story, templates = deepcopy((layout.story, layout.templates), copies)
    for frag in layout.frags:
        copies[id(frag)].text = skeleton.fill(frag.text)
    out = BytesIO()
    doc = PmlBaseDoc(
        out,
        pagesize=layout.size,
        author=skeleton.fill(layout.meta["author"]).strip(),
        subject=skeleton.fill(layout.meta["subject"]).strip(),
        keywords=[],
        title=skeleton.fill(layout.meta["title"]).strip(),
        showBoundary=0,
        encrypt=None,
        allowSplitting=1,
        lang=layout.language or None,
    )
    doc.addPageTemplates(templates)
    doc.pisaPositioned = []
    doc.build(story)
    if doc.page != 1:
        raise _Unfit
    return out.getvalue()
