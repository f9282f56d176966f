"""Outgoing events and notices as the console lists them: a page at a time, with what holds up what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.messaging import Delivery, OutgoingEvent
from domain.notice import Notice
from models.deliveries import Deliveries, Wanted
from models.paging import Ordering, Paged, Place, a_word
from models.records import DELIVERIES, NOTICES
from models.sealing import FieldCipher

#: Ids are made in the order of time, so no index but the primary key is needed.
DELIVERY_ORDER: Final = Ordering((("r.event_id", UUID), ("r.endpoint", a_word)))
NOTICE_ORDER: Final = Ordering((("r.id", UUID),))

#: Counted as far as anybody would read.
ENOUGH: Final = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """What waits for one endpoint of one auction, in order."""

    #: The number of the event that goes first.
    first: int
    waiting: int


@dataclass(frozen=True, slots=True)
class DeliveryLists:
    """Reads, in one transaction."""

    connection: Connection[Any]
    cipher: FieldCipher

    def page(
        self, wanted: Wanted, event_id: UUID | None, place: Place, limit: int
    ) -> Paged[tuple[Delivery, OutgoingEvent]]:
        """Deliveries with their events, the newest event first."""
        conditions, params = [wanted.condition], wanted.params
        if wanted.auction_id is not None:
            # Along the outbox's own numbering: deliveries that are over have no index by auction.
            conditions.append("r.event_id IN (SELECT id FROM outbox WHERE auction_id = %(auction_id)s)")
        if event_id is not None:
            conditions.append("r.event_id = %(event_id)s")
        sql = f"SELECT {DELIVERIES.selection} FROM deliveries r WHERE "  # noqa: S608 - our own words

        def fetch(tail: str, keys: dict[str, Any]) -> Sequence[Delivery]:
            rows = self.connection.execute(sql + tail, params | {"event_id": event_id} | keys)
            return [DELIVERIES.load(row, self.cipher) for row in rows]

        found = DELIVERY_ORDER.page(fetch, " AND ".join(conditions), place, limit)
        ids = [one.event_id for one in found.rows]
        events = {one.id: one for one in Deliveries(self.connection, self.cipher).events(ids)}
        return Paged([(one, events[one.event_id]) for one in found.rows], found.has_newer, found.has_older)

    def lines(self, deliveries: Sequence[Delivery]) -> dict[tuple[str, str], Line]:
        """For those that wait in order: how long their line is, and who goes first. By endpoint and auction."""
        waiting = {(one.endpoint, one.auction_id) for one in deliveries if one.status == "waiting" and not one.late}
        rows = self.connection.execute(
            """
            SELECT w.endpoint, w.auction_id, l.first, l.waiting
              FROM unnest(%(endpoints)s::text[], %(auctions)s::text[]) AS w(endpoint, auction_id)
              CROSS JOIN LATERAL (
                SELECT min(order_no) AS first, count(*) AS waiting FROM deliveries d
                 WHERE d.endpoint = w.endpoint AND d.auction_id = w.auction_id AND d.status = 'waiting'
                   AND NOT d.late) l
            """,
            {"endpoints": [one for one, _ in waiting], "auctions": [one for _, one in waiting]},
        )
        return {(endpoint, auction): Line(first, count) for endpoint, auction, first, count in rows}

    def over(self, wanted: Wanted) -> int:
        """How many of that kind are over and could be sent again, counted up to `ENOUGH`."""
        row = self.connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM deliveries r WHERE {wanted.condition}"  # noqa: S608 - our own words
            " AND r.status <> 'waiting' LIMIT %(enough)s) found",
            wanted.params | {"enough": ENOUGH},
        ).fetchone()
        return int(row[0]) if row else 0

    def notices(
        self, condition: str, params: dict[str, Any], place: Place, limit: int
    ) -> Paged[tuple[Notice, str | None]]:
        """Notices by a condition on `notifications r`, each with its lot, newest first."""
        sql = (
            f"SELECT coalesce(s.title, s.auction_id), {NOTICES.selection} FROM notifications r"  # noqa: S608
            " JOIN payment_sessions s ON s.id = r.session_id WHERE "
        )

        def fetch(tail: str, keys: dict[str, Any]) -> Sequence[tuple[Notice, str | None]]:
            rows = self.connection.execute(sql + tail, params | keys)
            return [(NOTICES.load(row, self.cipher), title) for title, *row in rows]

        return NOTICE_ORDER.page(fetch, condition, place, limit)

    def queued(self, now: datetime) -> tuple[int, int]:
        """How many notices are overdue, and how many were never sent: refused, or given up by us."""
        row = self.connection.execute(
            """
            SELECT (SELECT count(*) FROM notifications WHERE status = 'queued' AND due_at < %(now)s AND tries > 0),
                   (SELECT count(*) FROM notifications WHERE status IN ('refused', 'given_up'))
            """,
            {"now": now},
        ).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)
