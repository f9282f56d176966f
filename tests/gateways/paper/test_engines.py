import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.documents import Document
from gateways.paper import stock
from gateways.paper.engines import KNOWN, engine
from gateways.paper.layouts import Layouts
from gateways.paper.printer import Printer, skeleton
from gateways.paper.skeleton import Skeleton
from proof.benches.documents import CREDIT_NOTE, RECEIPT, SAMPLES, SCRIPTS
from tests.gateways.paper.reading import pixels_of, text_of

OURS = Printer(Layouts().draw)
STOCK = Printer(stock.draw)
WRITTEN = st.text(st.characters(codec="utf-8"), max_size=120)
OTHERS = [
    replace(RECEIPT, title="置き時計, eight-day"),
    replace(RECEIPT, title="ساعة الحائط (1890)", paid_with=None),
    replace(RECEIPT, title="double  space\xa0and <b>markup</b> &amp; \u200bmore"),
    replace(CREDIT_NOTE, cancels=None, lot=None),
]


def assert_drawn_alike(document: Document) -> None:
    """The same pixels; the same bytes too unless a text was escaped, since stock draws such a text in parts."""
    ours, stocks = OURS.print(document), STOCK.print(document)
    assert pixels_of(ours) == pixels_of(stocks)
    if not any(set("&<>\"'") & set(text) for text in skeleton(document).texts):
        assert ours == stocks


def page(body: str, style: str = "") -> Skeleton:
    frames = "@page { size: a4; @frame content { left: 56pt; width: 483pt; top: 56pt; height: 680pt; } }"
    return Skeleton(f"<html><head><style>{frames} {style}</style></head><body>{body}</body></html>", ("one", "two"))


@pytest.mark.parametrize("document", [*SAMPLES.values(), *OTHERS], ids=[*SAMPLES, *map(str, range(len(OTHERS)))])
def test_a_remembered_page_is_stocks_page_to_the_pixel(document: Document) -> None:
    assert_drawn_alike(document)


@settings(max_examples=15, deadline=None)
@given(WRITTEN, WRITTEN)
def test_whatever_is_written_both_draw_the_same(title: str, name: str) -> None:
    assert_drawn_alike(replace(RECEIPT, title=title, maker=replace(RECEIPT.maker, name=name)))


def test_pages_with_one_skeleton_are_read_once_and_differ_in_their_texts() -> None:
    layouts = Layouts()
    printer = Printer(layouts.draw)
    texts = [text_of(printer.print(replace(RECEIPT, number=number, title=number))) for number in ("A-1", "B-22222")]
    assert skeleton(RECEIPT).markup == skeleton(replace(RECEIPT, title="Another")).markup
    assert len(layouts) == 1
    assert "A-1" in texts[0]
    assert "A-1" not in texts[1]


def test_no_more_skeletons_are_remembered_than_there_is_room_for() -> None:
    layouts = Layouts(remembered=2)
    printer = Printer(layouts.draw)
    for document in (RECEIPT, CREDIT_NOTE, SCRIPTS, RECEIPT):
        assert printer.print(document) == STOCK.print(document)
    assert len(layouts) == 2


def test_threads_that_print_at_once_print_what_one_would() -> None:
    documents = [replace(RECEIPT, number=f"CRAFT-2026-{number:06}") for number in range(8)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(OURS.print, documents)) == [STOCK.print(document) for document in documents]


@pytest.mark.parametrize(
    "unknown",
    [
        page("<p>¤0¤</p>" + "<p>more</p>" * 100),
        page('<p>¤0¤</p><div style="position: absolute; top: 0">¤1¤</div>'),
        page("<p>¤0¤</p>", "body { background-color: #eee }"),
        page("<p>¤0¤</p>", "@page other { size: a5 }"),
        page('<p>one</p><p style="display: none">¤1¤</p>'),
    ],
    ids=["more than a page", "placed", "coloured", "two kinds of page", "a hole that is nowhere"],
)
def test_a_page_that_is_not_as_we_know_pages_is_drawn_by_stock(unknown: Skeleton) -> None:
    layouts = Layouts()
    for _ in range(2):
        assert pixels_of(layouts.draw(unknown)) == pixels_of(stock.draw(unknown))


def test_markup_without_a_body_is_drawn_by_stock() -> None:
    unknown = Skeleton("¤0¤", ("one",))
    assert pixels_of(Layouts().draw(unknown)) == pixels_of(stock.draw(unknown))


def test_the_inside_of_the_installed_xhtml2pdf_is_known() -> None:
    assert version("xhtml2pdf") in KNOWN


def test_another_xhtml2pdf_is_used_as_it_is_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        draw = engine("0.9.9")
    assert draw is stock.draw
    assert "xhtml2pdf 0.9.9 is not known" in caplog.text
    assert Printer(draw).print(RECEIPT) == OURS.print(RECEIPT)


def test_a_page_reads_no_file_but_our_fonts() -> None:
    foreign = page('<p>¤0¤</p><img src="/etc/passwd"><img src="http://127.0.0.1:9/x.png">')
    assert stock.draw(foreign).startswith(b"%PDF")
