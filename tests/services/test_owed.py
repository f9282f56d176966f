"""A refund that comes back, or that Stripe refuses, is shown to a person until it is sent again or settled."""

from decimal import Decimal
from importlib import import_module
from uuid import UUID

import pytest

from domain.errors import ActRefused
from domain.lifecycle import Status
from domain.money import Money
from domain.needs import NeedKind
from domain.transaction import Disposition
from tests.house import House
from tests.services.showing import NOBODY, shown, waiting
from tests.services.test_accept_other_amount import held
from tests.services.test_disputes import dispute, sold
from tests.services.test_held_money import another
from tests.services.test_risk import under_review

ALICE = "admin:alice"
STUCK = (NeedKind.REFUND_STUCK, "refund_failed")


def send(home: House, session_id: UUID, amount: str | None = None) -> None:
    home.app.request_refund(session_id, reason="scratched", actor=ALICE, amount=amount)
    home.app.send_refunds()
    home.forward(seconds=5)
    home.hear()


def come_back(home: House) -> None:
    """The newest refund does."""
    with home.sandbox.host.using() as core:
        core.fail_refund(home.stripe_has("refund")[-1]["id"])
    home.forward(seconds=5)
    home.hear()


@pytest.mark.parametrize("amount", [None, "30.00"])
def test_a_refund_that_comes_back_is_shown_until_it_is_sent_again(home: House, amount: str | None) -> None:
    session_id = sold(home)
    send(home, session_id, amount)
    assert shown(home) == NOBODY
    come_back(home)
    assert shown(home) == ([STUCK], 1, (0, 1))
    (need,) = waiting(home)
    assert (need.minor, need.session_id) == (int(Decimal(amount or "275.50") * 100), session_id)
    send(home, session_id, amount)
    come_back(home)
    assert [one.minor for one in waiting(home)] == [need.minor], "it is owed once, however often it fails"
    send(home, session_id, amount)
    assert shown(home) == NOBODY


def test_a_part_that_went_back_before_is_no_replacement_for_one_that_comes_back(home: House) -> None:
    session_id = sold(home)
    send(home, session_id, "200.00")
    send(home, session_id, "75.50")
    come_back(home)
    (need,) = waiting(home)
    assert (need.why, need.minor) == ("refund_failed", 7_550)
    first = home.stripe_has("refund")[0]["id"]
    with home.sandbox.host.using() as core:
        core.fail_refund(first)
    home.hear()
    assert [one.minor for one in waiting(home)] == [27_550]


def test_what_was_paid_back_another_way_is_settled_once(home: House) -> None:
    session_id = sold(home)
    send(home, session_id)
    come_back(home)
    told = home.app.explain_payment(session_id)
    assert told.code == "completed.refund_failed"
    assert home.app.decide_refund.settle(session_id, reason="by bank transfer", actor=ALICE) == Money("USD", 27_550)
    assert shown(home) == NOBODY
    assert home.app.explain_payment(session_id).code != "completed.refund_failed"
    assert home.actions(session_id)[-1] == "refund_settled"
    with pytest.raises(ActRefused) as refused:
        home.app.decide_refund.settle(session_id, reason="again", actor=ALICE)
    assert refused.value.code == "nothing_owed"
    assert home.actions(session_id)[-1] == "refund_settlement_refused"


def test_money_that_a_bank_has_is_not_sent_again(home: House) -> None:
    session_id = sold(home)
    send(home, session_id, "30.00")
    come_back(home)
    dispute(home, session_id, 20_000)
    home.hear()
    assert [kind for kind, _ in shown(home)[0]] == [NeedKind.DISPUTE]


def test_held_money_whose_refund_comes_back_is_shown_whatever_became_of_its_payment(home: House) -> None:
    session_id = held(home)
    send(home, session_id)
    assert home.payment(session_id).session.status is Status.FAILED
    home.forward(days=2)
    home.app.expire_windows()
    assert home.payment(session_id).session.status is Status.EXPIRED
    assert shown(home) == NOBODY
    come_back(home)
    assert shown(home) == ([(NeedKind.REFUND_STUCK, "held")], 1, (0, 1))
    assert home.app.check_invariants() == []


def test_nobody_is_to_decide_on_money_that_came_back_while_the_payment_waits_for_a_debit(home: House) -> None:
    session_id = held(home)
    send(home, session_id)
    come_back(home)
    with home.app.database.transaction() as connection:
        connection.execute("UPDATE payment_sessions SET status = 'processing', reason = NULL")
    assert [kind for kind, _ in shown(home)[0]] == [NeedKind.REFUND_STUCK]


def test_keeping_money_ends_what_was_owed_of_it(home: House) -> None:
    session_id = held(home)
    home.app.request_refund(session_id, reason="a slip", actor=ALICE)
    home.sandbox.fault("error_before", "refunds.create", count=1, status=402)
    home.app.send_refunds()
    assert [kind for kind, _ in shown(home)[0]] == [NeedKind.HELD, NeedKind.REFUND_STUCK]
    home.app.accept_other_amount(session_id, ALICE, "agreed after all")
    assert home.payment(session_id).transactions[0].disposition is Disposition.KEPT
    assert shown(home) == NOBODY


