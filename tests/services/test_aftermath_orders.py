"""Payments, refunds and disputes told in many orders, on the real database: one end, and books that agree."""

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import orjson
import pytest

from tests.house import House

LIVES = ("a part, then a dispute that is lost", "a refund that comes back", "a dispute that is won")
ORDERS = 8


@pytest.fixture
def numbers() -> Iterator[int]:
    return count(1)


def lived(home: House, session_id: UUID, life: str) -> list[dict[str, Any]]:
    """Everything that Stripe says of a life."""
    charge = home.pay(session_id, "4000000000005126" if life == LIVES[1] else "4242424242424242")
    assert charge is not None
    home.forward(seconds=30)
    events = home.new_events()
    intent = next(event["data"]["object"] for event in events if event["type"] == "payment_intent.succeeded")
    if life in LIVES[:2]:
        home.app.stripe.refund(
            {"payment_intent": intent["id"], "amount": 3_333}, idempotency_key=f"dashboard:{session_id}"
        )
    if life != LIVES[1]:
        home.forward(seconds=30)
        with home.sandbox.host.using() as core:
            opened = core.dispute(intent["latest_charge"])
        home.forward(days=3)
        with home.sandbox.host.using() as core:
            core.close_dispute(opened["id"], won=life == LIVES[2])
    home.forward(seconds=30)
    return events + home.new_events()


def ended(home: House, session_id: UUID) -> object:
    payment = home.payment(session_id)
    books = home.app.database.rows(
        "SELECT account, currency, balance_minor FROM ledger_balances WHERE session_id = %s AND balance_minor <> 0"
        " ORDER BY 1, 2",
        (session_id,),
    )
    return (
        payment.session.status,
        [(one.status, one.refunded_minor) for one in payment.transactions],
        [(one.amount_minor, one.status) for one in payment.refunds],
        [(one.status, one.withdrawn_minor, one.reinstated_minor, one.lost_minor) for one in payment.disputes],
        books,
    )


@pytest.mark.parametrize("life", LIVES)
def test_any_order_ends_in_one_state_with_books_that_agree(home: House, life: str, numbers: Iterator[int]) -> None:
    dice = Random(life)  # noqa: S311 - the same orders each time
    ends = set()
    for number in range(ORDERS):
        session_id = home.opened(auction_id=f"auction-{number}")
        events = lived(home, session_id, life)
        told = [*events, dice.choice(events), dice.choice(events)]
        if number:
            dice.shuffle(told)
        for event in told:
            home.app.receive_events([home.app.read_event(orjson.dumps(event))])
            if dice.random() < 0.5:
                home.process()
        # What came before its cause waits, and is tried again.
        for _ in range(4):
            home.forward(minutes=15)
            home.process()
        ends.add(repr(ended(home, session_id)))
    assert len(ends) == 1, "\n".join(sorted(ends))
    waiting = home.app.database.rows(
        "SELECT type, status, reason FROM webhook_events WHERE status NOT IN ('done', 'ignored')"
    )
    assert waiting == []
