"""Kept money gets one receipt, each refund one credit note, numbered without a gap, whatever dies on the way."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.documents import Document, DocumentKind
from domain.errors import GatewayRefused, GatewayUnavailable
from domain.freezing import thaw
from domain.receipt import Receipt, ReceiptStatus
from models.receipts import Receipts
from services.issue_receipts import IssueReceipts
from services.verify_receipts import VerifyReceipts
from tests.crashes import Died, DiesAfterCall, DiesBeforeCall, DiesBeforeCommit
from tests.house import House
from tests.paper import PlainPrinter, Shelf

NUMBERING = ["before the numbers are committed"]
ISSUING = [
    "before the claim is committed",
    "before it is printed",
    "before it is stored",
    "after it is stored",
    "before the record is committed",
]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def desk(home: House, shelf: Shelf) -> IssueReceipts:
    """What issues receipts, on quick paper."""
    return replace(home.app.receipts.issue, printer=PlainPrinter(), storage=shelf)


def sold(home: House, auction_id: str = "auction-1", **changes: Any) -> UUID:
    """A lot that is paid, and of whose charge Stripe has told."""
    session_id = home.opened(auction_id=auction_id, **changes)
    home.pay(session_id)
    home.hear()
    return session_id


def receipts_of(home: House, session_id: UUID | None = None) -> list[Receipt]:
    with home.app.store.begin() as uow:
        condition = "(%(id)s::uuid IS NULL OR r.session_id = %(id)s) ORDER BY r.id"
        return Receipts(uow.connection, uow.cipher).find(condition, id=session_id)


def documents(home: House, session_id: UUID | None = None) -> list[Document]:
    return [thaw(one.document or {}) for one in receipts_of(home, session_id)]


def issue_all(desk: IssueReceipts) -> None:
    for _ in range(1000):
        if not desk():
            return
    raise AssertionError("receipts keep coming")


def refund(home: House, session_id: UUID, amount: str | None = None) -> None:
    """A moment later an admin sends money back, and Stripe does."""
    home.forward(seconds=1)
    home.app.request_refund(session_id, reason="damaged", actor="admin:ada", amount=amount)
    home.app.send_refunds()
    home.hear()


def year(home: House) -> int:
    return home.time().year


def test_kept_money_gets_a_receipt_that_says_what_was_paid(home: House, desk: IssueReceipts, shelf: Shelf) -> None:
    session_id = sold(home, locale="de-DE", metadata={"lot": "12", "buyer_name": "Béla"}, maker_email="m@example.com")
    issue_all(desk)

    (receipt,) = receipts_of(home)
    (document,) = documents(home)
    assert (receipt.status, receipt.number) == (ReceiptStatus.ISSUED, f"CRAFT-{year(home)}-000001")
    assert (document.kind, document.number) == (DocumentKind.RECEIPT, receipt.number)
    assert (document.language, document.lot, document.title, document.auction_id) == ("de", "12", "A vase", "auction-1")
    assert (document.buyer.name, document.buyer.email) == ("Béla", "buyer@example.com")
    assert (str(document.price), str(document.fees), str(document.total)) == ("275.50 USD", "0.00 USD", "275.50 USD")
    assert document.paid_with is not None
    assert (document.paid_with.brand, document.paid_with.last4) == ("visa", "4242")
    assert document.at == home.payment(session_id).transactions[0].paid_at
    assert receipt.storage_key is not None
    assert receipt.storage_key.startswith(f"CRAFT-{year(home)}/CRAFT-{year(home)}-000001-")
    assert shelf.files[receipt.storage_key].startswith(b"%PDF")
    assert home.actions(session_id)[-1] == "receipt_issued"
    assert home.told() == ["auction.payment_pending", "auction.sold", "order.requested", "order.updated"]
    assert desk() == 0


def test_the_real_printer_and_the_real_folder_issue_it_too(home: House) -> None:
    sold(home)
    home.issue()
    (receipt,) = receipts_of(home)
    assert receipt.status is ReceiptStatus.ISSUED
    assert home.app.receipt_storage.get(receipt.storage_key or "").startswith(b"%PDF")
    found = home.app.receipts.verify(objects=True, reprint=True)
    assert (found.broken, found.documents, found.objects) == ([], 1, 1)


def test_a_receipt_waits_a_moment_for_the_card_and_not_longer(home: House, desk: IssueReceipts) -> None:
    session_id = home.opened()
    home.pay(session_id)
    paid = [event for event in home.new_events() if event["type"] == "checkout.session.completed"]
    home.hear(*paid)
    assert home.payment(session_id).transactions[0].method_type is None
    assert home.app.due["receipts.issue"]() == desk() == 0
    home.time.forward(seconds=31)
    assert home.app.due["receipts.issue"]() == 1
    issue_all(desk)
    (document,) = documents(home)
    assert document.paid_with is None


def test_each_refund_gets_a_credit_note_in_a_series_of_its_own(home: House, desk: IssueReceipts) -> None:
    session_id = sold(home)
    issue_all(desk)
    refund(home, session_id, "100.00")
    refund(home, session_id, "175.50")
    issue_all(desk)

    receipt, first, second = documents(home)
    assert [first.number, second.number] == [f"CRAFT-C-{year(home)}-00000{number}" for number in (1, 2)]
    assert first.kind is second.kind is DocumentKind.CREDIT_NOTE
    assert first.cancels == second.cancels == receipt.number
    assert [(str(one.total), one.in_full, one.rest) for one in (first, second)] == [
        ("100.00 USD", False, False),
        ("175.50 USD", False, True),
    ]
    assert home.told()[-1] == "order.updated"


def test_a_part_that_comes_back_before_the_note_of_the_last_is_numbered_leaves_no_rest(
    home: House, desk: IssueReceipts
) -> None:
    session_id = sold(home)
    issue_all(desk)
    refund(home, session_id, "100.00")
    issue_all(desk)
    refund(home, session_id, "175.50")
    with home.sandbox.host.using() as core:
        core.fail_refund(home.stripe_has("refund")[0]["id"])
    home.hear()
    issue_all(desk)
    assert [(one.in_full, one.rest) for one in documents(home)[1:]] == [(False, False), (False, False)]


def test_a_credit_note_waits_for_the_number_of_its_receipt(home: House, desk: IssueReceipts) -> None:
    session_id = home.opened()
    home.pay(session_id)
    paid = [event for event in home.new_events() if event["type"] == "checkout.session.completed"]
    home.hear(*paid)
    home.forward(seconds=1)
    home.app.request_refund(session_id, reason="damaged", actor="admin:ada")
    home.app.send_refunds()
    assert len(receipts_of(home)) == 2
    assert desk() == 0
    home.time.forward(seconds=31)
    issue_all(desk)
    receipt, note = documents(home)
    assert note.cancels == receipt.number


def test_money_that_never_had_a_receipt_gets_a_credit_note_all_the_same(home: House, desk: IssueReceipts) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.time.forward(hours=25)
    home.app.expire_windows()
    home.hear()
    home.app.send_refunds()
    home.hear()
    issue_all(desk)

    (note,) = documents(home)
    assert (note.kind, note.cancels, note.session_id, note.in_full) == (
        DocumentKind.CREDIT_NOTE,
        None,
        session_id,
        True,
    )
    assert "order.updated" not in home.told()


def returned(home: House, session_id: UUID) -> None:
    """Stripe says that a refund has come back."""
    (made,) = home.stripe_has("refund")
    home.sandbox.core.fail_refund(made["id"], "unknown")
    home.hear()


def test_a_refund_that_comes_back_before_its_number_has_no_credit_note(home: House, desk: IssueReceipts) -> None:
    session_id = sold(home)
    issue_all(desk)
    refund(home, session_id)
    returned(home, session_id)
    issue_all(desk)
    _, note = receipts_of(home)
    assert (note.status, note.number) == (ReceiptStatus.WITHDRAWN, None)


def test_a_credit_note_whose_refund_comes_back_stays_and_is_shown_as_void(home: House, desk: IssueReceipts) -> None:
    session_id = sold(home)
    refund(home, session_id)
    issue_all(desk)
    issue_all(desk)
    returned(home, session_id)
    refund(home, session_id)
    issue_all(desk)
    receipt, void, note = home.app.receipts.view.of_payment(session_id)
    assert [one.is_void for one in (receipt, void, note)] == [False, True, False]
    assert (void.receipt.number_no, note.receipt.number_no) == (1, 2)


def test_numbers_follow_the_order_in_which_money_came_in_the_year_of_issue(home: House, desk: IssueReceipts) -> None:
    home.time.at = datetime(2026, 12, 31, 23, 59, 50, tzinfo=UTC)
    first = sold(home)
    issue_all(desk)
    second = sold(home, "auction-2")
    home.time.at = datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC)
    third = sold(home, "auction-3")
    issue_all(desk)
    numbers = [receipts_of(home, one)[0].number for one in (first, second, third)]
    assert numbers == ["CRAFT-2026-000001", "CRAFT-2027-000001", "CRAFT-2027-000002"]


def dying(desk: IssueReceipts, point: str) -> IssueReceipts:
    number, begin = desk.number, desk.begin
    changes: dict[str, dict[str, Any]] = {
        NUMBERING[0]: {"number": replace(number, begin=DiesBeforeCommit(number.begin, 1))},
        ISSUING[0]: {"begin": DiesBeforeCommit(begin, 1)},
        ISSUING[1]: {"printer": DiesBeforeCall(desk.printer, "print")},
        ISSUING[2]: {"storage": DiesBeforeCall(desk.storage, "put")},
        ISSUING[3]: {"storage": DiesAfterCall(desk.storage, "put")},
        ISSUING[4]: {"begin": DiesBeforeCommit(begin, 2)},
    }
    return replace(desk, **changes[point])


@pytest.mark.parametrize("point", [*NUMBERING, *ISSUING])
def test_a_receipt_survives_death_and_is_issued_once(
    home: House, desk: IssueReceipts, shelf: Shelf, point: str
) -> None:
    session_id = sold(home)
    sold(home, "auction-2")
    if point in ISSUING:
        assert desk.number() == 2
    with pytest.raises(Died):
        dying(desk, point)()
    home.leases_run_out()
    issue_all(desk)

    assert [one.number_no for one in receipts_of(home)] == [1, 2]
    assert home.actions(session_id).count("receipt_issued") == 1
    assert home.told().count("order.updated") == 1
    assert len(shelf.files) == 2
    assert VerifyReceipts(home.app.store.begin, desk.printer, shelf)(reprint=True).broken == []


def test_a_storage_that_is_away_is_asked_until_it_is_back(home: House, desk: IssueReceipts, shelf: Shelf) -> None:
    session_id = sold(home)
    assert desk.number() == 1
    for _ in range(20):
        shelf.failures.append(GatewayUnavailable("S3 is away"))
        assert desk() == 1
        home.time.forward(minutes=6)
    (receipt,) = receipts_of(home)
    assert (receipt.status, receipt.last_error) == (ReceiptStatus.NUMBERED, "GatewayUnavailable: S3 is away")
    assert home.payment(session_id).session.status == "completed"
    issue_all(desk)
    (receipt,) = receipts_of(home)
    assert (receipt.status, receipt.last_error) == (ReceiptStatus.ISSUED, None)


def test_what_the_storage_asks_us_to_wait_is_waited(home: House, desk: IssueReceipts, shelf: Shelf) -> None:
    sold(home)
    desk.number()
    shelf.failures.append(GatewayUnavailable("slow down", retry_after=900))
    desk()
    home.time.forward(minutes=14)
    assert desk() == 0
    home.time.forward(minutes=2)
    assert desk() == 1


class Jammed:
    """Prints nothing."""

    def print(self, _document: Document) -> bytes:
        raise ValueError("a word wider than the page")


def test_what_cannot_be_printed_keeps_its_number_and_waits_for_a_person(home: House, desk: IssueReceipts) -> None:
    session_id = sold(home)
    jammed = replace(desk, printer=Jammed())
    for _ in range(5):
        issue_all(jammed)
        home.time.forward(minutes=5)

    (receipt,) = receipts_of(home)
    assert (receipt.status, receipt.number_no, receipt.tries) == (ReceiptStatus.STUCK, 1, 3)
    assert home.actions(session_id)[-1] == "receipt_stuck"
    (letter,) = home.app.dead_letters.listed()
    assert (letter.queue, letter.reason) == ("receipts", "receipt_not_printed")
    assert letter.error == "ValueError: a word wider than the page"
    sold(home, "auction-2")
    issue_all(desk)
    assert [one.number_no for one in receipts_of(home)] == [1, 2]

    home.app.dead_letters.requeue(letter.id, "cli:ada")
    issue_all(desk)
    assert [one.status for one in receipts_of(home)] == [ReceiptStatus.ISSUED] * 2


def test_what_the_storage_refuses_waits_for_a_person_at_once(home: House, desk: IssueReceipts, shelf: Shelf) -> None:
    sold(home)
    desk.number()
    shelf.failures.append(GatewayRefused("access denied"))
    issue_all(desk)
    (letter,) = home.app.dead_letters.listed()
    assert letter.reason == "receipt_not_stored"
    home.app.dead_letters.requeue(letter.id, "cli:ada")
    issue_all(desk)
    assert receipts_of(home)[0].status is ReceiptStatus.ISSUED


@pytest.mark.parametrize("commit", [2, 3])
def test_a_receipt_that_is_put_back_and_its_letter_go_together(
    home: House, desk: IssueReceipts, shelf: Shelf, commit: int
) -> None:
    """Else one that is refused again in between would be stuck without a letter."""
    sold(home)
    shelf.failures.append(GatewayRefused("no such bucket"))
    issue_all(desk)
    office = home.app.dead_letters
    (letter,) = office.listed()
    with suppress(Died):
        replace(office, begin=DiesBeforeCommit(office.begin, commit)).requeue(letter.id, "cli:test")
    (receipt,) = receipts_of(home)
    assert (receipt.status, office.show(letter.id).status) in [
        (ReceiptStatus.STUCK, "dead"),
        (ReceiptStatus.NUMBERED, "requeued"),
    ]


def test_a_document_that_kills_its_workers_is_set_aside(home: House, desk: IssueReceipts) -> None:
    sold(home)
    desk.number()
    for _ in range(10):
        with pytest.raises(Died):
            replace(desk, printer=DiesBeforeCall(desk.printer, "print"))()
        home.leases_run_out()
    issue_all(desk)
    (receipt,) = receipts_of(home)
    assert (receipt.status, receipt.number_no) == (ReceiptStatus.STUCK, 1)


def test_a_document_that_kills_its_workers_takes_no_other_along(home: House, desk: IssueReceipts) -> None:
    """Those that were claimed with it are issued as soon as their leases have run out."""
    for name in ("auction-1", "auction-2", "auction-3"):
        sold(home, name)
    desk.number()

    class Deadly(PlainPrinter):
        def print(self, document: Document) -> bytes:
            if document.auction_id == "auction-2":
                raise Died
            return super().print(document)

    deadly = replace(desk, printer=Deadly())
    for _ in range(12):
        with suppress(Died):
            issue_all(deadly)
        home.leases_run_out()

    stuck = [one for one in receipts_of(home) if one.status is ReceiptStatus.STUCK]
    assert [thaw(one.document or {}).auction_id for one in stuck] == ["auction-2"]
    issued = [one for one in receipts_of(home) if one.status is ReceiptStatus.ISSUED]
    assert [one.tries <= 2 for one in issued] == [True, True]


def test_what_is_due_together_is_recorded_together_as_far_as_there_is_time(home: House, desk: IssueReceipts) -> None:
    for name in ("auction-1", "auction-2", "auction-3"):
        sold(home, name)
    desk.number()
    seconds = iter([0.0, 0.1, 0.6])

    assert replace(desk, ticks=lambda: next(seconds))() == 3
    (left,) = [one for one in receipts_of(home) if one.status is not ReceiptStatus.ISSUED]
    assert (left.status, left.tries, left.leased_until) == (ReceiptStatus.NUMBERED, 0, None)
    assert [desk(), desk()] == [1, 0]


def test_a_worker_whose_work_was_taken_over_writes_nothing(home: House, desk: IssueReceipts) -> None:
    session_id = sold(home)
    desk.number()

    class Slow(PlainPrinter):
        def print(self, document: Document) -> bytes:
            home.leases_run_out()
            assert desk() == 1
            return super().print(document)

    assert replace(desk, printer=Slow())() == 1
    assert home.actions(session_id).count("receipt_issued") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE receipts SET number = 'CRAFT-2026-000007'",
        "UPDATE receipts SET number_no = 7",
        "UPDATE receipts SET content_hash = '\\x00'",
        "DELETE FROM receipts",
    ],
)
def test_the_database_itself_keeps_numbers_and_hashes(home: House, desk: IssueReceipts, statement: str) -> None:
    sold(home)
    issue_all(desk)
    with pytest.raises(Exception, match="receipt"), home.app.database.transaction() as connection:
        connection.execute(statement)


def test_bells_ring_for_receipts_and_for_how_money_came(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    events = home.new_events()
    home.rung.clear()
    home.hear(*[event for event in events if event["type"] == "checkout.session.completed"])
    assert home.rung["receipts.issue"] == 1
    home.rung.clear()
    home.hear(*[event for event in events if event["type"].startswith("charge.")])
    assert home.rung["receipts.issue"] >= 1


def test_numbers_are_not_given_while_another_gives_them(home: House, desk: IssueReceipts) -> None:
    """What one worker numbers, others pass by: they wait for nothing."""
    sold(home)
    with home.app.store.begin() as uow:
        assert len(Receipts(uow.connection, uow.cipher).ready(home.time() + timedelta(minutes=1), 10)) == 1
        assert desk() == 0


def test_what_no_template_can_print_waits_for_a_person_at_once(home: House) -> None:
    sold(home)
    number = home.app.receipts.issue.number
    unheard = replace(number, stationery=replace(number.stationery, template_version="1999-01-01"))
    assert unheard() == 1
    home.issue()
    (receipt,) = receipts_of(home)
    assert (receipt.status, receipt.tries, receipt.template_version) == (ReceiptStatus.STUCK, 1, "1999-01-01")
    (letter,) = home.app.dead_letters.listed()
    assert letter.reason == "receipt_not_printed"
