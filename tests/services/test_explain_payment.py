"""Why payments stand where they stand, asked of the database: what bears on them is found, and nobody else's is."""

from uuid import uuid4

import pytest

from domain.errors import NotFound
from domain.messaging import DeadLetter
from domain.standing.explanation import Duty
from tests.house import House


def test_a_payment_is_explained_through_its_life(house: House) -> None:
    session_id = house.require()
    assert house.app.explain_payment(session_id).code == "pending.opening"
    house.work()
    waiting = house.app.explain_payment(session_id)
    assert waiting.code == "pending.waiting"
    house.pay(session_id)
    house.hear()
    to_come = house.app.explain_payment(session_id)
    assert to_come.code == "completed.to_come"
    assert "the receipt is being printed" in to_come.why
    house.work()
    house.issue()
    house.work()
    done = house.app.explain_payment(session_id)
    assert done.code in ("completed.fee_unknown", "completed.to_come")


def test_there_is_nothing_to_explain_of_a_payment_that_does_not_exist(house: House) -> None:
    with pytest.raises(NotFound):
        house.app.explain_payment(uuid4())
    assert house.app.explain_payment.listed([]) == {}


def test_a_page_of_payments_is_explained_each_by_its_own_facts(house: House) -> None:
    first = house.opened()
    second = house.opened(auction_id="auction-2", buyer_id="buyer-2")
    third = house.opened(auction_id="auction-3", buyer_id="buyer-3")
    house.app.terminate_window(second, "the vase broke", "admin:alice")
    house.pay(third)
    house.hear()

    explained = house.app.explain_payment.listed(house.app.view_payments.listed())

    assert explained[first].code == "pending.waiting"
    assert explained[second].code == "expired.not_told"
    assert "alice canceled it" in explained[second].why
    assert '"the vase broke"' in explained[second].why
    assert explained[third].code == "completed.to_come"
    assert all(explained[one] == house.app.explain_payment(one) for one in (first, second, third))


def test_an_event_that_was_set_aside_waits_for_a_person(house: House) -> None:
    session_id = house.opened()
    house.pay(session_id)
    event = house.new_events()[-1]
    house.hear(event | {"livemode": not event["livemode"]})

    said = house.app.explain_payment(session_id)

    assert said.code == "any.set_aside"
    assert "other_mode" in said.why
    assert said.you.kind is Duty.MUST


def test_what_gave_up_is_told_until_somebody_has_dealt_with_it(house: House) -> None:
    session_id = house.opened()
    with house.app.database.transaction() as connection:
        (event_id,) = connection.execute("SELECT id FROM outbox WHERE session_id = %s", (session_id,)).fetchone() or [0]
        connection.execute("UPDATE deliveries SET status = 'given_up', finished_at = now() WHERE endpoint = 'order'")
        connection.execute("UPDATE deliveries SET status = 'given_up', finished_at = now() WHERE endpoint = 'auction'")
    letter = DeadLetter(
        id=house.app.new_id(),
        queue="deliveries",
        actor="auction:auction.payment_pending",
        message=b'{"event_id": "%s"}' % str(event_id).encode(),
        reason="not_delivered",
        error="it answered 500",
        created_at=house.app.now(),
        tries=40,
    )
    other = DeadLetter(
        id=house.app.new_id(),
        queue="payments",
        actor="payments.require",
        message=b"no JSON",
        reason="invalid",
        error="it is no message",
        created_at=house.app.now(),
    )
    house.app.keep_dead_letters([letter, other])

    said = house.app.explain_payment(session_id)

    assert said.code == "any.gave_up"
    assert said.why.startswith("Telling auction of auction.payment_pending gave up after 40 tries: it answered 500.")
    house.app.dead_letters.discard(letter.id, "admin:alice", "the auction service knows")
    assert house.app.explain_payment(session_id).code == "pending.waiting"
