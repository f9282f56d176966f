"""`gavelpay receipts`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.house import House
from tests.services.paid_lots import pay_lots

Run = Callable[..., Result]
Told = Callable[..., Any]


@pytest.fixture
def environ(environ: dict[str, str], home: House) -> dict[str, str]:
    """The variables of a house with three receipts and two credit notes."""
    pay_lots(home, 3, 2, home.time())
    home.issue()
    home.issue()
    return environ | {"RECEIPT_STORAGE_URL": f"file://{home.app.receipt_storage.place}"}


def test_documents_are_listed_newest_first(told: Told, run: Run) -> None:
    found = told("receipts", "list")
    assert len(found) == 5
    assert {one["status"] for one in found} == {"issued"}
    notes = told("receipts", "list", "--kind", "credit_note", "--limit", "1")
    assert [one["kind"] for one in notes] == ["credit_note"]
    assert len(told("receipts", "list", "--session", found[0]["sessionId"])) in (1, 2)
    assert "CRAFT-" in run("receipts", "list").output
    assert run("receipts", "list", "--status", "stuck").output == "No receipt matches.\n"


def test_one_is_shown_by_its_id_or_its_number(told: Told, run: Run) -> None:
    note = told("receipts", "list", "--kind", "credit_note")[0]
    assert told("receipts", "show", note["id"])["receiptNumber"] == note["receiptNumber"]
    assert told("receipts", "show", note["receiptNumber"])["id"] == note["id"]
    shown = run("receipts", "show", note["receiptNumber"]).output
    assert note["sha256"] in shown
    assert note["cancels"] in shown
    missing = run("receipts", "show", "CRAFT-1999-000001")
    assert (missing.exit_code, missing.stderr) == (1, "Error: There is no such receipt.\n")


def test_intact_receipts_are_called_so_without_stripe_and_broker(run: Run, told: Told) -> None:
    without = {"STRIPE_SECRET_KEY": None, "REDIS_URL": None, "STRIPE_API_BASE": None}
    result = run("receipts", "verify", "--reprint", **without)
    assert (result.exit_code, result.output) == (
        0,
        "All receipts are as they must be: 5 with a number, 5 issued, and 5 of 5 stored files are what was printed.\n",
    )
    assert run("receipts", "verify", "--no-objects", **without).output.endswith("5 issued.\n")
    assert told("receipts", "verify", "--objects") == {
        "intact": True,
        "documents": 5,
        "issued": 5,
        "objects": 5,
        "brokenCount": 0,
        "broken": [],
    }


def test_what_is_broken_is_named_and_it_exits_1(run: Run, home: House) -> None:
    (file, *_) = sorted(Path(home.app.receipt_storage.place).rglob("*.pdf"))
    file.unlink()
    result = run("receipts", "verify")
    assert result.exit_code == 1
    assert "there is no" in result.output
    assert "(payment " in result.output
    told = run("receipts", "verify", "--json")
    assert told.exit_code == 1
    assert '"brokenCount": 1' in told.output
