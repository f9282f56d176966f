"""A key that was taken away too early: what it sealed waits or lives on without it, and everything else goes on."""

from uuid import UUID

import orjson
import pytest

from domain.attempt import AttemptStatus
from domain.errors import PermanentError
from domain.lifecycle import Status
from domain.messaging import DeadLetter
from domain.security import SecurityEventKind
from domain.transaction import RefundStatus
from services.process_events import PATIENCE
from tests.house import House

LOST = "\\xdeadbeef"


def lose_key(home: House, table: str, column: str, condition: str = "true") -> None:
    """What these rows hold was sealed under a key that nobody has any more."""
    with home.app.database.transaction() as connection:
        connection.execute(
            f"UPDATE {table} SET {column} = overlay({column} placing '{LOST}' from 1 for 4)"
            f" WHERE {column} IS NOT NULL AND {condition}"
        )


def find_key(home: House, table: str, column: str) -> None:
    with home.app.database.transaction() as connection:
        connection.execute(
            f"UPDATE {table} SET {column} = overlay({column} placing %s from 1 for 4)"
            f" WHERE substr({column}, 1, 4) = '{LOST}'",
            (home.app.store.cipher.current,),
        )


def alarms(home: House) -> list[str]:
    with home.app.store.begin() as uow:
        kind = SecurityEventKind.UNREADABLE_VALUES
        return sorted(event.actor for event in uow.security.find("r.kind = %(kind)s", kind=kind))


def sold(home: House, *auctions: str) -> list[UUID]:
    """Payments that Stripe has told of, each by its events, which wait."""
    sessions = [home.opened(auction_id=auction, buyer_id=f"buyer-of-{auction}") for auction in auctions]
    for session_id in sessions:
        home.pay(session_id)
    for event in home.new_events():
        home.app.receive_events([home.app.read_event(orjson.dumps(event))])
    return sessions


def test_events_that_no_key_opens_wait_alone_until_it_is_there_again(home: House) -> None:
    lost, other = sold(home, "lost", "other")
    lose_key(home, "webhook_events", "body", f"session_id = '{lost}'")
    home.process()
    home.forward(minutes=1)
    home.process()
    assert home.payment(other).session.status is Status.COMPLETED
    assert home.payment(lost).session.status is Status.PENDING
    waiting = home.app.database.rows(
        "SELECT DISTINCT status, reason FROM webhook_events WHERE session_id = %s", (lost,)
    )
    assert waiting == [("waiting", "no_key_opens_it")]
    assert alarms(home) == ["system:webhook_events.body"]

    find_key(home, "webhook_events", "body")
    home.forward(minutes=10)
    home.process()
    assert home.payment(lost).session.status is Status.COMPLETED


def test_an_event_that_no_key_ever_opens_is_set_aside_in_the_end(home: House) -> None:
    (lost,) = sold(home, "lost")
    lose_key(home, "webhook_events", "body")
    home.forward(seconds=PATIENCE.total_seconds() + 60)
    home.process()
    ((status, reason),) = home.app.database.rows("SELECT DISTINCT status, reason FROM webhook_events")
    assert status == "set_aside"
    assert reason.startswith("no_key_opens_it: no key has the id deadbeef")
    find_key(home, "webhook_events", "body")
    for (event_id,) in home.app.database.rows("SELECT id FROM webhook_events"):
        with home.app.store.begin() as uow:
            uow.inbox.replay(event_id, home.time())
    home.process()
    assert home.payment(lost).session.status is Status.COMPLETED


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("payment_sessions", ("buyer_email", "buyer_phone", "maker_email", "risk")),
        ("checkout_attempts", ("request", "url")),
    ],
)
def test_payments_whose_fields_no_key_opens_live_on_and_so_do_all_others(
    home: House, table: str, columns: tuple[str, ...]
) -> None:
    paid = home.opened(auction_id="paid", buyer_phone="+4915112345678", maker_email="maker@example.com")
    unpaid = home.opened(auction_id="unpaid", risk={"ip": "203.0.113.7", "country": "DE"})
    home.opened(auction_id="sound")
    mine = f"{'id' if table == 'payment_sessions' else 'session_id'} IN ('{paid}', '{unpaid}')"
    for column in columns:
        lose_key(home, table, column, mine)
    home.pay(paid)
    home.hear()
    home.forward(hours=24, minutes=5)
    home.work()

    assert home.payment(paid).session.status is Status.COMPLETED
    assert home.payment(unpaid).session.status is Status.EXPIRED
    assert all(actor.startswith(f"system:{table}.") for actor in alarms(home))
    assert alarms(home)
    for column in columns:
        find_key(home, table, column)
    assert home.payment(paid).session.buyer_email == "buyer@example.com"
    assert home.payment(unpaid).session.risk == {"ip": "203.0.113.7", "country": "DE"}
    assert all(one.url and one.request for one in home.payment(unpaid).attempts)


