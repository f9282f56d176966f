"""What stands on paper, and what its number is."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.documents import Document, DocumentKind, House, PaidWith, Party
from domain.freezing import freeze, thaw
from domain.ids import SessionId
from domain.money import Money
from domain.receipts import Stationery, draw_up, language_of, number_of, series_of
from domain.transaction import RefundStatus
from tests.domain.lives import AFTERMATHS, PAID, refund
from tests.domain.payments import ASKED, NOW, a_payment, end, paid, told

DOCUMENT = Document(
    kind=DocumentKind.CREDIT_NOTE,
    number="CRAFT-C-2026-000001",
    language="de",
    template_version="2025-09-15",
    house=House("A house", ("A street", "A town"), "a@example.com"),
    buyer=Party("b", "Béla", "b@example.com"),
    maker=Party("m"),
    session_id=SessionId(UUID(int=1)),
    auction_id="a",
    lot=None,
    title="🏺 \u202eesav",
    at=NOW,
    price=Money("JPY", 5),
    fees=Money("JPY", 0),
    total=Money("JPY", 5),
    paid_with=PaidWith("card", "visa", "4242"),
    cancels="CRAFT-2026-000001",
    in_full=True,
)


def test_what_is_frozen_thaws_to_the_same() -> None:
    assert thaw(freeze(DOCUMENT)) == DOCUMENT


@given(st.text(), st.datetimes(timezones=st.just(UTC)), st.integers(0, 10**12))
def test_whatever_stands_on_it(title: str, at: datetime, minor: int) -> None:
    values = freeze(DOCUMENT) | {"title": title, "at": at.isoformat(), "total": {"currency": "USD", "minor": minor}}
    document = thaw(values)
    assert (document.title, document.at, document.total) == (title, at, Money("USD", minor))
    assert freeze(document) == values


def test_what_another_release_froze_is_read_as_far_as_it_goes() -> None:
    values = freeze(DOCUMENT) | {"of_tomorrow": 1}
    del values["in_full"], values["cancels"]
    document = thaw(values)
    assert (document.cancels, document.in_full) == (None, False)
    del values["number"]
    with pytest.raises(TypeError):
        thaw(values)


@pytest.mark.parametrize(
    ("kind", "number_no", "number"),
    [
        (DocumentKind.RECEIPT, 1, "CRAFT-2026-000001"),
        (DocumentKind.RECEIPT, 1_234_567, "CRAFT-2026-1234567"),
        (DocumentKind.CREDIT_NOTE, 42, "CRAFT-C-2026-000042"),
    ],
)
def test_numbers_are_a_series_and_a_place(kind: DocumentKind, number_no: int, number: str) -> None:
    assert number_of(series_of("CRAFT", kind, NOW), number_no) == number


@pytest.mark.parametrize(
    ("locale", "language"), [("de-AT", "de"), ("DE", "de"), ("en_GB", "en"), ("fr", "en"), (None, "en"), ("", "en")]
)
def test_a_document_is_in_the_buyers_language_where_we_have_it(locale: str | None, language: str) -> None:
    assert language_of(locale) == language


def wanted(payment: object) -> list[tuple[DocumentKind, int, bool]]:
    return [(one.kind, one.amount_minor, one.in_full) for one in payment.receipts]  # type: ignore[attr-defined]


@pytest.mark.parametrize("life", AFTERMATHS)
def test_in_every_life_kept_money_has_one_receipt_and_each_refund_at_most_one_credit_note(life: str) -> None:
    payment = told(a_payment(), [PAID, *AFTERMATHS[life], *AFTERMATHS[life], PAID])
    receipts = [one for one in payment.receipts if one.kind is DocumentKind.RECEIPT]
    notes = [one.refund_id for one in payment.receipts if one.kind is DocumentKind.CREDIT_NOTE]
    assert [one.amount_minor for one in receipts] == [ASKED.minor]
    assert len(notes) == len(set(notes))
    assert {one.id for one in payment.refunds if one.status is RefundStatus.SUCCEEDED} <= set(notes)


def test_the_note_of_the_last_part_says_that_it_is_the_rest() -> None:
    payment = told(a_payment(), [PAID, *AFTERMATHS["refunded in three odd parts"]])
    assert [full for _, _, full in wanted(payment)] == [False] * 4
    _, *notes = payment.receipts
    stationery = Stationery(DOCUMENT.house, "CRAFT", DOCUMENT.template_version)
    drawn = [
        draw_up(payment, one, stationery, cancels="R-1", more=more) for one, more in zip(notes, (2, 1, 0), strict=True)
    ]
    assert [(one.in_full, one.rest) for one in drawn] == [(False, False), (False, False), (False, True)]
    payment.transactions[0].refunded_minor -= 1  # one has come back meanwhile
    last = draw_up(payment, notes[-1], stationery, cancels="R-1")
    assert (last.in_full, last.rest) == (False, False)


def test_late_money_has_a_credit_note_alone() -> None:
    facts = [paid(end(60)), refund(1, ASKED.minor, RefundStatus.SUCCEEDED)]
    payment = told(a_payment(), facts, charged=end(60))
    assert wanted(payment) == [(DocumentKind.CREDIT_NOTE, ASKED.minor, True)]


def test_held_money_has_no_receipt() -> None:
    assert wanted(told(a_payment(), [paid(PAID.at, amount=Money("USD", 100))])) == []
