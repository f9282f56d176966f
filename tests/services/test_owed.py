"""A refund that comes back, or that Stripe refuses, is shown to a person until it is sent again or settled."""

from decimal import Decimal
from uuid import UUID

import pytest

from domain.errors import ActRefused
from domain.lifecycle import Status
from domain.needs import NeedKind
from domain.transaction import Disposition
from tests.house import House
from tests.services.showing import NOBODY, shown, waiting
from tests.services.test_accept_other_amount import held
from tests.services.test_disputes import dispute, sold

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
    assert home.app.decide_refund.settle(session_id, reason="by bank transfer", actor=ALICE) == 1
    assert shown(home) == NOBODY
    assert home.app.explain_payment(session_id).code != "completed.refund_failed"
    assert home.actions(session_id)[-1] == "refund_settled"
    with pytest.raises(ActRefused) as refused:
        home.app.decide_refund.settle(session_id, reason="again", actor=ALICE)
    assert refused.value.code == "nothing_failed"
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


def test_keeping_money_ends_what_was_owed_of_it(home: House) -> None:
    session_id = held(home)
    home.app.request_refund(session_id, reason="a slip", actor=ALICE)
    home.sandbox.fault("error_before", "refunds.create", count=1, status=402)
    home.app.send_refunds()
    assert [kind for kind, _ in shown(home)[0]] == [NeedKind.HELD, NeedKind.REFUND_STUCK]
    home.app.accept_other_amount(session_id, ALICE, "agreed after all")
    assert home.payment(session_id).transactions[0].disposition is Disposition.KEPT
    assert shown(home) == NOBODY


def test_what_fails_after_it_was_settled_is_owed_again(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.time.forward(hours=25)
    home.app.expire_windows()
    home.hear()
    home.app.send_refunds()
    home.hear()
    come_back(home)
    assert shown(home)[0] == [(NeedKind.REFUND_STUCK, "late")]
    home.app.decide_refund.settle(session_id, reason="by bank transfer", actor=ALICE)
    assert shown(home) == NOBODY
    home.forward(minutes=1)
    send(home, session_id)
    come_back(home)
    assert shown(home)[0] == [(NeedKind.REFUND_STUCK, "late")]