@pytest.mark.parametrize("reached", [True, False])
def test_a_checkout_whose_request_no_key_opens_is_looked_up_and_never_sent_empty(home: House, reached: bool) -> None:
    session_id, sound = home.require(), home.require(auction_id="sound")
    home.sandbox.fault("lost_after" if reached else "lost_before", "checkout.sessions.create", count=1)
    assert home.app.open_checkouts(session_id) == 1
    lose_key(home, "checkout_attempts", "request", f"session_id = '{session_id}'")
    home.forward(seconds=30)
    home.work()

    assert [one.status for one in home.payment(sound).attempts] == [AttemptStatus.OPEN]
    statuses = [one.status for one in home.payment(session_id).attempts]
    assert statuses == ([AttemptStatus.OPEN] if reached else [AttemptStatus.REFUSED, AttemptStatus.OPEN])
    assert len(home.stripe_has()) == 2


def test_a_refund_whose_request_no_key_opens_is_asked_for_once_all_the_same(home: House) -> None:
    (session_id,) = sold(home, "lost")
    home.process()
    home.app.request_refund(session_id, reason="scratched", actor="admin:alice", amount="10.00")
    home.sandbox.fault("lost_after", "refunds.create", count=1)
    home.app.send_refunds()
    lose_key(home, "refunds", "request")
    home.forward(minutes=5)
    home.work()
    (refund,) = home.payment(session_id).refunds
    assert refund.status is RefundStatus.SUCCEEDED
    assert [one["amount"] for one in home.stripe_has("refund")] == [1000]


def test_a_dead_letter_that_no_key_opens_is_listed_and_not_put_back(home: House) -> None:
    letters = [
        DeadLetter(home.app.new_id(), "q", "a", message, "reason", "error", home.time()) for message in (b"one", b"two")
    ]
    home.app.keep_dead_letters(letters)
    lose_key(home, "dead_letters", "message", f"id = '{letters[0].id}'")
    assert sorted(letter.message for letter in home.app.dead_letters.listed()) == [b"", b"two"]
    with pytest.raises(PermanentError, match="cannot be read"):
        home.app.dead_letters.requeue(letters[0].id, "admin:alice")
    assert home.put_back == []
    home.app.dead_letters.discard(letters[0].id, "admin:alice", "lost with its key")
    find_key(home, "dead_letters", "message")
    assert home.app.dead_letters.show(letters[0].id).message == b"one"


def test_the_alarm_is_raised_once_for_each_column_however_often_it_is_read(home: House) -> None:
    (session_id,) = sold(home, "lost")
    lose_key(home, "payment_sessions", "buyer_email")
    lose_key(home, "payment_sessions", "risk")
    for _ in range(3):
        home.payment(session_id)
        home.process()
    assert alarms(home) == ["system:payment_sessions.buyer_email", "system:payment_sessions.risk"]


def test_a_look_at_one_moment_tells_of_what_it_cannot_open_whatever_was_noted_since(home: House) -> None:
    (session_id,) = sold(home, "lost")
    lose_key(home, "payment_sessions", "buyer_email")
    with home.app.store.begin() as uow:
        uow.at_one_moment()
        (payment,) = uow.payments.read([session_id])
        with home.app.store.begin() as other:
            other.security.note(SecurityEventKind.ACT_REFUSED, home.time(), "admin:alice")
    assert payment.session.id == session_id
    assert alarms(home) == ["system:payment_sessions.buyer_email"]
