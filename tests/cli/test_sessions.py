"""`gavelpay sessions`."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import Result

from tests.house import House

Run = Callable[..., Result]
Told = Callable[..., Any]


def test_sessions_are_listed_newest_first_and_found_by_what_is_known_of_them(home: House, run: Run, told: Told) -> None:
    first = str(home.opened())
    home.forward(seconds=1)
    second = str(home.opened(auction_id="auction-2", buyer_id="buyer-2", amount="48000", currency="JPY"))
    home.app.close_by_request(home.payment(home.app.view_payments.listed()[0].session.id).session.id, "test")

    assert [one["id"] for one in told("sessions", "list")] == [second, first]
    assert [one["id"] for one in told("sessions", "list", "--status", "expired")] == [second]
    assert [one["id"] for one in told("sessions", "list", "--auction", "auction-1")] == [first]
    assert [one["id"] for one in told("sessions", "list", "--buyer", "buyer-2", "--limit", "1")] == [second]
    for known in (second[-8:].upper(), second, "auction-2", "48000 JPY"):
        assert [one["id"] for one in told("sessions", "list", "--search", known)] == [second]
    printed = run("sessions", "list")
    assert printed.exit_code == 0
    assert first in printed.output
    assert "48,000 JPY" in printed.output
    assert "275.50 USD" in printed.output


def test_an_empty_list_says_so_in_words_and_as_a_list(run: Run, told: Told) -> None:
    assert run("sessions", "list").output == "No payment matches.\n"
    assert told("sessions", "list") == []


def test_a_session_is_shown_with_its_attempts_its_money_and_its_timeline(home: House, run: Run, told: Told) -> None:
    session_id = home.opened(title="A vase \x1b[31m[red]")
    home.pay(session_id)
    home.hear()

    shown = told("sessions", "show", str(session_id))
    printed = run("sessions", "show", str(session_id)).output

    assert shown["paymentSession"]["status"] == "completed"
    assert shown["paymentSession"]["amount"] == 275.5
    assert shown["attempts"][0]["idempotencyKey"] == "auction-1:buyer-1:1"
    assert [entry["action"] for entry in shown["timeline"]][:2] == ["payment_required", "checkout_created"]
    assert "checkout_completed" in [entry["action"] for entry in shown["timeline"]]
    for words in ("Attempts", "Money", "Timeline (UTC)", "checkout_completed", "[red]", "275.50 USD"):
        assert words in printed
    assert "\x1b[31m" not in printed


def test_a_session_begins_with_why_it_is_there_what_is_next_and_what_a_person_may_do(
    home: House, run: Run, told: Told
) -> None:
    session_id = home.opened()

    printed = run("sessions", "show", str(session_id)).output
    explanation = told("sessions", "show", str(session_id))["explanation"]

    assert printed.startswith("why ")
    assert "The buyer has not paid yet." in printed
    assert "UTC: Closes, the lot is reopened." in printed
    assert "may: Extend, resend the link or terminate." in printed
    assert explanation["code"] == "pending.waiting"
    assert explanation["you"] == {"kind": "may", "text": "Extend, resend the link or terminate."}
    assert explanation["next"][-1]["at"].endswith("Z")


def test_money_that_came_late_is_shown_with_its_refund(home: House, run: Run) -> None:
    session_id = home.opened()
    home.app.close_by_request(session_id, "test")
    home.forward(seconds=1)
    home.pay(session_id)
    home.hear()

    assert "Refunds" in run("sessions", "show", str(session_id)).output


def test_what_goes_wrong_is_one_sentence_and_an_exit_code(run: Run) -> None:
    unknown = run("sessions", "show", "0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11")
    no_id = run("sessions", "show", "7")
    no_status = run("sessions", "list", "--status", "paid")
    away = run("sessions", "list", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert (unknown.exit_code, unknown.stderr) == (1, "Error: There is no such payment.\n")
    assert no_id.exit_code == no_status.exit_code == 2
    assert away.exit_code == 1
    assert away.stderr.startswith("Error: ")
    assert away.stderr.count("\n") == 1


def test_a_database_without_tables_is_told_what_to_do(run: Run, fresh_database: Callable[..., str]) -> None:
    result = run("sessions", "list", DATABASE_URL=fresh_database())

    assert (result.exit_code, result.stderr) == (1, "Error: The database has no tables yet: run `gavelpay migrate`.\n")


def test_every_command_has_help_with_an_example(run: Run) -> None:
    commands = [
        ("sessions", "list"), ("sessions", "show"), ("sessions", "release"), ("sessions", "refund"),
        ("events", "list"), ("events", "show"), ("events", "replay"),
        ("dead-letters", "list"), ("dead-letters", "show"), ("dead-letters", "requeue"), ("dead-letters", "discard"),
        ("doctor",),
    ]  # fmt: skip

    for command in commands:
        result = run(*command, "--help")
        assert result.exit_code == 0
        assert re.search(f"Examples?: .*gavelpay {' '.join(command)}", " ".join(result.output.split()))


def on_hold(home: House) -> str:
    """A session on hold: the fourth buyer on a device whose cards are declined again and again."""
    first = home.opened(auction_id="first", buyer_id="b-1", risk={"device_id": "phone-1"})
    for _ in range(6):
        home.pay(first, "4000000000000002")
    home.hear()
    for number in (2, 3):
        home.require(auction_id=f"a-{number}", buyer_id=f"b-{number}", risk={"device_id": "phone-1"})
    return str(home.require(risk={"device_id": "phone-1"}))


def test_a_hold_is_shown_with_its_reasons_and_can_be_released(home: House, run: Run, told: Told) -> None:
    session_id = on_hold(home)
    shown = run("sessions", "show", session_id).output
    for words in ("on hold for", "risk_score", "many_buyers_on_device", "95"):
        assert words in shown

    released = run("sessions", "release", session_id, "--reason", "called the buyer")
    assert (released.exit_code, released.output) == (0, "Released; the payment is pending.\n")
    home.work()
    (entry,) = [one for one in told("sessions", "show", session_id)["timeline"] if one["action"] == "hold_released"]
    assert entry["data"]["reason"] == "called the buyer"
    assert entry["actor"].startswith("cli")

    again = run("sessions", "release", session_id, "--reason", "once more")
    assert (again.exit_code, again.stderr) == (1, "Error: The payment is not on hold.\n")
    assert run("sessions", "release", session_id).exit_code == 2


def test_sessions_are_exported_for_spreadsheets_and_for_programs(home: House, run: Run, tmp_path: Path) -> None:
    session_id = home.opened(title="=1+1")
    home.opened(auction_id="auction-2", buyer_id="buyer-2", amount="48000", currency="JPY")

    export = ("sessions", "export", "--reason", "month end")
    sheet, lines = tmp_path / "sheet.csv", tmp_path / "lines"
    assert run(*export, "--where", "currency=USD", "--out", str(sheet)).exit_code == 0
    assert run(*export, "--json", "--out", str(lines)).exit_code == 0
    refused = run(*export, "--where", "colour=red")

    assert sheet.read_text("utf-8-sig").splitlines()[1].startswith(f"{session_id},auction-1,'=1+1,buyer-1")
    assert {orjson.loads(line)["amount"] for line in lines.read_text().splitlines()} == {"48000", "275.50"}
    assert refused.exit_code == 2
    assert "no such filter" in refused.output
    kinds = home.app.database.rows("SELECT kind, data ->> 'filters' FROM security_events ORDER BY audit_seq")
    assert kinds == [("payments_exported", "currency=USD"), ("payments_exported", "all")]


def test_who_has_no_variables_is_pointed_to_those_of_the_system_that_runs_here(
    run: Run, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ".gavelpay/env" not in run("sessions", "list", **dict.fromkeys(environ)).stderr
    (tmp_path / ".gavelpay").mkdir()
    (tmp_path / ".gavelpay" / "env").touch()
    told = run("sessions", "list", **dict.fromkeys(environ))
    assert told.exit_code == 1
    assert "`. .gavelpay/env` gives a shell its variables." in told.stderr
