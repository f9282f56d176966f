"""Each act: its plan changes nothing, its confirmation does what was read, and nothing when the payment has moved."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from domain.lifecycle import CANCELED, PENDING
from domain.transaction import RefundStatus
from tests.console.desk.conftest import Desk
from tests.house import House
from tests.services.test_held_money import another

Sit = Callable[..., Desk]
NAMES = ("retry", "extend", "release", "refund", "accept", "resend", "terminate", "agree", "decline", "settle")


def act(session_id: UUID, name: str) -> str:
    return f"/console/payments/{session_id}/{name}"


def declined(home: House, **changes: str) -> UUID:
    session_id = home.opened(**changes)
    home.pay(session_id, "4000000000000002")
    home.hear()
    return session_id


def paid(home: House, **changes: str) -> UUID:
    session_id = home.opened(**changes)
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    return session_id


def entry(home: House, session_id: UUID, action: str) -> dict[str, object]:
    found = [one for one in home.app.view_payments.history(session_id) if one.action == action]
    return {"actor": found[-1].actor, **found[-1].data}


def test_a_plan_changes_nothing(home: House, desk: Sit) -> None:
    session_id = declined(home)
    before, admin = home.payment(session_id), desk("admin")
    for name in NAMES:
        page = admin.get(act(session_id, name))
        assert page.status_code == 200, page.text
    assert home.payment(session_id).session == before.session


def test_extending_moves_the_end(home: House, desk: Sit) -> None:
    session_id = home.opened()
    before = home.payment(session_id).session.window_expires_at
    admin = desk("admin", "tomas")
    plan = admin.get(act(session_id, "extend"), minutes="60").text
    assert "Extend by 1 h" in plan
    assert "nothing has changed yet" in plan
    answer = admin.act(act(session_id, "extend"), minutes="60")
    assert answer.headers["location"] == f"/console/payments/{session_id}?done=extend"
    assert home.payment(session_id).session.window_expires_at == before + timedelta(hours=1)
    assert entry(home, session_id, "window_extended")["actor"] == "admin:tomas"
    page = admin.get(f"/console/payments/{session_id}", done="extend").text
    assert "The window was extended." in page
    assert "tomas: extended the window by 60" in page
    assert "The buyer telephoned." in page


def test_an_extension_that_is_none_is_refused_in_words(home: House, desk: Sit) -> None:
    session_id, admin = home.opened(), desk("admin")
    for minutes in ("0", "-5", "soon", "99999999999", "500000"):
        page = admin.get(act(session_id, "extend"), minutes=minutes)
        assert page.status_code == 200
        assert "<textarea" not in page.text


def test_terminating_cancels(home: House, desk: Sit) -> None:
    session_id = home.opened()
    answer = desk("admin").act(act(session_id, "terminate"), "The maker withdrew it.")
    assert answer.status_code == 303
    assert home.payment(session_id).session.status is CANCELED
    assert entry(home, session_id, "payment_canceled")["why"] == "The maker withdrew it."


def test_support_retries(home: House, desk: Sit) -> None:
    session_id = declined(home)
    answer = desk("support", "ines").act(act(session_id, "retry"))
    assert answer.status_code == 303, answer.text
    home.work()
    assert len(home.payment(session_id).attempts) == 2
    assert home.payment(session_id).session.status is PENDING
    assert entry(home, session_id, "retry_requested") == {"actor": "support:ines", "why": "The buyer telephoned."}


def test_a_small_refund_is_sent_at_once(home: House, desk: Sit) -> None:
    session_id = paid(home)
    answer = desk("admin").act(act(session_id, "refund"), amount="10.00")
    assert answer.status_code == 303, answer.text
    (refund,) = home.payment(session_id).refunds
    assert (refund.amount_minor, refund.awaits_approval) == (1000, False)


def test_a_large_refund_needs_two_people(home: House, desk: Sit) -> None:
    session_id = paid(home, amount="2000.00")
    ann, ben = desk("admin", "ann"), desk("admin", "ben")
    assert "waits 72 hours for a second admin" in ann.get(act(session_id, "refund")).text
    assert ann.act(act(session_id, "refund")).status_code == 303
    assert "Waits for you" in ben.get("/console/payments", needs="operator").text
    own = ann.act(act(session_id, "agree"))
    assert own.status_code == 409
    assert "whoever asked for a refund cannot agree" in own.text.lower()
    assert ben.act(act(session_id, "agree")).status_code == 303
    home.work()
    (refund,) = home.payment(session_id).refunds
    assert refund.approved_by == "admin:ben"
    assert refund.status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED)


def test_a_second_person_may_decline(home: House, desk: Sit) -> None:
    session_id = paid(home, amount="2000.00")
    desk("admin", "ann").act(act(session_id, "refund"))
    assert desk("admin", "ben").act(act(session_id, "decline")).status_code == 303
    assert home.payment(session_id).refunds[0].status is RefundStatus.CANCELED


def test_a_hold_is_released(home: House, desk: Sit) -> None:
    session_id = home.require()
    with home.app.store.begin() as uow:
        payment = uow.payments.lock_one(session_id)
        assert payment is not None
        payment.session.held_at, payment.session.hold_reason = home.time(), "risk_score"
        payment.note("risk_hold", home.time(), hold="risk_score", score=82)
    admin = desk("admin")
    assert "On hold" in admin.get(f"/console/payments/{session_id}").text
    assert admin.act(act(session_id, "release")).status_code == 303
    assert home.payment(session_id).session.held_at is None
    assert entry(home, session_id, "hold_released")["reason"] == "The buyer telephoned."


def test_what_moved_meanwhile_gets_a_new_plan_and_nothing_is_done(home: House, desk: Sit) -> None:
    session_id = home.opened()
    admin = desk("admin")
    form = admin.form(act(session_id, "extend")) | {"reason": "kept words"}
    home.app.extend_window(session_id, timedelta(minutes=30), "first", "admin:other")
    before = home.payment(session_id).session
    answer = admin.post(act(session_id, "extend"), form)
    assert answer.status_code == 409
    assert "Nothing was done; this is the new plan." in answer.text
    assert "kept words" in answer.text
    assert home.payment(session_id).session == before
    again = admin.form(act(session_id, "extend")) | {"reason": "kept words"}
    assert admin.post(act(session_id, "extend"), again).status_code == 303


def test_a_form_sent_twice_acts_once(home: House, desk: Sit) -> None:
    session_id = home.opened()
    admin = desk("admin")
    form = admin.form(act(session_id, "extend")) | {"reason": "once"}
    assert [admin.post(act(session_id, "extend"), form).status_code for _ in range(2)] == [303, 409]
    assert home.payment(session_id).session.extended_seconds == 7200


def test_a_sign_that_no_text_has_is_left_out_of_a_reason(home: House, desk: Sit) -> None:
    session_id = paid(home)
    answer = desk("admin").act(act(session_id, "refund"), "scratched\x00", amount="10.00")
    assert answer.status_code == 303, answer.text
    assert [one.reason for one in home.payment(session_id).refunds] == ["scratched"]


def test_a_version_that_is_none_does_nothing(home: House, desk: Sit) -> None:
    session_id = home.opened()
    admin, path = desk("admin"), act(session_id, "terminate")
    for seen in ("", "-1", "x", "9" * 30):
        assert admin.post(path, admin.form(path) | {"reason": "x", "seen": seen}).status_code == 409
    assert home.payment(session_id).session.status is PENDING


def test_without_a_reason_nothing_is_done(home: House, desk: Sit) -> None:
    session_id = home.opened()
    answer = desk("admin").act(act(session_id, "terminate"), "   ")
    assert answer.status_code == 422
    assert home.payment(session_id).session.status is PENDING


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_roles_that_may_not_act_are_told_whom_to_ask(home: House, desk: Sit, role: str) -> None:
    session_id = declined(home)
    somebody = desk(role)
    for name in NAMES:
        if role == "auditor" or name not in ("retry", "resend"):
            assert somebody.post(act(session_id, name), {"csrf": "x"}).status_code == 403
            answer = somebody.get(act(session_id, name))
            assert answer.status_code == 403
            assert f"{role.capitalize()} cannot" in answer.text
    rows = home.app.database.rows("SELECT actor FROM security_events WHERE kind = 'access_denied'")
    assert rows == [(f"{role}:local-{role}",)]
    assert "retry_requested" not in home.actions(session_id)


def test_auditors_see_no_buttons(home: House, desk: Sit) -> None:
    session_id = declined(home)
    page = desk("auditor").get(f"/console/payments/{session_id}").text
    assert f"/console/payments/{session_id}/extend" not in page
    assert "You can look at everything and change nothing." in page


def test_a_button_that_leads_nowhere_says_why(home: House, desk: Sit) -> None:
    session_id = home.opened()
    page = desk("admin").get(f"/console/payments/{session_id}").text
    assert "Nothing has been paid yet." in page
    assert "nothing was declined" in page


def test_where_two_came_one_says_which_goes_back(home: House, desk: Sit) -> None:
    session_id = paid(home)
    names = "session_id, attempt_id, currency, status, platform_fee_minor, transferred_minor, refunded_minor, paid_at"
    more = "created_at, method_brand"
    sql = f"""
        INSERT INTO transactions
               (id, stripe_payment_intent_id, amount_minor, disposition, method_last4, {names}, {more})
        SELECT gen_random_uuid(), 'pi_other', 10000, 'duplicate', '1881', {names}, {more} FROM transactions
    """
    with home.app.database.transaction() as connection:
        connection.execute(sql.encode())
    admin, path = desk("admin"), act(session_id, "refund")
    assert path in admin.get(f"/console/payments/{session_id}").text
    asked = admin.get(path).text
    assert "More than one money has come for this payment." in asked
    assert "100.00 USD, duplicate, visa 1881" in asked
    assert "<textarea" not in asked
    assert "Refund 100.00 USD" in admin.get(path, intent="pi_other").text
    assert admin.act(path, intent="pi_other", amount="40.00").status_code == 303
    payment = home.payment(session_id)
    (refund,) = payment.refunds
    assert refund.amount_minor == 4000
    assert payment.transaction(refund.transaction_id).stripe_payment_intent_id == "pi_other"


def test_a_refund_that_failed_is_settled(home: House, desk: Sit) -> None:
    session_id = paid(home)
    admin = desk("admin")
    assert "Paid back another way" not in admin.get(f"/console/payments/{session_id}").text
    home.app.request_refund(session_id, reason="scratched", actor="admin:ann", amount="30.00")
    home.sandbox.fault("error_before", "refunds.create", count=1, status=402)
    home.app.send_refunds()
    assert "Paid back another way" in admin.get(f"/console/payments/{session_id}").text
    assert "30.00 USD did not arrive" in admin.get(act(session_id, "settle")).text
    assert admin.act(act(session_id, "settle")).status_code == 303
    assert entry(home, session_id, "refund_settled")["amount_minor"] == 3_000
    assert "Nothing is owed back" in admin.get(act(session_id, "settle")).text


def test_of_two_payments_that_are_owed_back_the_one_is_settled_that_was_chosen(home: House, desk: Sit) -> None:
    session_id = paid(home)
    for intent in ("pi_2", "pi_3"):
        another(home, session_id, 10_000, intent)
        home.sandbox.fault("error_before", "refunds.create", count=1, status=402)
        home.app.send_refunds()
    admin, path = desk("admin"), act(session_id, "settle")
    asked = admin.get(path).text
    assert "More than one money is owed back." in asked
    assert "100.00 USD, duplicate, came" in asked
    assert "Settle 100.00 USD" in admin.get(path, intent="pi_3").text
    assert admin.act(path, intent="pi_3").status_code == 303
    assert [one.settled_minor for one in home.payment(session_id).transactions] == [0, 0, 10_000]
