"""Verifying receipts finds whatever somebody did to them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.documents import Document
from domain.errors import GatewayUnavailable
from services.verify_receipts import VerifiedReceipts
from tests.house import House, house
from tests.services.paid_lots import pay_lots

LOTS = 4


@pytest.fixture
def home(database_url: str, tmp_path: Path) -> Iterator[House]:
    """A house with four receipts and two credit notes. What tests do to them, its last check would find."""
    with house(database_url, RECEIPT_STORAGE_URL=f"file://{tmp_path}") as home:
        pay_lots(home, LOTS, 2, home.time())
        home.issue()
        home.issue()
        yield home


def verify(home: House, **options: Any) -> VerifiedReceipts:
    return home.app.receipts.verify(**options)


def do(home: House, statement: str) -> None:
    with home.app.database.transaction() as connection:
        connection.execute("ALTER TABLE receipts DISABLE TRIGGER USER")
        connection.execute(statement)
        connection.execute("ALTER TABLE receipts ENABLE TRIGGER USER")


def test_what_is_as_it_must_be_is_called_so(home: House) -> None:
    seen: list[tuple[str, int, int | None]] = []
    found = verify(home, reprint=True, progress=lambda *step: seen.append(step))
    assert found.intact
    assert (found.documents, found.issued, found.objects, found.broken) == (6, 6, 6, [])
    assert seen[-1] == ("receipts", 6, 6)
    assert verify(home, objects=False).objects == 0
    assert home.app.check_invariants() == []


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DELETE FROM receipts WHERE number_no = 2 AND kind = 'receipt'", "has no number 2."),
        ("DELETE FROM receipts WHERE number_no = 4", "counts to 4 and has 3 numbers."),
        ("DELETE FROM receipts WHERE kind = 'credit_note' AND number_no = 1", "its credit note is for nothing."),
        ("UPDATE receipt_series SET last_no = last_no + 1", "counts to 5 and has 4 numbers."),
        ("DELETE FROM receipt_series", "counts to 0 and has 4 numbers."),
        ("UPDATE receipts SET number = number || '0' WHERE number_no = 3", "is number 3 of series"),
        ("UPDATE receipts SET amount_minor = 1 WHERE number_no = 3", "its receipt is for 1 USD."),
        ("UPDATE receipts SET amount_minor = 1 WHERE number_no = 3", "what stands on it is not what the books say."),
        ("UPDATE transactions SET disposition = 'late' WHERE stripe_charge_id = 'ch_1'", "which came late."),
        (
            "UPDATE receipts SET document = set_byte(document, 40, get_byte(document, 40) # 1) WHERE number_no = 3",
            "what stands on it cannot be read: ",
        ),
    ],
)
def test_what_was_done_to_the_books_is_found(home: House, statement: str, why: str) -> None:
    do(home, statement)
    found = verify(home)
    assert not found.intact
    assert any(why in one.why for one in found.broken), found.broken
    if "keys" not in why and "stands" not in why:
        assert any(why in one for one in home.app.check_invariants())


def stored(home: House, number_no: int) -> tuple[str, UUID, str]:
    ((key, session_id, number),) = home.app.database.rows(
        "SELECT storage_key, session_id, number FROM receipts WHERE number_no = %s AND kind = 'receipt'", (number_no,)
    )
    return key, session_id, number


def test_a_file_that_was_changed_or_is_gone_is_named(home: House, tmp_path: Path) -> None:
    key, session_id, number = stored(home, 2)
    gone = stored(home, 3)[2]
    (tmp_path / key).chmod(0o600)
    (tmp_path / key).write_bytes(b"%PDF another")
    (tmp_path / stored(home, 3)[0]).unlink()

    found = verify(home)

    changed, missing = found.broken
    assert (changed.session_id, changed.number) == (session_id, number)
    assert changed.why == f"{number}: what is stored under {key} is not what was printed."
    assert missing.number == gone
    assert "there is no " in missing.why
    assert verify(home, objects=False).intact
    assert found.broken_count == 2


def test_a_printer_that_prints_something_else_today_is_told(home: House) -> None:
    class Drifted:
        def print(self, _document: Document) -> bytes:
            return b"%PDF of another release"

    class Broken:
        def print(self, _document: Document) -> bytes:
            raise ValueError("no ink")

    for printer, why in ((Drifted(), "printed again it has other bytes."), (Broken(), "again: no ink.")):
        found = replace(home.app.receipts.verify, printer=printer)(reprint=True)
        assert found.broken_count == 6
        assert found.broken[0].why.endswith(why)


def test_while_the_storage_is_away_nothing_is_said(home: House) -> None:
    class Away:
        def get(self, _key: str) -> bytes:
            raise GatewayUnavailable("S3 is away")

    with pytest.raises(GatewayUnavailable):
        replace(home.app.receipts.verify, storage=Away())()
