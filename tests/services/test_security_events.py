"""What happens to the system is kept in a chain of its own."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.payment import Note
from domain.security import SECURITY_CHAIN, SecurityEvent, SecurityEventKind, is_refused_act
from models.unit_of_work import Store
from services.record_security_event import RecordSecurityEvent
from tests.crashes import Died, DiesBeforeCommit
from tests.house import House

DENIED = SecurityEventKind.ACCESS_DENIED


def events(home: House) -> list[SecurityEvent]:
    with home.app.store.begin() as uow:
        return uow.security.find()


def chain(home: House) -> list[tuple[Any, ...]]:
    sql = "SELECT seq, action, actor, data FROM audit_entries WHERE session_id = %s ORDER BY seq"
    return home.app.database.rows(sql, (SECURITY_CHAIN,))


def test_an_event_is_a_row_and_a_link_of_the_chain(home: House) -> None:
    session_id = home.require()

    assert home.app.record_security_event(DENIED, actor="support:eve", session_id=session_id, path="/payments")

    (event,) = events(home)
    assert (event.kind, event.actor, event.at, event.session_id) == (DENIED, "support:eve", home.time(), session_id)
    assert (event.data, event.audit_seq) == ({"path": "/payments"}, 1)
    ids = {"event_id": str(event.id), "session_id": str(session_id)}
    assert chain(home) == [(1, "access_denied", "support:eve", {"path": "/payments"} | ids)]


def test_card_numbers_long_texts_and_strange_values_are_made_harmless(home: House) -> None:
    home.app.record_security_event(
        DENIED, said="4242424242424242\x00\ud800", long="x" * 10_000, nested={"n": 1, "at": home.time()}, none=None
    )
    (event,) = events(home)
    assert event.data["said"] == "************4242\ufffd?"
    assert len(event.data["long"]) == 500
    assert event.data["nested"] == {"n": 1, "at": home.time().isoformat()}
    assert "none" not in event.data


def test_one_flood_is_one_event_however_many_tell_of_it(home: House) -> None:
    interval = timedelta(minutes=5)
    record = home.app.record_security_event

    assert record(SecurityEventKind.FORGED_WEBHOOKS, quiet=interval)
    home.forward(minutes=4)
    assert not record(SecurityEventKind.FORGED_WEBHOOKS, quiet=interval)
    assert record(DENIED, quiet=interval)
    assert record(DENIED, actor="support:eve", quiet=interval)
    home.forward(minutes=2)
    assert record(SecurityEventKind.FORGED_WEBHOOKS, quiet=interval)
    assert [event.audit_seq for event in events(home)] == [4, 3, 2, 1]


def test_events_at_the_same_time_make_one_chain(home: House) -> None:
    def record() -> None:
        for _ in range(5):
            home.app.record_security_event(DENIED)

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [row[0] for row in chain(home)] == list(range(1, 21))


def test_what_an_operator_was_refused_is_recorded_with_the_payments_note(home: House) -> None:
    session_id = home.require()
    with home.app.store.begin() as uow:
        payment = uow.payments.lock_one(session_id)
        assert payment is not None
        payment.note("extension_refused", home.time(), "admin:alice", minutes=9000, why="too_long")
        payment.note("retry_refused", home.time(), "buyer:bob", why="too_late")

    (event,) = events(home)
    assert (event.kind, event.actor, event.session_id) == ("act_refused", "admin:alice", session_id)
    assert event.data == {"act": "extension_refused", "details": {"minutes": 9000, "why": "too_long"}}


@pytest.mark.parametrize(
    ("action", "actor", "expected"),
    [
        ("refund_refused", "admin:alice", True),
        ("refund_refused", "cli:root", True),
        ("refund_refused", "system", False),
        ("refund_requested", "admin:alice", False),
    ],
)
def test_which_notes_tell_of_a_refused_act(home: House, action: str, actor: str, expected: bool) -> None:
    assert is_refused_act(Note(action, home.time(), actor, {})) is expected


def test_killed_before_the_commit_nothing_is_recorded_and_again_it_is_recorded_once(home: House) -> None:
    begin = home.app.store.begin
    with pytest.raises(Died):
        RecordSecurityEvent(DiesBeforeCommit(begin, 1), home.app.now)(DENIED)
    assert events(home) == []

    home.app.record_security_event(DENIED)
    assert [row[0] for row in chain(home)] == [1]


def test_whoever_watches_hears_of_what_was_committed_and_of_nothing_else(home: House) -> None:
    heard: list[SecurityEvent] = []
    mine = home.app.store
    store = Store(mine.database, mine.cipher, mine.endpoints, mine.ring, alarmed=heard.extend)
    RecordSecurityEvent(store.begin, home.app.now)(DENIED, actor="support:eve")
    with pytest.raises(Died):
        RecordSecurityEvent(DiesBeforeCommit(store.begin, 1), home.app.now)(DENIED, actor="nobody")
    assert [event.actor for event in heard] == ["support:eve"]


@pytest.mark.parametrize("statement", ["UPDATE security_events SET kind = 'x'", "DELETE FROM security_events"])
def test_security_events_can_be_neither_changed_nor_removed(home: House, statement: str) -> None:
    home.app.record_security_event(DENIED)
    with (
        pytest.raises(Exception, match="security_events is append-only"),
        home.app.database.transaction() as connection,
    ):
        connection.execute(statement)


def test_no_payment_can_have_the_id_of_the_security_chain(home: House) -> None:
    assert UUID(int=0) == SECURITY_CHAIN
    assert home.app.new_id() != SECURITY_CHAIN
