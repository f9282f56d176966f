"""What the console does is done here by the same use cases: shown first, or with a reason."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from click.testing import Result

from tests.console.desk.test_receipts import FullShelf
from tests.house import House
from tests.services.test_accept_other_amount import held

Run = Callable[..., Result]
Told = Callable[..., Any]


@pytest.fixture
def environ(environ: dict[str, str], home: House) -> dict[str, str]:
    return environ | {"RECEIPT_STORAGE_URL": f"file://{home.app.receipt_storage.place}"}


def test_another_amount_is_accepted_after_a_look_at_it(home: House, run: Run) -> None:
    session_id = str(held(home))
    shown = run("sessions", "accept", session_id, "--dry-run").output
    assert shown == "200.00 USD would pay for the lot, although 275.50 USD were asked. Nothing was changed.\n"
    assert run("sessions", "accept", session_id).exit_code == 2
    assert run("sessions", "accept", session_id, "--reason", "agreed").output == "The payment is completed.\n"
    assert run("sessions", "accept", session_id, "--dry-run").exit_code == 1


def test_a_stuck_document_is_printed_again(home: House, run: Run, told: Told) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    broken = replace(home.app.receipts.issue, storage=FullShelf())  # type: ignore[arg-type]
    while broken():
        pass
    number = told("receipts", "list")[0]["receiptNumber"]
    shown = run("receipts", "reissue", number, "--dry-run").output
    assert shown == f"{number} would be printed and stored again. Nothing was changed.\n"
    done = run("receipts", "reissue", number, "--reason", "the bucket is back")
    assert done.output == f"{number} is being printed and stored again.\n"
    home.issue()
    assert told("receipts", "show", number)["status"] == "issued"
    again = run("receipts", "reissue", number, "--reason", "once more")
    assert (again.exit_code, "only what is stuck" in again.stderr) == (1, True)


def test_the_trail_is_searched_and_taken_away_and_runs_are_listed(home: House, run: Run, told: Told) -> None:
    session_id = home.opened()
    home.app.terminate_window(UUID(str(session_id)), "withdrawn", "admin:ann")
    assert [one["actor"] for one in told("audit", "list", "--people")] == ["admin:ann"]
    assert "payment_canceled" in run("audit", "list", "--session", str(session_id)).output
    assert run("audit", "list", "--who", "nobody").output == "No entry matches.\n"
    assert run("audit", "list", "--session", "x").exit_code == 2
    lines = run("audit", "export", "--who", "admin:ann", "--format", "csv", "--reason", "year end").output.splitlines()
    assert lines[0].removeprefix("\ufeff").startswith("at,chain,seq,action")
    assert len(lines) == 2
    assert run("audit", "export").exit_code == 2
    (taken,) = told("audit", "list", "--session", "security")
    assert (taken["action"], taken["data"]["reason"]) == ("audit_exported", "year end")

    assert run("reconcile", "--runs").output == "Nobody has asked for one.\n"
    run("reconcile")
    (one,) = told("reconcile", "--runs")
    assert (one["status"], one["reason"]) == ("done", "asked by hand")
    assert "asked by hand" in run("reconcile", "--runs").output