def test_what_fails_after_the_rest_was_settled_is_owed(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.time.forward(hours=25)
    home.app.expire_windows()
    home.hear()
    home.app.send_refunds()
    home.hear()
    come_back(home)
    assert shown(home)[0] == [(NeedKind.REFUND_STUCK, "late")]
    send(home, session_id, "75.50")
    paid = home.app.decide_refund.settle(session_id, reason="by bank transfer", actor=ALICE)
    assert paid == Money("USD", 20_000)
    assert shown(home) == NOBODY
    with pytest.raises(ActRefused) as refused:
        home.app.request_refund(session_id, reason="once more", actor=ALICE)
    assert refused.value.code == "nothing_left"
    come_back(home)
    assert [(one.why, one.minor) for one in waiting(home)] == [("late", 7_550)]
    assert home.app.check_invariants() == []


def test_held_money_that_was_paid_back_another_way_waits_no_longer_and_the_lot_is_reopened(home: House) -> None:
    session_id = under_review(home)
    home.app.request_refund(session_id, reason="a slip", actor=ALICE)
    home.sandbox.fault("error_before", "refunds.create", count=1, status=402)
    home.app.send_refunds()
    assert [kind for kind, _ in shown(home)[0]] == [NeedKind.HELD, NeedKind.REFUND_STUCK]
    home.app.decide_refund.settle(session_id, reason="by bank transfer", actor=ALICE)
    with home.sandbox.host.using() as core:
        core.close_review(home.stripe_has("review")[0]["id"], "approved")
    home.forward(days=2)
    home.hear()
    assert home.payment(session_id).session.status is Status.FAILED
    home.app.expire_windows()
    assert home.payment(session_id).session.status is Status.EXPIRED
    home.work()
    assert "auction.reopened" in home.told()
    assert shown(home) == NOBODY
    assert home.app.check_invariants() == []


def test_one_refund_makes_up_for_one_that_failed(home: House) -> None:
    session_id = sold(home)
    send(home, session_id, "30.00")
    send(home, session_id, "40.00")
    for one in home.stripe_has("refund"):
        with home.sandbox.host.using() as core:
            core.fail_refund(one["id"])
        home.forward(seconds=5)
        home.hear()
    send(home, session_id, "40.00")
    assert [one.minor for one in waiting(home)] == [3_000]


def test_what_was_settled_before_its_amount_was_kept_is_taken_from_what_had_failed(home: House) -> None:
    session_id = sold(home)
    for _ in range(2):
        send(home, session_id, "100.00")
        come_back(home)
    home.app.decide_refund.settle(session_id, reason="by bank transfer", actor=ALICE)
    kept = held(home, "auction-2")
    home.app.request_refund(kept, reason="a slip", actor=ALICE)
    home.sandbox.fault("error_before", "refunds.create", count=1, status=402)
    home.app.send_refunds()
    home.app.accept_other_amount(kept, ALICE, "agreed after all")

    rows = home.app.database.rows
    rows("UPDATE transactions SET settled_minor = 0 RETURNING 1")
    # It marked all that had failed, also what had been sent again.
    rows(
        "UPDATE refunds r SET settled_at = (SELECT max(settled_at) FROM refunds WHERE session_id = r.session_id)"
        " WHERE status = 'failed' RETURNING 1"
    )
    migration = import_module("models.migrations.versions.0026_settled_minor")
    rows(f"{migration._SETTLED_BEFORE} RETURNING 1")
    assert [home.payment(one).transactions[0].settled_minor for one in (session_id, kept)] == [10_000, 0]


def test_an_attempt_beside_money_that_was_held_is_looked_up_after_the_upgrade(home: House) -> None:
    session_id = held(home)
    migration, rows = import_module("models.migrations.versions.0026_settled_minor"), home.app.database.rows
    asked = f"{migration._ASKED_ONCE_MORE} RETURNING a.look_up_at > now() + interval '59 minutes'"
    assert rows(asked) == [], "what is paid is known"
    rows("UPDATE checkout_attempts SET status = 'closed' RETURNING 1")
    assert rows(asked) == [(True,)]
    rows("UPDATE checkout_attempts SET look_up_at = %s RETURNING 1", (home.time(),))
    assert home.app.reconcile_attempts() == 1
    assert home.payment(session_id).session.reason == "amount_differs"


def test_held_money_that_was_settled_before_its_amount_was_kept_is_shown_once_more(home: House) -> None:
    session_id = held(home)
    home.app.request_refund(session_id, reason="a slip", actor=ALICE)
    home.sandbox.fault("error_before", "refunds.create", count=1, status=402)
    home.app.send_refunds()
    home.app.decide_refund.settle(session_id, reason="by bank transfer", actor=ALICE)
    rows = home.app.database.rows
    migration = import_module("models.migrations.versions.0026_settled_minor")
    rows("UPDATE transactions SET settled_minor = 0, hold_ended = false RETURNING 1")
    assert rows(f"{migration._WAIT_ENDED} RETURNING t.hold_ended") == [(True,)]
    rows("UPDATE transactions SET hold_ended = false RETURNING 1")
    rows("UPDATE payment_sessions SET status = 'processing', reason = 'amount_differs' RETURNING 1")
    assert rows(f"{migration._WAIT_ENDED} RETURNING 1") == []
    assert rows(f"{migration._SETTLED_BEFORE} RETURNING 1") == []
    assert home.payment(session_id).refunds[0].settled_at, "it keeps the release before from sending it again"
    assert [kind for kind, _ in shown(home)[0]] == [NeedKind.HELD, NeedKind.REFUND_STUCK]
    another(home, session_id, 27_550)
    assert len(home.payment(session_id).refunds) == 1, "a person knows how its buyer came to it"
    assert [one.minor for one in waiting(home)] == [20_000]
