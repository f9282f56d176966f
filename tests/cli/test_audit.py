"""`gavelpay audit`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from domain.security import SecurityEventKind
from tests.house import House
from tests.services.tampering import tamper

Run = Callable[..., Result]
Told = Callable[..., Any]


def test_an_intact_trail_is_called_so(run: Run, told: Told, home: House) -> None:
    home.opened()
    result = run("audit", "verify")
    assert (result.exit_code, result.output) == (0, "The audit trail is intact: 2 entries in 2 chains.\n")
    document = told("audit", "verify")
    assert document == {"intact": True, "chains": 2, "entries": 2, "brokenChains": 0, "broken": [], "heads": None}


def test_neither_stripe_nor_a_broker_is_needed(run: Run, home: House) -> None:
    result = run("audit", "verify", STRIPE_SECRET_KEY=None, REDIS_URL=None, STRIPE_API_BASE=None)
    assert result.exit_code == 0
    lacking = run("audit", "verify", FIELD_INDEX_KEY=None)
    assert lacking.exit_code == 1
    assert "FIELD_INDEX_KEY" in lacking.stderr


def test_the_first_broken_entry_and_its_session_are_named_and_it_exits_1(run: Run, home: House) -> None:
    intact, session_id = home.opened(), home.opened(auction_id="auction-2")
    tamper(home, "UPDATE audit_entries SET actor = 'x' WHERE session_id = %s", session_id)

    result = run("audit", "verify")

    assert result.exit_code == 1
    broken = f"The audit chain of payment {session_id} is broken at entry 1 (payment_required)"
    assert result.output == f"{broken}: it is not as it was written.\n"
    told = run("audit", "verify", "--json")
    assert told.exit_code == 1
    assert str(session_id) in told.output
    assert run("audit", "verify", "--session", str(session_id)).exit_code == 1
    assert run("audit", "verify", "--session", str(intact)).exit_code == 0


def test_a_session_that_does_not_exist_is_told(run: Run) -> None:
    result = run("audit", "verify", "--session", "0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11")
    assert (result.exit_code, result.stderr) == (1, "Error: There is no such payment session.\n")


def test_signed_heads_show_what_was_removed_later(run: Run, told: Told, home: House, tmp_path: Path) -> None:
    home.opened()
    home.app.record_security_event(SecurityEventKind.ACCESS_DENIED, actor="support:eve")
    heads = tmp_path / "heads.jsonl"

    signed = run("audit", "heads", "--out", str(heads))
    assert (signed.exit_code, signed.output) == (0, f"Signed the heads of 2 chains in {heads}.\n")
    assert [one.name for one in tmp_path.iterdir()] == ["heads.jsonl"]
    good = run("audit", "verify", "--heads", str(heads))
    assert good.exit_code == 0
    assert "nothing is missing of what was signed at 20" in good.output
    assert told("audit", "verify", "--heads", str(heads))["heads"]["chains"] == 2

    tamper(home, "DELETE FROM audit_entries WHERE action IN ('access_denied', 'audit_heads_signed')")
    tamper(home, "DELETE FROM security_events")
    assert run("audit", "verify").exit_code == 0
    bad = run("audit", "verify", "--heads", str(heads))
    assert bad.exit_code == 1
    assert "chain of security events is broken at entry 1: it is missing; up to entry 1 they were signed" in bad.output


def test_heads_go_to_standard_output_without_a_file(run: Run, home: House, tmp_path: Path) -> None:
    home.opened()
    (tmp_path / "heads").write_bytes(run("audit", "heads").stdout_bytes)
    assert run("audit", "verify", "--heads", str(tmp_path / "heads")).exit_code == 0


@pytest.mark.parametrize("text", [b"", b"no heads", b'{"a": 1}\n{"signature": "x", "chains": 0}\n'])
def test_a_file_that_is_not_ours_is_refused(run: Run, text: bytes, tmp_path: Path) -> None:
    (tmp_path / "heads").write_bytes(text)
    result = run("audit", "verify", "--heads", str(tmp_path / "heads"))
    assert result.exit_code == 1
    assert "not signed with our key" in result.stderr
    assert run("audit", "verify", "--heads", str(tmp_path / "none")).exit_code == 2


def test_a_broken_trail_is_not_signed_and_no_file_is_left(run: Run, home: House, tmp_path: Path) -> None:
    home.opened()
    tamper(home, "UPDATE audit_entries SET actor = 'x'")
    result = run("audit", "heads", "--out", str(tmp_path / "heads"))
    assert result.exit_code == 1
    assert "is broken at entry 1" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_told(run: Run, home: House, tmp_path: Path) -> None:
    result = run("audit", "heads", "--out", str(tmp_path / "none" / "heads"))
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
