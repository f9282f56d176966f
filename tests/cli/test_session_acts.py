"""`gavelpay sessions extend|terminate|retry`: operators act, and every act is audited."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from click.testing import Result

from domain.lifecycle import Status
from tests.house import House

Run = Callable[..., Result]


def test_an_operator_gives_more_time(home: House, run: Run) -> None:
    session_id = home.opened()
    end = home.payment(session_id).session.window_expires_at
    done = run("sessions", "extend", str(session_id), "--minutes", "120", "--reason", "asked by telephone")
    assert done.exit_code == 0
    assert home.payment(session_id).session.window_expires_at == end + timedelta(hours=2)
    assert f"{end + timedelta(hours=2):%Y-%m-%d %H:%M:%S} UTC" in done.output
    (entry,) = [one for one in home.app.view_payments.history(session_id) if one.action == "window_extended"]
    assert entry.actor.startswith("cli:")
    assert entry.data["reason"] == "asked by telephone"


def test_too_much_time_is_refused_in_a_sentence(home: House, run: Run) -> None:
    session_id = home.opened()
    done = run("sessions", "extend", str(session_id), "--minutes", "100000", "--reason", "please")
    assert done.exit_code == 1
    assert "may be extended by" in done.output
    assert home.actions(session_id)[-1] == "extension_refused"


def test_an_operator_ends_a_payment(home: House, run: Run) -> None:
    session_id = home.opened()
    done = run("sessions", "terminate", str(session_id), "--reason", "withdrawn")
    assert done.exit_code == 0
    assert "auction-1 is reopened" in done.output
    assert home.payment(session_id).session.status is Status.CANCELED


def test_an_operator_opens_the_next_attempt(home: House, run: Run) -> None:
    session_id = home.opened()
    home.pay(session_id, "4000000000000002")
    home.hear()
    assert run("sessions", "retry", str(session_id)).exit_code == 0
    home.forward(minutes=1)  # the command goes by the real clock
    home.work()
    assert len(home.payment(session_id).attempts) == 2


def test_a_retry_that_is_not_possible_says_why(home: House, run: Run) -> None:
    session_id = home.opened()
    done = run("sessions", "retry", str(session_id))
    assert done.exit_code == 1
    assert "not_declined" in done.output


def test_acts_tell_programs_where_the_payment_stands(home: House, told: Callable[..., Any]) -> None:
    session_id = str(home.opened())
    extended = told("sessions", "extend", session_id, "--minutes", "60", "--reason", "asked")
    end = home.payment(UUID(session_id)).session.window_expires_at
    assert (extended["status"], extended["windowExpiresAt"]) == ("pending", end.isoformat().replace("+00:00", "Z"))
    home.pay(UUID(session_id), "4000000000000002")
    home.hear()
    assert told("sessions", "retry", session_id)["closingAttempt"] == 1
    ended = told("sessions", "terminate", session_id, "--reason", "withdrawn")
    assert (ended["sessionId"], ended["status"]) == (session_id, "canceled")


def test_acts_need_a_reason(home: House, run: Run) -> None:
    assert run("sessions", "terminate", str(home.opened())).exit_code == 2
