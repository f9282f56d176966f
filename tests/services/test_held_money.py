"""Money that is held waits for a person, is shown to them, and is never left behind."""

from typing import Any
from uuid import UUID

from domain.lifecycle import Status
from domain.needs import NeedKind
from domain.transaction import Disposition, RefundStatus
from tests.house import House
from tests.services.showing import NOBODY, shown, waiting
from tests.services.test_accept_other_amount import held
from tests.services.test_risk import held as held_before_money
from tests.services.test_risk import under_review

ALICE = "admin:alice"


def another(home: House, session_id: UUID, amount: int, intent: str = "pi_second") -> None:
    """Money comes through another payment intent of the first attempt."""
    home.forward(seconds=30)
    document = {
        "id": intent,
        "object": "payment_intent",
        "status": "succeeded",
        "amount_received": amount,
        "currency": "usd",
        "latest_charge": f"ch_{intent}",
        "metadata": {"payment_session_id": str(session_id), "attempt": "1"},
    }
    event: dict[str, Any] = {
        "id": f"evt_{intent}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": int(home.time().timestamp()),
        "livemode": False,
        "data": {"object": document},
    }
    home.hear(event)


def monies(home: House, session_id: UUID) -> list[tuple[int, Disposition]]:
    return [(one.amount_minor, one.disposition) for one in home.payment(session_id).transactions]


def test_money_of_another_amount_is_shown_to_a_person_until_it_goes_back(home: House) -> None:
    session_id = held(home)
    assert shown(home) == ([(NeedKind.HELD, "amount_differs")], 1, (1, 0))
    (need,) = waiting(home)
    assert (need.minor, need.asked_minor, need.session_id) == (20_000, 27_550, session_id)
    assert need.at is not None
    home.app.request_refund(session_id, reason="sold elsewhere", actor=ALICE)
    assert shown(home) == NOBODY


def test_money_under_review_is_shown_once(home: House) -> None:
    session_id = under_review(home)
    assert shown(home) == ([(NeedKind.HELD, "stripe_review")], 1, (1, 0))
    assert [one.session.id for one in home.app.desk.trust.held()[0]] == [session_id]


def test_a_hold_that_is_over_waits_for_nobody(home: House) -> None:
    session_id = held_before_money(home)
    assert shown(home)[0] == [(NeedKind.HELD, "risk_score")]
    home.app.close_by_request(session_id, "service:auctions")
    assert shown(home) == NOBODY


def test_held_money_goes_back_when_the_lot_is_paid_otherwise(home: House) -> None:
    session_id = held(home)
    another(home, session_id, 27_550)
    payment = home.payment(session_id)
    assert payment.session.status is Status.COMPLETED
    assert monies(home, session_id) == [(20_000, Disposition.DUPLICATE), (27_550, Disposition.KEPT)]
    assert [(one.amount_minor, one.reason) for one in payment.refunds] == [(20_000, "duplicate")]
    assert home.app.check_invariants() == []


def test_money_that_went_back_already_is_not_sent_back_again(home: House) -> None:
    session_id = held(home)
    home.app.request_refund(session_id, reason="a slip", actor=ALICE)
    another(home, session_id, 27_550)
    assert len(home.payment(session_id).refunds) == 1
    assert home.app.check_invariants() == []


def test_what_else_is_held_is_decided_on_when_one_of_two_is_back(home: House) -> None:
    session_id = under_review(home)
    another(home, session_id, 20_000)
    assert home.payment(session_id).session.reason == "amount_differs"
    first, _ = home.payment(session_id).transactions
    intent = first.stripe_payment_intent_id
    home.app.request_refund(session_id, reason="a slip", actor=ALICE, payment_intent=intent)
    home.app.send_refunds()
    home.hear()
    payment = home.payment(session_id)
    assert payment.refunds[0].status is RefundStatus.SUCCEEDED
    assert (payment.session.status, payment.session.reason) == (Status.PROCESSING, "amount_differs")
    assert shown(home)[0] == [(NeedKind.HELD, "amount_differs")]


def test_held_money_of_a_payment_that_is_over_breaks_an_invariant(home: House) -> None:
    session_id = held(home)
    assert home.app.check_invariants() == []
    change = "UPDATE payment_sessions SET status = %s, closed_at = %s WHERE id = %s RETURNING id"
    home.app.database.rows(change, ("expired", home.time(), session_id))
    broken = home.app.check_invariants()
    home.app.database.rows(change, ("processing", None, session_id))
    assert [one for one in broken if " is held, and its payment " in one]
