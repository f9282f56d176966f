"""Documents: found, proved, downloaded; and a stuck one printed again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from domain.errors import GatewayRefused
from domain.receipt import ReceiptStatus
from tests.console.desk.conftest import Desk
from tests.house import House

Sit = Callable[..., Desk]
PAGE = "/console/receipts"


class FullShelf:
    """A storage that will not take anything."""

    def put(self, key: str, content: bytes, *, sha256: bytes) -> None:
        raise GatewayRefused("the bucket is gone")


def paid(home: House, **changes: str) -> UUID:
    session_id = home.opened(**changes)
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    return session_id


def test_documents_are_found_proved_and_downloaded(home: House, desk: Sit) -> None:
    session_id = paid(home, title="Walnut clock", buyer_id="b-7")
    home.issue()
    other = paid(home, auction_id="a-2", buyer_id="b-8")
    home.issue()
    receipt = home.app.receipts.view.of_payment(session_id)[0].receipt
    auditor = desk("auditor")
    page = auditor.get(PAGE).text
    assert "Every payment is on paper." in page
    assert "Walnut clock" in page
    today, number = f"{home.time():%Y-%m-%d}", str(receipt.number)
    for found in ({"q": number.lower()}, {"buyer": "b-7"}, {"payment": str(session_id)}):
        text = auditor.get(PAGE, **found).text
        assert str(receipt.id) in text
        assert str(other) not in text
    assert str(receipt.id) in auditor.get(PAGE, since=today, until=today, kind="receipt", state="issued").text
    assert "No document matches from: 2001-01-01, until: 2001-01-02." in (
        auditor.get(PAGE, since="2001-01-01", until="2001-01-02").text
    )
    assert "Whole: numbers have no gap" in auditor.get(PAGE, check="1").text

    whole = auditor.get(f"{PAGE}/{receipt.id}", verify="1").text
    assert "Genuine: the stored bytes have the hash" in whole
    link = whole.split('rel="noreferrer"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    assert auditor.get(link.partition("/receipts/")[1] + link.partition("/receipts/")[2]).content[:5] == b"%PDF-"

    (stored,) = Path(str(home.app.settings.receipts.storage_url).removeprefix("file://")).rglob(f"{number}-*.pdf")
    stored.chmod(0o644)
    stored.write_bytes(b"forged")
    assert "is not what was printed" in auditor.get(f"{PAGE}/{receipt.id}", verify="1").text
    for wrong in ({"kind": "x"}, {"state": "x"}, {"since": "x"}, {"payment": "x"}, {"after": "1"}):
        assert auditor.get(PAGE, **wrong).status_code == 422
    lost = auditor.get(f"{PAGE}/nothing")
    assert (lost.status_code, "There is no such document here" in lost.text) == (404, True)


def test_a_stuck_document_is_printed_again_with_a_reason(home: House, desk: Sit) -> None:
    session_id = paid(home)
    broken = replace(home.app.receipts.issue, storage=FullShelf())  # type: ignore[arg-type]
    while broken():
        pass
    receipt = home.app.receipts.view.of_payment(session_id)[0].receipt
    path = f"{PAGE}/{receipt.id}/reissue"
    support = desk("support", "ines")
    assert "1 document is stuck and needs a person." in support.get(PAGE).text
    assert "the bucket is gone" in support.get(path).text
    form = support.form(path) | {"reason": "The bucket is back."}
    assert support.post(path, form).status_code == 303
    assert support.post(path, form).status_code == 409
    assert [letter.status for letter in home.app.dead_letters.listed(status=None)] == ["requeued"]
    home.issue()
    assert home.app.receipts.view.one(receipt.id).receipt.status is ReceiptStatus.ISSUED
    assert home.actions(session_id).count("receipt_reissued") == 1
    assert "It is issued; only what is stuck" in support.get(path).text


def test_auditors_look_and_print_nothing(home: House, desk: Sit) -> None:
    session_id = paid(home)
    home.issue()
    receipt = home.app.receipts.view.of_payment(session_id)[0].receipt
    auditor, path = desk("auditor"), f"{PAGE}/{receipt.id}/reissue"
    assert auditor.get(path).status_code == 403
    assert auditor.post(path, {"csrf": "x"}).status_code == 403
    assert "Print again" not in auditor.get(f"{PAGE}/{receipt.id}").text
