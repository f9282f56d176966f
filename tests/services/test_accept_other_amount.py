"""Money of another amount is held; an operator sells the lot for it, or sends it back."""

import pytest

from domain.errors import ActRefused, NotFound
from domain.ids import SessionId
from domain.lifecycle import Status
from domain.transaction import Disposition
from tests.house import House

ADMIN = "admin:alice"


def held(home: House, auction_id: str = "auction-1") -> SessionId:
    session_id = home.opened(auction_id=auction_id)
    home.pay(session_id)
    events = home.new_events()
    for event in events:
        document = event["data"]["object"]
        for field in ("amount_total", "amount_received"):
            if document.get(field):
                document[field] = 20000
    home.hear(*events)
    assert home.payment(session_id).session.reason == "amount_differs"
    return session_id


def test_the_lot_is_sold_for_what_came(home: House) -> None:
    session_id = held(home)
    home.app.accept_other_amount(session_id, ADMIN, "agreed with the maker")
    payment = home.payment(session_id)
    assert payment.session.status is Status.COMPLETED
    assert [(one.disposition, one.amount_minor) for one in payment.transactions] == [(Disposition.KEPT, 20000)]
    ((amount,),) = home.app.database.rows("SELECT body->>'amount' FROM outbox WHERE type = 'auction.sold'")
    assert amount == "200.00"
    assert "other_amount_accepted" in home.actions(session_id)
    history = home.app.view_payments.history(session_id)
    (sold,) = [one.data for one in history if one.action == "checkout_completed"]
    assert (sold["amount"], sold["amount_minor"], sold["currency"]) == ("200.00 USD", 20000, "USD")


def test_accepting_twice_or_nothing_is_refused_and_audited(home: House) -> None:
    session_id = held(home)
    home.app.accept_other_amount(session_id, ADMIN, "agreed")
    with pytest.raises(ActRefused):
        home.app.accept_other_amount(session_id, ADMIN, "again")
    assert home.actions(session_id)[-1] == "other_amount_refused"
    other = home.opened(auction_id="auction-2")
    with pytest.raises(ActRefused) as refused:
        home.app.accept_other_amount(other, ADMIN, "what")
    assert refused.value.code == "nothing_held"
    home.app.close_by_request(other, ADMIN)
    home.work()


def test_acceptance_needs_a_reason_and_a_payment(home: House) -> None:
    session_id = held(home)
    with pytest.raises(ActRefused) as refused:
        home.app.accept_other_amount(session_id, ADMIN, " ")
    assert refused.value.code == "reason_missing"
    with pytest.raises(NotFound):
        home.app.accept_other_amount(home.app.new_id(), ADMIN, "who")
