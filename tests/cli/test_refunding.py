"""`gavelpay sessions refund`."""

import pwd
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from tests.house import House

Run = Callable[..., Result]
Told = Callable[..., Any]


def sold(home: House, **changes: Any) -> str:
    session_id = home.opened(**changes)
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    return str(session_id)


def refund(home: House) -> str:
    (one,) = home.payment(home.app.view_payments.listed()[0].session.id).refunds
    return str(one.id)


def test_a_dry_run_shows_what_would_happen_and_changes_nothing(home: House, run: Run, told: Told) -> None:
    session_id = sold(home)
    shown = run("sessions", "refund", session_id, "--amount", "10.00", "--dry-run")
    assert shown.exit_code == 0
    for words in ("10.00 USD", "265.50 USD", "9.50 USD", "0.50 USD", "stands", "is not needed", "Nothing was changed."):
        assert words in shown.output
    plan = told("sessions", "refund", session_id, "--dry-run")
    assert (plan["amount"], plan["takesSaleBack"], plan["needsSecondPerson"]) == (275.5, True, False)
    assert home.payment(home.app.view_payments.listed()[0].session.id).refunds == []


def by(monkeypatch: pytest.MonkeyPatch, account: str) -> None:
    """Whoever runs the command from now on has this account, and says that it is another one."""
    monkeypatch.setattr("os.getuid", lambda: pwd.getpwnam(account).pw_uid)
    monkeypatch.setenv("LOGNAME", "somebody")


def test_a_small_refund_is_sent_and_recorded_as_asked_for_by_this_machines_user(
    home: House, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = sold(home)
    by(monkeypatch, "daemon")
    result = run("sessions", "refund", session_id, "--amount", "10.00", "--reason", "scratched")
    assert result.output == f"Refund {refund(home)} of 10.00 USD is being sent.\n"
    home.work()
    printed = run("sessions", "show", session_id).output
    assert "cli:daemon" in printed
    assert "scratched" in printed


def test_a_large_refund_needs_two_accounts(home: House, run: Run, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    session_id = sold(home, amount="1500.00")
    by(monkeypatch, "daemon")
    asked = run("sessions", "refund", session_id, "--reason", "scratched")
    refund_id = refund(home)
    assert asked.output.startswith(f"Refund {refund_id} of 1,500.00 USD waits for a second person, until 20")
    assert "waits for a second person" in run("sessions", "show", session_id).output

    alone = run("sessions", "refund", session_id, "--approve", refund_id, "--reason", "yes")
    assert (alone.exit_code, alone.stderr) == (1, "Error: Whoever asked for a refund cannot agree to it.\n")
    by(monkeypatch, "nobody")
    agreed = told("sessions", "refund", session_id, "--approve", refund_id, "--reason", "yes")
    assert (agreed["requestedBy"], agreed["approvedBy"], agreed["awaitsApproval"]) == (
        "cli:daemon",
        "cli:nobody",
        False,
    )


def test_a_large_refund_is_declined(home: House, run: Run) -> None:
    session_id = sold(home, amount="1500.00")
    run("sessions", "refund", session_id, "--reason", "scratched")
    declined = run("sessions", "refund", session_id, "--decline", refund(home), "--reason", "no")
    assert declined.output == f"Refund {refund(home)} of 1,500.00 USD is declined.\n"


def test_what_cannot_be_is_one_sentence(home: House, run: Run) -> None:
    session_id = sold(home)
    too_much = run("sessions", "refund", session_id, "--amount", "300", "--reason", "scratched")
    assert (too_much.exit_code, too_much.stderr) == (1, "Error: Between 0.01 USD and 275.50 USD can go back.\n")
    for arguments in ([], ["--approve", session_id, "--dry-run"], ["--approve", session_id, "--decline", session_id]):
        assert run("sessions", "refund", session_id, *arguments).exit_code == 2


def test_what_was_paid_back_another_way_is_settled_by_name(home: House, run: Run, told: Told) -> None:
    session_id = sold(home)
    intent = home.payment(session_id).transactions[0].stripe_payment_intent_id
    settle = ("sessions", "refund", session_id, "--settled", "--reason", "by bank transfer", "--payment-intent")
    assert run(*settle, intent).stderr == "Error: Nothing is owed back of this money, or it is on its way.\n"
    home.sandbox.fault("error_before", "refunds.create", count=1, status=402)
    run("sessions", "refund", session_id, "--amount", "10.00", "--reason", "scratched")
    home.work()
    shown = run("sessions", "refund", session_id, "--settled", "--dry-run").output
    for words in ("would be settled", "10.00 USD", intent, refund(home), "Nothing was changed."):
        assert words in shown
    plan = told("sessions", "refund", session_id, "--settled", "--dry-run", "--payment-intent", intent)
    assert (plan["amount"], plan["refunds"]) == (10.0, [refund(home)])
    assert home.payment(session_id).transactions[0].settled_minor == 0
    other = run(*settle, intent, "--amount", "9.00")
    assert (other.exit_code, other.stderr) == (1, "Error: 10.00 USD is owed of this money; nothing has changed.\n")
    assert run(*settle, intent, "--amount", "10").output == "Settled: 10.00 USD reached the buyer another way.\n"
    assert run(*settle, "pi_other").exit_code == 1


def test_disputes_are_shown(home: House, run: Run) -> None:
    session_id = sold(home)
    charge = home.stripe_has("charge")[0]["id"]
    with home.sandbox.host.using() as core:
        core.dispute(charge)
    home.hear()
    printed = run("sessions", "show", session_id).output
    for words in ("Disputes", "needs_response", "fraudulent", "15.00 USD"):
        assert words in printed
