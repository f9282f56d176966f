"""Card numbers are found wherever they might be stored, and nothing of ours is taken for one."""

from typing import Any

import pytest

from domain.messaging import DeadLetter
from models.records import SESSIONS
from services.scan_for_cards import Finding, Scan, ScanForCards
from tests.house import House

CARD = "4242424242424242"


def scan(home: House) -> Scan:
    return ScanForCards(home.app.store.begin)()


def run(home: House, statement: str, *params: object) -> None:
    with home.app.database.transaction() as connection:
        connection.execute(statement, params)


def test_a_house_full_of_payments_holds_no_card_number(home: House) -> None:
    for number in range(10):
        session_id = home.opened(auction_id=f"auction-{number}", buyer_phone="+4915112345678")
        home.pay(session_id, CARD if number % 2 else "4000000000000002")
        home.forward(minutes=1)
        home.hear()

    found = scan(home)

    assert found.found == []
    assert found.unproven == []
    assert found.clean
    assert found.opened > 50
    assert found.tables >= 9


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("payment_sessions", "title"),
        ("checkout_attempts", "last_error"),
        ("auctions", "auction_id"),
    ],
)
def test_a_number_in_a_text_column_is_named_by_its_place(home: House, table: str, column: str) -> None:
    home.opened()
    if table == "auctions":
        run(home, "INSERT INTO auctions VALUES (%s, 0)", f"lot {CARD}")
        row_id: Any = f"lot {CARD}"
    else:
        run(home, f"UPDATE {table} SET {column} = %s", "card 4242-4242-4242-4242")
        ((row_id,),) = home.app.database.rows(f"SELECT id::text FROM {table}")

    (finding,) = scan(home).found
    assert (finding.table, finding.column) == (table, column)
    assert CARD not in finding.row_id
    if table != "auctions":
        assert finding.row_id == row_id


def test_a_number_in_a_json_column_is_found(home: House) -> None:
    session_id = home.opened()
    run(home, "UPDATE payment_sessions SET metadata = %s", '{"a": {"b": [1, "x 5555 5555 5555 4444"]}}')
    assert scan(home).found == [Finding("payment_sessions", "metadata", str(session_id))]


def test_a_number_in_the_audit_trail_is_found(home: House) -> None:
    session_id = home.require()
    with home.app.store.begin() as uow:
        payment = uow.payments.lock_one(session_id)
        assert payment is not None
        payment.note("noted", home.time(), "admin:alice", reason=f"wrote down {CARD}")
    assert scan(home).found == [Finding("audit_entries", "data", f"{session_id}:2")]


def test_a_number_in_an_encrypted_column_is_found(home: House) -> None:
    session_id = home.opened()
    with home.app.store.begin() as uow:
        sealed = uow.cipher.seal(CARD.encode(), SESSIONS.context("buyer_email", [session_id]))
        uow.connection.execute("UPDATE payment_sessions SET buyer_email = %s", (sealed,))
    assert scan(home).found == [Finding("payment_sessions", "buyer_email", str(session_id))]


def test_a_number_in_a_stored_webhook_or_a_dead_letter_is_found(home: House) -> None:
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "unknown.event",
        "created": 1,
        "livemode": False,
        "data": {"object": {"id": "x_1", "note": CARD}},
    }
    home.hear(event)
    letter = DeadLetter(home.app.new_id(), "q", "a", CARD.encode(), "reason", "error", home.time())
    with home.app.store.begin() as uow:
        uow.dead_letters.keep([letter])

    ((event_id,),) = home.app.database.rows("SELECT id::text FROM webhook_events")
    assert scan(home).found == [
        Finding("webhook_events", "body", event_id),
        Finding("dead_letters", "message", str(letter.id)),
    ]


@pytest.mark.parametrize("kind", ["text", "varchar(40)", "char(30)", "json", "text[]", "jsonb[]"])
def test_tables_that_are_not_ours_are_looked_into_as_well(home: House, kind: str) -> None:
    run(home, f"CREATE SCHEMA other; CREATE TABLE other.notes (note {kind})")
    values = {"json": f'"{CARD}"', "text[]": [CARD], "jsonb[]": [f'"{CARD}"']}
    run(home, f"INSERT INTO other.notes VALUES (%s::{kind})", values.get(kind, CARD))
    assert scan(home).found == [Finding("notes", "note", "(0,1)")]


def test_every_slice_of_a_large_table_is_looked_at(home: House) -> None:
    run(home, "CREATE TABLE large (id int PRIMARY KEY, filler text)")
    run(home, "INSERT INTO large SELECT n, repeat('x', 1900) FROM generate_series(1, 2500) n")
    run(home, "UPDATE large SET filler = %s WHERE id IN (1, 1250, 2500)", CARD)
    told: list[tuple[str, int, int | None]] = []

    found = ScanForCards(home.app.store.begin)(lambda *step: told.append(step))

    assert [one.row_id for one in found.found] == ["1", "1250", "2500"]
    pages = [(done, total) for what, done, total in told if what == "large"]
    assert len(pages) > 1
    assert pages[-1][0] == pages[-1][1]


def test_what_cannot_be_opened_is_not_proved(home: House) -> None:
    home.opened()
    run(home, "UPDATE payment_sessions SET buyer_email = '\\x00'")

    found = scan(home)

    assert (found.clean, found.found) == (False, [])
    (unproven,) = found.unproven
    assert "payment_sessions.buyer_email" in unproven.where
    assert "too short" in unproven.why
