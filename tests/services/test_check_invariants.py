"""The books are checked against what must hold, and what does not hold is named."""

from collections.abc import Iterator

import pytest

from tests.house import House, house

#: More than there is.
ON_ITS_WAY = """
    INSERT INTO refunds (id, session_id, transaction_id, amount_minor, currency, status, reason, requested_by,
                         idempotency_key, reverses_transfer, tries, fence, created_at, updated_at)
    SELECT gen_random_uuid(), session_id, id, amount_minor + 1, currency, 'pending', 'x', 'x', 'x', false, 0, 0,
           now(), now() FROM transactions
"""

OVERTAKEN = """
    INSERT INTO deliveries (event_id, endpoint, auction_id, order_no, status, tries, fence, created_at, waiting_since,
                            late)
    SELECT id, 'auction', auction_id, order_no, CASE order_no WHEN 1 THEN 'waiting' ELSE 'sent' END, 1, 1, occurred_at,
           occurred_at, false FROM outbox
"""


@pytest.fixture
def sold(database_url: str) -> Iterator[House]:
    """A house with one paid lot, and no check at the end."""
    with house(database_url) as home:
        home.pay(home.opened())
        home.forward(minutes=1)
        home.hear()
        yield home


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE transactions SET disposition = 'late'", "keeps 0 transactions"),
        ("UPDATE transactions SET disposition = 'late', settled_minor = 1000", "nothing sends 26550 of it back"),
        ("UPDATE transactions SET amount_minor = amount_minor + 1", "was asked"),
        ("UPDATE transactions SET refunded_minor = 1", "went back"),
        ("DELETE FROM ledger_entries WHERE line = 2", "is booked with"),
        ("DELETE FROM ledger_entries WHERE line = 2", "The ledger has 26172 USD at Stripe"),
        ("UPDATE transactions SET status = 'disputed'", "0 disputes stand"),
        (ON_ITS_WAY, "on its way back"),
        ("DELETE FROM deliveries; DELETE FROM outbox WHERE type = 'auction.sold'", "counts 3 events and has 2"),
        ("DELETE FROM deliveries; DELETE FROM outbox WHERE type = 'auction.sold'", "was told as auction.sold 0 times"),
        (OVERTAKEN, "Event 1 waits for auction, and event 2 of auction auction-1 was received there before it"),
        ("UPDATE payment_sessions SET audit_seq = audit_seq + 1", "it is missing; the last one is entry"),
        ("UPDATE payment_sessions SET status = 'pending', completed_at = NULL", "keeps 1 transactions"),
    ],
)
def test_damage_is_named(sold: House, damage: str, said: str) -> None:
    assert sold.app.check_invariants() == []
    with sold.app.database.transaction() as connection:
        connection.execute(damage)
    assert any(said in sentence for sentence in sold.app.check_invariants())


def test_a_window_that_stays_open_is_named(database_url: str) -> None:
    with house(database_url) as home:
        home.opened()
        home.time.forward(hours=25)
        assert ["is still pending" in sentence for sentence in home.app.check_invariants()] == [True]


def test_audit_entries_can_be_neither_changed_nor_removed(sold: House) -> None:
    for forbidden in ("UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"):
        with pytest.raises(Exception, match="append-only"), sold.app.database.transaction() as connection:
            connection.execute(forbidden)
