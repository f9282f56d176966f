"""What the auction house makes of what it is told."""

import pytest

from sandbox.auction_house.lots import plan_lots
from sandbox.auction_house.record import Book, Ending

SOLD = ("auction.payment_pending", "auction.payment_failed", "auction.sold")


@pytest.fixture
def book() -> Book:
    return Book(plan_lots(1, seed=1, rate=1.0, sale="lot"))


def tell(book: Book, *kinds: str, session: str = "s1", auction: str = "lot-0001") -> None:
    for kind in kinds:
        event = {"type": kind, "data": {"auctionId": auction, "sessionId": session}}
        book.take(kind.partition(".")[0], f"evt-{kind}-{len(book.events)}", kind.encode(), event)


@pytest.mark.parametrize(
    ("kinds", "ending"),
    [
        (SOLD, Ending.SOLD),
        (("auction.payment_pending", "auction.reopened"), Ending.REOPENED),
        ((*SOLD, "order.requested", "auction.refunded", "order.canceled"), Ending.REFUNDED),
        (("auction.payment_pending",), None),
    ],
)
def test_a_lot_ends_as_it_was_told(book: Book, kinds: tuple[str, ...], ending: Ending | None) -> None:
    tell(book, *kinds)
    report = book.report()
    assert report.problems == ()
    assert [record.ending for record in report.records] == [ending]


@pytest.mark.parametrize(
    ("kinds", "wrong"),
    [
        (("auction.sold",), "lot-0001 was told auction.sold after nothing"),
        ((*SOLD, "auction.reopened"), "lot-0001 was told auction.reopened after auction.sold"),
        ((*SOLD, "auction.sold"), "lot-0001 was told auction.sold after auction.sold"),
        (("auction.payment_pending", "auction.payment_pending"), "after auction.payment_pending"),
        (("auction.payment_pending", "auction.invented"), "auction.invented after"),
        (("order.canceled",), "lot-0001 was told order.canceled after nothing"),
    ],
)
def test_what_comes_out_of_order_is_noticed(book: Book, kinds: tuple[str, ...], wrong: str) -> None:
    tell(book, *kinds)
    assert wrong in book.report().problems[0]


def test_a_refused_request_ends_a_lot_only_if_it_was_its_own_and_nothing_came_before(book: Book) -> None:
    buyer = book.records["lot-0001"].lot.buyer_id
    data = {"auctionId": "lot-0001", "sessionId": None, "reason": "auction_has_live_session"}
    refused = {"type": "auction.payment_failed", "data": data}

    book.take("auction", "evt-1", b"1", refused | {"data": data | {"buyerId": "somebody-else"}})
    assert book.report().problems == ()
    book.take("auction", "evt-2", b"2", refused | {"data": data | {"buyerId": buyer}})
    assert book.records["lot-0001"].ending is Ending.REFUSED
    assert book.records["lot-0001"].heard.is_set()
    assert book.report().problems == ("lot-0001 was refused: auction_has_live_session",)


def test_a_refusal_after_a_payment_has_begun_does_not_end_it(book: Book) -> None:
    tell(book, "auction.payment_pending")
    data = {"auctionId": "lot-0001", "sessionId": None, "buyerId": book.records["lot-0001"].lot.buyer_id, "reason": "x"}
    book.take("auction", "evt-9", b"9", {"type": "auction.payment_failed", "data": data})
    tell(book, "auction.sold")
    assert book.report().problems == ()
    assert book.records["lot-0001"].ending is Ending.SOLD


def test_the_same_event_again_is_a_repeat_and_no_news(book: Book) -> None:
    event = {"type": "auction.payment_pending", "data": {"auctionId": "lot-0001", "sessionId": "s1"}}
    book.take("auction", "evt-1", b"body", event)
    book.take("auction", "evt-1", b"body", event)
    report = book.report()
    assert (report.repeats, report.problems) == (1, ())
    assert dict(report.events) == {"auction.payment_pending": 1}


def test_an_id_that_comes_again_with_another_content_is_noticed(book: Book) -> None:
    event = {"type": "auction.payment_pending", "data": {"auctionId": "lot-0001", "sessionId": "s1"}}
    book.take("auction", "evt-1", b"body", event)
    book.take("auction", "evt-1", b"another", event)
    assert book.report().problems == ("evt-1 came again with another content",)


def test_a_second_session_for_a_lot_is_noticed(book: Book) -> None:
    tell(book, "auction.payment_pending")
    tell(book, "auction.reopened", session="s2")
    assert book.report().problems == ("lot-0001 was told of a second session s2",)


def test_auctions_of_earlier_sales_are_listened_to_and_left_alone(book: Book) -> None:
    tell(book, "auction.sold", auction="older-0001")
    report = book.report()
    assert (report.strangers, report.problems, report.ended(Ending.SOLD)) == (1, (), [])
