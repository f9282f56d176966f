"""The outbox: what services downstream must be told, committed with its cause, numbered per auction; and the ledger."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection

from domain.ids import NewId
from domain.messaging import Delivery, OutgoingEvent
from domain.payment import Payment
from models.records import DELIVERIES, OUTBOX
from models.sealing import FieldCipher


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Who is told what: the first part of an event's type (`auction`, `order`) names the endpoints that hear of it."""

    by_family: Mapping[str, tuple[str, ...]]
    new_id: NewId

    def of(self, event_type: str) -> tuple[str, ...]:
        """The endpoints that hear of an event of this type."""
        return self.by_family.get(event_type.partition(".")[0], ())


def write(connection: Connection[Any], cipher: FieldCipher, payments: Sequence[Payment], endpoints: Endpoints) -> int:
    """Write the announcements of these payments, each auction's in order, with a delivery for each endpoint.

    Returns:
        How many deliveries are due now.
    """
    announced = [(payment.session.id, announcement) for payment in payments for announcement in payment.announcements]
    if not announced:
        return 0
    numbers = _reserve(connection, Counter(one.auction_id for _, one in announced))
    events = []
    for session_id, one in announced:
        numbers[one.auction_id] += 1
        number = numbers[one.auction_id]
        body = dict(one.data)
        events.append(OutgoingEvent(endpoints.new_id(), one.type, one.auction_id, number, session_id, body, one.at))
    OUTBOX.insert_all(connection, events, cipher)
    deliveries = [
        Delivery(event.id, endpoint, event.auction_id, event.order_no, event.occurred_at, due_at=event.occurred_at)
        for event in events
        for endpoint in endpoints.of(event.type)
    ]
    if deliveries:
        DELIVERIES.insert_all(connection, deliveries, cipher)
    return len(deliveries)


def _reserve(connection: Connection[Any], wanted: Mapping[str, int]) -> dict[str, int]:
    """Reserve the next numbers of these auctions, and hold the auctions until the commit.

    Returns:
        The number before the first reserved one, for each auction.
    """
    ordered = sorted(wanted.items())
    rows = connection.execute(
        """
        INSERT INTO auctions (auction_id, event_no) SELECT * FROM unnest(%(ids)b::text[], %(counts)b::bigint[])
        ON CONFLICT (auction_id) DO UPDATE SET event_no = auctions.event_no + excluded.event_no
        RETURNING auction_id, event_no
        """,
        {"ids": [auction_id for auction_id, _ in ordered], "counts": [count for _, count in ordered]},
    )
    return {auction_id: last - wanted[auction_id] for auction_id, last in rows}


def write_ledger(connection: Connection[Any], payments: Sequence[Payment]) -> None:
    """Book what these payments moved. A cause that is booked already stays as it is."""
    lines: list[tuple[UUID, Any]] = [(payment.session.id, line) for payment in payments for line in payment.ledger]
    if not lines:
        return
    connection.execute(
        """
        INSERT INTO ledger_entries (session_id, cause, line, debit, credit, amount_minor, currency, booked_at)
        SELECT * FROM unnest(%(session)b::uuid[], %(cause)b::text[], %(line)b::int[], %(debit)b::text[],
                             %(credit)b::text[], %(amount)b::bigint[], %(currency)b::text[], %(at)b::timestamptz[])
        """,
        {
            "session": [session_id for session_id, _ in lines],
            "cause": [line.cause for _, line in lines],
            "line": [line.line for _, line in lines],
            "debit": [line.debit for _, line in lines],
            "credit": [line.credit for _, line in lines],
            "amount": [line.amount.minor for _, line in lines],
            "currency": [line.amount.currency for _, line in lines],
            "at": [line.at for _, line in lines],
        },
    )
