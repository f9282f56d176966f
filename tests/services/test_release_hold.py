"""Operators end holds: audited, once, and never what is not theirs to end."""

from dataclasses import replace
from uuid import UUID

import pytest

from domain.attempt import AttemptStatus
from domain.errors import ActRefused, NotFound
from domain.lifecycle import Status
from tests.crashes import Died, DiesBeforeCommit
from tests.house import House
from tests.services.test_risk import held, under_review

ALICE = "admin:alice"


def refused(home: House, session_id: UUID, reason: str = "looked at") -> str:
    with pytest.raises(ActRefused) as refusal:
        home.app.release_hold(session_id, ALICE, reason)
    last = home.app.view_payments.history(session_id)[-1]
    assert (last.action, last.actor, last.data["code"]) == ("hold_release_refused", ALICE, refusal.value.code)
    return refusal.value.code


def test_a_released_checkout_opens_with_a_whole_window(home: House) -> None:
    session_id = held(home)
    home.time.forward(hours=20)
    home.app.release_hold(session_id, ALICE, "called the buyer")
    home.work()

    payment = home.payment(session_id)
    assert (payment.session.held_at, payment.session.hold_reason) == (None, None)
    assert [attempt.status for attempt in payment.attempts] == [AttemptStatus.OPEN]
    assert (payment.session.window_expires_at - home.time()).total_seconds() > 23 * 3600
    (entry,) = [one for one in home.app.view_payments.history(session_id) if one.action == "hold_released"]
    assert (entry.actor, entry.data) == (ALICE, {"hold": "risk_score", "reason": "called the buyer"})
    home.pay(session_id)
    home.hear()
    assert home.payment(session_id).session.status is Status.COMPLETED


def test_a_payment_on_hold_is_not_retried_before_its_release(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, "highest")
    home.hear()
    home.forward(minutes=30)
    home.work()
    assert len(home.payment(session_id).attempts) == 1

    home.app.release_hold(session_id, ALICE, "called the buyer")
    home.work()
    payment = home.payment(session_id)
    assert [attempt.status for attempt in payment.attempts] == [AttemptStatus.CLOSED, AttemptStatus.OPEN]
    assert payment.session.held_at is None


def test_released_money_completes_the_payment(home: House) -> None:
    session_id = under_review(home)
    home.app.release_hold(session_id, ALICE, "a known collector")
    payment = home.payment(session_id)
    assert (payment.session.status, payment.session.held_at) == (Status.COMPLETED, None)
    assert home.told() == ["auction.payment_pending", "auction.sold", "order.requested"]


@pytest.mark.parametrize("build", [held, under_review])
def test_death_before_the_commit_leaves_the_hold_and_the_next_try_ends_it_once(home: House, build: object) -> None:
    session_id = build(home)  # type: ignore[operator]
    before = home.actions(session_id)
    dying = replace(home.app.release_hold, begin=DiesBeforeCommit(home.app.release_hold.begin, 1))
    with pytest.raises(Died):
        dying(session_id, ALICE, "looked at")
    assert home.actions(session_id) == before
    assert home.payment(session_id).session.held_at is not None

    home.app.release_hold(session_id, ALICE, "looked at")
    home.work()
    assert home.actions(session_id).count("hold_released") == 1
    assert home.payment(session_id).session.held_at is None


def test_what_is_not_held_cannot_be_released(home: House) -> None:
    session_id = home.opened()
    assert refused(home, session_id) == "not_on_hold"


def test_a_release_is_not_repeated(home: House) -> None:
    session_id = held(home)
    home.app.release_hold(session_id, ALICE, "looked at")
    assert refused(home, session_id) == "not_on_hold"


def test_a_release_needs_a_reason(home: House) -> None:
    assert refused(home, held(home), reason=" ") == "reason_missing"


def test_what_is_over_cannot_be_released(home: House) -> None:
    session_id = held(home)
    home.app.close_by_request(session_id, "service:auctions")
    assert refused(home, session_id) == "payment_is_over"


def test_money_of_another_amount_is_not_kept_by_a_release(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    for event in home.new_events():
        document = event["data"]["object"]
        for name in ("amount_total", "amount_received"):
            if name in document:
                document[name] = 100
        home.hear(event)
    assert home.payment(session_id).session.reason == "amount_differs"
    assert refused(home, session_id) == "amount_differs"


def test_what_does_not_exist_cannot_be_released(home: House) -> None:
    with pytest.raises(NotFound):
        home.app.release_hold(home.app.new_id(), ALICE, "looked at")
