"""Why payments stand where they stand, asked of the database: what bears on them is found, and nobody else's is."""

from uuid import uuid4

import pytest

from domain.errors import NotFound
from domain.standing.explanation import Duty
from tests.house import House, house
from tests.listener import SECRET, listening


def test_a_payment_is_explained_through_its_life(home: House) -> None:
    session_id = home.require()
    assert home.app.explain_payment(session_id).code == "pending.opening"
    home.work()
    waiting = home.app.explain_payment(session_id)
    assert waiting.code == "pending.waiting"
    home.pay(session_id)
    home.hear()
    to_come = home.app.explain_payment(session_id)
    assert to_come.code == "completed.to_come"
    assert "the receipt is being printed" in to_come.why
    home.work()
    home.issue()
    home.work()
    done = home.app.explain_payment(session_id)
    assert done.code in ("completed.fee_unknown", "completed.to_come")


def test_there_is_nothing_to_explain_of_a_payment_that_does_not_exist(home: House) -> None:
    with pytest.raises(NotFound):
        home.app.explain_payment(uuid4())
    assert home.app.explain_payment.listed([]) == {}


def test_a_page_of_payments_is_explained_each_by_its_own_facts(home: House) -> None:
    first = home.opened()
    second = home.opened(auction_id="auction-2", buyer_id="buyer-2")
    third = home.opened(auction_id="auction-3", buyer_id="buyer-3")
    home.app.terminate_window(second, "the vase broke", "admin:alice")
    home.pay(third)
    home.hear()

    explained = home.app.explain_payment.listed(home.app.view_payments.listed())

    assert explained[first].code == "pending.waiting"
    assert explained[second].code == "expired.closing"
    home.work()
    explained = home.app.explain_payment.listed(home.app.view_payments.listed())
    assert explained[second].code == "canceled.done"
    assert "alice canceled it" in explained[second].why
    assert '"the vase broke"' in explained[second].why
    assert explained[third].code == "completed.to_come"
    assert all(explained[one] == home.app.explain_payment(one) for one in (first, second, third))


def test_an_event_that_was_set_aside_waits_for_a_person(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    event = home.new_events()[-1]
    home.hear(event | {"livemode": not event["livemode"]})

    said = home.app.explain_payment(session_id)

    assert said.code == "any.set_aside"
    assert "other_mode" in said.why
    assert said.you.kind is Duty.MUST


def test_a_service_that_does_not_answer_is_still_to_come_and_waits_for_a_person_once_it_gave_up(
    database_url: str,
) -> None:
    with (
        listening() as auction,
        house(database_url, AUCTION_WEBHOOK_URL=auction.url, AUCTION_WEBHOOK_SECRET=SECRET) as home,
    ):
        auction.refuses = lambda event: 500 if event["type"] == "auction.sold" else None
        session_id = home.opened()
        home.pay(session_id)
        home.hear()
        home.work()

        to_come = home.app.explain_payment(session_id)
        assert to_come.code == "completed.to_come"
        assert "the auction service answered: " in to_come.why
        home.app.manage_endpoints.pause("auction", "admin:alice", "it moves")
        paused = home.app.explain_payment(session_id)
        assert "the auction service is paused by alice since" in paused.why
        assert paused.you.kind is Duty.MUST
        home.app.manage_endpoints.resume("auction", "admin:alice", "it has moved")

        home.forward(days=4)
        home.work()
        gave_up = home.app.explain_payment(session_id)
        assert gave_up.code == "any.gave_up"
        assert gave_up.why.startswith("Telling the auction service of auction.sold gave up after ")
        assert home.app.explain_payment.listed([home.payment(session_id)]) == {session_id: gave_up}

        (letter,) = home.app.dead_letters.listed()
        home.app.dead_letters.discard(letter.id, "admin:alice", "they know")
        assert not home.app.explain_payment(session_id).code.startswith("any.")
