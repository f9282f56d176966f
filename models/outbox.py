"""The outbox: what services downstream must be told, committed with its cause, numbered per auction; and the ledger."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.endpoint import BELL_OF
from domain.ids import NewId
from domain.messaging import EVENT_VERSION, Delivery, OutgoingEvent
from domain.payment import Announcement, Payment
from models.arrays import packed
from models.records import DELIVERIES, OUTBOX
from models.sealing import FieldCipher


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Who is told what: the first part of an event's type (`auction`, `order`) names the endpoints that hear of it."""

    by_family: Mapping[str, tuple[str, ...]]
    new_id: NewId
    #: Endpoints that listen at one address, for each of them; others are not named. An auction has one line there.
    sharing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, event_type: str) -> tuple[str, ...]:
        """The endpoints that hear of an event of this type."""
        return self.by_family.get(event_type.partition(".")[0], ())


def write(
    connection: Connection[Any], cipher: FieldCipher, payments: Sequence[Payment], endpoints: Endpoints
) -> Counter[str]:
    """Write the announcements of these payments, each auction's in order, with a delivery for each endpoint.

    Returns:
        How many deliveries are due now, by the bell that rings for them.
    """
    announced = [_Announced(one, payment.session.id) for payment in payments for one in payment.announcements]
    return _write(connection, cipher, announced, endpoints)


def write_once(
    connection: Connection[Any], cipher: FieldCipher, announcements: Mapping[str, Announcement], endpoints: Endpoints
) -> Counter[str]:
    """Write announcements that belong to no payment, each once for its key, whoever writes it at the same time.

    Returns:
        How many deliveries are due now, by the bell that rings for them.
    """
    new = _unwritten(connection, announcements)
    if new:
        # Whoever holds an auction is the only one who writes for it; another may have done so before we had it.
        _reserve(connection, dict.fromkeys((one.auction_id for one in new.values()), 0))
        new = _unwritten(connection, new)
    return _write(connection, cipher, [_Announced(one, None, key) for key, one in new.items()], endpoints)


def _unwritten(connection: Connection[Any], announcements: Mapping[str, Announcement]) -> dict[str, Announcement]:
    if not announcements:
        return {}
    rows = connection.execute("SELECT dedupe_key FROM outbox WHERE dedupe_key = ANY(%s)", (list(announcements),))
    written = {row[0] for row in rows}
    return {key: one for key, one in announcements.items() if key not in written}


class _Announced(NamedTuple):
    announcement: Announcement
    session_id: UUID | None
    dedupe_key: str | None = None


def _write(
    connection: Connection[Any], cipher: FieldCipher, announced: Sequence[_Announced], endpoints: Endpoints
) -> Counter[str]:
    if not announced:
        return Counter()
    numbers = _reserve(connection, Counter(one.announcement.auction_id for one in announced))
    events = []
    for one, session_id, dedupe_key in announced:
        number = numbers[one.auction_id] = numbers[one.auction_id] + 1
        told = {**one.data, "sequence": number, "version": EVENT_VERSION}
        events.append(
            OutgoingEvent(endpoints.new_id(), one.type, one.auction_id, number, session_id, told, one.at, dedupe_key)
        )
    OUTBOX.insert_all(connection, events, cipher)
    hearing = {event_type: endpoints.of(event_type) for event_type in {event.type for event in events}}
    deliveries = [
        Delivery(
            event.id,
            endpoint,
            event.auction_id,
            event.order_no,
            event.occurred_at,
            event.occurred_at,
            due_at=event.occurred_at,
        )
        for event in events
        for endpoint in hearing[event.type]
    ]
    if deliveries:
        DELIVERIES.insert_all(connection, deliveries, cipher)
    return Counter(BELL_OF[delivery.endpoint] for delivery in deliveries)


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
        {
            "ids": packed("text[]", [auction_id for auction_id, _ in ordered]),
            "counts": packed("bigint[]", [count for _, count in ordered]),
        },
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
