"""Comparing with Stripe because somebody asked: what is found stays to be read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import GatewayUnavailable
from domain.lifecycle import COMPLETED
from domain.reconciliation import KEPT, TRIES
from tests.console.desk.conftest import Desk
from tests.house import House

Sit = Callable[..., Desk]
PAGE = "/console/reconciliation"


def lost_sale(home: House) -> str:
    """Paid ten minutes ago, and every webhook was lost."""
    home.time.forward(minutes=-10)
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=5)
    home.time.forward(minutes=10)
    return str(session_id)


def test_a_run_repairs_what_was_lost_and_what_it_found_can_be_read(home: House, desk: Sit) -> None:
    session_id = lost_sale(home)
    support = desk("support", "ines")
    assert "Nobody has asked for one." in support.get(PAGE).text
    assert "since" in support.get(f"{PAGE}/run", span="7d").text
    form = support.form(f"{PAGE}/run") | {"reason": "The bank asked."}
    assert support.post(f"{PAGE}/run", form).headers["location"] == f"{PAGE}?done=run"
    assert "One is being made already" in support.post(f"{PAGE}/run", form).text
    assert home.app.due["money.explain"]() >= 1
    assert home.app.reconcile_asked() == 1
    assert home.app.reconcile_asked() == 0
    assert home.app.view_payments.listed()[0].session.status is COMPLETED
    page = support.get(PAGE).text
    assert "support:ines" in page
    assert "all explained" in page
    assert "267.21" in page, "the ledger's balance, and Stripe's"
    link = page.split(f'class="rowlink" href="{PAGE}/')[1].split('"')[0]
    run = desk("auditor").get(f"{PAGE}/{link}").text
    assert "Webhook lost: checkout.session.completed" in run
    assert session_id in run
    kinds = home.app.database.rows("SELECT kind, actor FROM security_events")
    assert kinds == [("reconciliation_asked", "support:ines")]
    assert desk("auditor").get(f"{PAGE}/nothing").status_code == 404


def test_money_that_nobody_can_explain_is_named_with_its_rows(home: House, desk: Sit) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    home.app.reconcile_asked.at_once(home.time() - timedelta(hours=1), "cli:bob", "to be sure")
    with home.app.database.transaction() as connection:
        connection.execute("UPDATE transactions SET stripe_fee_minor = stripe_fee_minor + 100")
    home.app.reconcile_asked.at_once(home.time() - timedelta(hours=1), "cli:bob", "to be sure")
    page = desk("auditor").get(PAGE).text
    assert "1.00 USD cannot be explained." in page
    assert "fee is not the one that we booked" in page
    assert str(session_id) in page


def test_a_run_that_stripe_does_not_answer_is_tried_again_and_then_called_failed(home: House) -> None:
    def away(_since: object) -> None:
        raise GatewayUnavailable("Stripe is away")

    asked = replace(home.app.reconcile_asked, reconcile=away)  # type: ignore[arg-type]
    asked.ask(timedelta(hours=1), "admin:ann", "now")
    for _ in range(TRIES):
        assert asked() == 1
        home.time.forward(minutes=2)
    assert asked() == 0
    (run,) = asked.books().runs
    assert (run.status, run.last_error) == ("failed", "Stripe is away")
    home.time.forward(days=KEPT.days + 1)
    home.app.reconcile_asked.at_once(home.time() - timedelta(hours=1), "cli:bob", "later")
    assert [one.reason for one in asked.books().runs] == ["later"]


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_auditors_read_and_have_nothing_compared(home: House, desk: Sit, role: str) -> None:
    somebody = desk(role)
    assert somebody.get(PAGE).status_code == 200
    assert somebody.get(f"{PAGE}/run").status_code == (200 if role == "support" else 403)
    assert somebody.get(f"{PAGE}/run", span="9y").status_code == (422 if role == "support" else 403)
    assert ("Compare now" in somebody.get(PAGE).text) == (role == "support")
    assert home.app.reconcile_asked.books().runs == []
