"""Money of another amount, and letters that go out again."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from domain.lifecycle import COMPLETED
from tests.console.desk.conftest import Desk
from tests.console.desk.test_acts import act, entry
from tests.house import House
from tests.services.posting import Posting, posting
from tests.services.test_accept_other_amount import held

Sit = Callable[..., Desk]


@pytest.fixture
def post(database_url: str) -> Iterator[Posting]:
    with posting(database_url) as post:
        yield post


@pytest.fixture
def home(post: Posting) -> House:
    """A house that writes letters."""
    return post.home


def test_money_of_another_amount_is_accepted_after_its_plan_was_read(home: House, desk: Sit) -> None:
    session_id = UUID(str(held(home)))
    admin, path = desk("admin", "tomas"), act(session_id, "accept")
    assert path in admin.get(f"/console/payments/{session_id}").text
    assert f"/console/payments/{session_id}/accept" in admin.get("/console/risk").text
    plan = admin.get(path).text
    assert "200.00 USD pay for the lot, although 275.50 USD were asked." in plan
    assert "75.50 USD are not asked for any more." in plan
    assert admin.act(path, "Agreed with the maker.").status_code == 303
    assert home.payment(session_id).session.status is COMPLETED
    assert entry(home, session_id, "other_amount_accepted")["actor"] == "admin:tomas"
    assert path not in admin.get(f"/console/payments/{session_id}").text
    assert "No money of another amount is held" in admin.get(path).text
    assert desk("support").get(path).status_code == 403


def test_a_letter_is_chosen_and_goes_out_again(post: Posting, home: House, desk: Sit) -> None:
    session_id, other = home.opened(), home.opened(auction_id="a-2", buyer_id="b-2")
    support, path = desk("support", "ines"), act(session_id, "resend")
    assert "No letter has been sent yet." in support.get(path).text
    post.send()
    listed = support.get("/console/deliveries/letters", payment=str(session_id)).text
    assert f"{path}?notice=" in listed
    asked = support.get(path).text
    assert "Choose the letter that goes out again." in asked
    assert "Please pay, e-mail to the buyer, sent" in asked
    (first,) = post.notices(session_id=session_id, kind="payment_required")
    plan = support.get(path, notice=str(first.id)).text
    assert "goes to b•••@example.com by e-mail" in plan
    assert "buyer@example.com" not in plan
    assert support.act(path, "She lost it.", notice=str(first.id)).status_code == 303
    post.send()
    assert len(post.to()) == 3
    assert entry(home, session_id, "notice_resent")["actor"] == "support:ines"
    (strange,) = post.notices(session_id=other, kind="payment_required")
    assert "This payment has no such letter." in support.get(path, notice=str(strange.id)).text
    assert "Choose the letter" in support.get(path, notice="x").text
    assert desk("auditor").get(path).status_code == 403


def test_settling_says_whether_the_payment_waits_on(home: House, desk: Sit) -> None:
    session_id = UUID(str(held(home)))
    home.app.request_refund(session_id, reason="not ours", actor="admin:ann")
    home.sandbox.fault("error_before", "refunds.create", count=1, status=402)
    home.app.send_refunds()
    admin, path = desk("admin"), act(session_id, "settle")
    assert "It is held no longer: the window goes on, or ends." in admin.get(path).text
    with home.app.database.transaction() as connection:
        connection.execute("UPDATE checkout_attempts SET paid_near_end_at = now()")
    assert "It is held no longer: the payment waits on for its other money." in admin.get(path).text
    assert home.payment(session_id).transactions[0].settled_minor == 0
