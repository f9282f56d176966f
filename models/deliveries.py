"""Outgoing events on their way: what is due for an endpoint, what came of it, and how the endpoint stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from domain.endpoint import ENDPOINTS as NAMES
from domain.endpoint import Endpoint
from domain.messaging import Delivery, OutgoingEvent
from models.records import DELIVERIES, ENDPOINTS, OUTBOX
from models.sealing import FieldCipher
from models.unit_of_work import UnitOfWork
from models.work import Work, delivery_work


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries somebody wants to see; None: any."""

    endpoint: str | None = None
    status: str | None = None
    auction_id: str | None = None
    #: When their events happened: from, and before.
    since: datetime | None = None
    until: datetime | None = None

    @property
    def condition(self) -> str:
        """As a condition on `deliveries r`."""
        parts = (
            ("r.endpoint = %(endpoint)s", self.endpoint),
            ("r.status = %(status)s", self.status),
            ("r.auction_id = %(auction_id)s", self.auction_id),
            ("r.created_at >= %(since)s", self.since),
            ("r.created_at < %(until)s", self.until),
        )
        return " AND ".join(["true", *(part for part, value in parts if value is not None)])

    @property
    def params(self) -> dict[str, Any]:
        """What stands in the condition."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Deliveries and endpoints, in one transaction."""

    connection: Connection[Any]
    cipher: FieldCipher
    #: Endpoints that listen at one address, for each of them; who only reads need not know.
    sharing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def within(cls, uow: UnitOfWork) -> "Deliveries":
        """For who changes them."""
        return cls(uow.connection, uow.cipher, uow.payments.endpoints.sharing)

    def endpoint(self, name: str) -> Endpoint:
        """One endpoint, locked until the commit: whoever holds it is the only one who claims for its address."""
        names = self._at_address(name)
        found = self._locked(names)
        if len(found) < len(names):
            missing = [Endpoint(one) for one in names if one not in found]
            ENDPOINTS.insert_all(self.connection, missing, self.cipher, "ON CONFLICT DO NOTHING")
            found = self._locked(names)
        return found[name]

    def _locked(self, names: tuple[str, ...]) -> dict[str, Endpoint]:
        sql = f"SELECT {ENDPOINTS.selection} FROM endpoints r WHERE name = ANY(%s) ORDER BY name FOR UPDATE"  # noqa: S608
        found = [ENDPOINTS.load(row, self.cipher) for row in self.connection.execute(sql, (list(names),))]
        return {one.name: one for one in found}

    def _at_address(self, name: str) -> tuple[str, ...]:
        return self.sharing.get(name, (name,))

    def _line(self, name: str) -> tuple[str, ...]:
        """The endpoints whose events wait for each other with this one's: what is paused holds up only its own."""
        names = self._at_address(name)
        if len(names) == 1:
            return names
        sql = "SELECT name FROM endpoints WHERE name = ANY(%s) AND paused_at IS NOT NULL"
        paused = {row[0] for row in self.connection.execute(sql, (list(names),))}
        return tuple(one for one in names if one == name or not ({one, name} & paused))

    def save(self, endpoint: Endpoint) -> None:
        """Write how an endpoint stands."""
        ENDPOINTS.update_all(self.connection, [endpoint], self.cipher)

    def endpoints(self) -> list[Endpoint]:
        """How all endpoints stand, also those that were never told anything."""
        rows = self.connection.execute(f"SELECT {ENDPOINTS.selection} FROM endpoints r")  # noqa: S608 - our own words
        known = {one.name: one for one in (ENDPOINTS.load(row, self.cipher) for row in rows)}
        return [known.get(name, Endpoint(name)) for name in NAMES]

    def waiting(self) -> dict[str, tuple[int, datetime]]:
        """For each endpoint that something waits for: how much, and since when the oldest of it."""
        rows = self.connection.execute(
            "SELECT endpoint, count(*), min(created_at) FROM deliveries WHERE status = 'waiting' GROUP BY 1"
        )
        return {endpoint: (count, oldest) for endpoint, count, oldest in rows}

    def claim(self, endpoint: Endpoint, now: datetime, limit: int) -> list[tuple[Delivery, OutgoingEvent]]:
        """Take what is due and first in line for an endpoint that is locked, as far as it has room, oldest first."""
        room = min(limit, endpoint.room(now, self._under_way(endpoint.name)))
        if room <= 0:
            return []
        claimed: list[Delivery] = []
        work = delivery_work(self._line(endpoint.name))
        if endpoint.is_failing:
            # Rather one that was never tried than the one that it may have stumbled over.
            claimed = self._claim(work, now, room, {"endpoint": endpoint.name, "tries": 0})
        if not claimed:
            claimed = self._claim(work, now, room, {"endpoint": endpoint.name})
        return self._with_events(sorted(claimed, key=lambda one: (one.created_at, one.event_id)))

    def _claim(self, work: Work[Delivery], now: datetime, limit: int, only: dict[str, Any]) -> list[Delivery]:
        return work.claim(self.connection, self.cipher, now, limit, only=only)

    def record(self, deliveries: Sequence[Delivery]) -> set[UUID]:
        """Write what came of deliveries, as their records say, and free them.

        Returns:
            The ids of their events, but for those that another worker has taken over meanwhile.
        """
        rows = self.connection.execute(
            """
            UPDATE deliveries t
               SET leased_until = NULL, status = v.status, last_error = v.last_error, due_at = v.due_at,
                   finished_at = v.finished_at
              FROM unnest(%(event)b::uuid[], %(endpoint)b::text[], %(fence)b::bigint[], %(status)b::text[],
                          %(error)b::text[], %(due)b::timestamptz[], %(finished)b::timestamptz[])
                AS v(event_id, endpoint, fence, status, last_error, due_at, finished_at)
             WHERE t.event_id = v.event_id AND t.endpoint = v.endpoint AND t.fence = v.fence
            RETURNING t.event_id
            """,
            {
                "event": [one.event_id for one in deliveries],
                "endpoint": [one.endpoint for one in deliveries],
                "fence": [one.fence for one in deliveries],
                "status": [one.status for one in deliveries],
                "error": [one.last_error for one in deliveries],
                "due": [one.due_at for one in deliveries],
                "finished": [one.finished_at for one in deliveries],
            },
        )
        return {row[0] for row in rows}

    def put_off_followers(self, endpoint: str, deliveries: Sequence[Delivery]) -> None:
        """Have nothing due before what it waits behind, as these were put off. Claims would read past all of it."""
        self.connection.execute(
            """
            UPDATE deliveries f SET due_at = h.due_at
              FROM unnest(%(event)b::uuid[], %(endpoint)b::text[]) AS v(event_id, endpoint)
              JOIN deliveries h USING (event_id, endpoint)
             WHERE f.endpoint = ANY(%(line)b::text[]) AND f.auction_id = h.auction_id AND f.order_no > h.order_no
               AND f.late = h.late AND f.status = 'waiting' AND h.status = 'waiting' AND f.due_at < h.due_at
               AND f.leased_until IS NULL
            """,
            {
                "event": [one.event_id for one in deliveries],
                "endpoint": [one.endpoint for one in deliveries],
                "line": list(self._line(endpoint)),
            },
        )

    def let_go_followers(self, endpoint: str, auctions: Sequence[str]) -> None:
        """Have what waited behind something due as if it had never been put off, as that ended before it was due."""
        self.connection.execute(
            "UPDATE deliveries SET due_at = waiting_since WHERE endpoint = ANY(%(endpoints)s)"
            " AND auction_id = ANY(%(auctions)s) AND status = 'waiting' AND tries = 0 AND due_at > waiting_since",
            {"endpoints": list(self._at_address(endpoint)), "auctions": list(auctions)},
        )

    def next_beside(self, endpoint: str, auctions: Iterable[str]) -> list[str]:
        """The other endpoints at its address that wait to be told of these auctions: now they may have their turn."""
        others = [one for one in self._at_address(endpoint) if one != endpoint]
        if not others:
            return []
        rows = self.connection.execute(
            "SELECT DISTINCT endpoint FROM deliveries WHERE endpoint = ANY(%s) AND auction_id = ANY(%s)"
            " AND status = 'waiting' ORDER BY 1",
            (others, list(auctions)),
        )
        return [row[0] for row in rows]

    def wake_beside(self, endpoint: str, now: datetime) -> list[str]:
        """Have due now what waits for others at its address, which it holds up no longer; answers which those are."""
        others = [one for one in self._at_address(endpoint) if one != endpoint]
        for one in others:
            self.wake(one, now)
        return others

    def wake(self, endpoint: str, now: datetime) -> None:
        """Have everything that waits for an endpoint due now: it has come back."""
        self.connection.execute(
            "UPDATE deliveries SET due_at = %(now)s WHERE endpoint = %(endpoint)s AND status = 'waiting'"
            " AND due_at > %(now)s AND leased_until IS NULL",
            {"now": now, "endpoint": endpoint},
        )

    def send_again(self, endpoint: str, event_ids: Sequence[UUID], now: datetime) -> set[UUID]:
        """Have events that are over, however they ended, sent once more, out of their turn and marked as late.

        Returns:
            The ids of those that are; the others are on their way, or were never meant for this endpoint.
        """
        rows = self.connection.execute(
            """
            UPDATE deliveries SET status = 'waiting', late = true, tries = 0, last_error = NULL, due_at = %(now)s,
                   waiting_since = %(now)s, finished_at = NULL
             WHERE endpoint = %(endpoint)s AND event_id = ANY(%(ids)s) AND status <> 'waiting' RETURNING event_id
            """,
            {"now": now, "endpoint": endpoint, "ids": list(event_ids)},
        )
        return {row[0] for row in rows}

    def drop(self, endpoint: str, event_id: UUID, now: datetime) -> bool:
        """Try no more to tell an endpoint of an event; answers whether it was waiting."""
        done = self.connection.execute(
            "UPDATE deliveries SET status = 'dropped', finished_at = %s, leased_until = NULL, fence = fence + 1"
            " WHERE endpoint = %s AND event_id = %s AND status = 'waiting' RETURNING auction_id",
            (now, endpoint, event_id),
        )
        auctions = [row[0] for row in done]
        self.let_go_followers(endpoint, auctions)
        return bool(auctions)

    def begin_anew(self, endpoint: str, now: datetime) -> None:
        """Have everything that waits for an endpoint due now, with as much patience as if it were new."""
        self.connection.execute(
            "UPDATE deliveries SET waiting_since = %(now)s, due_at = least(due_at, %(now)s)"
            " WHERE endpoint = %(endpoint)s AND status = 'waiting'",
            {"now": now, "endpoint": endpoint},
        )

    def held_back(self, endpoint: str, since: datetime, limit: int) -> list[tuple[Delivery, OutgoingEvent]]:
        """What has waited for an endpoint since before then and is in nobody's hands, locked."""
        found = self._select(
            "r.endpoint = %(endpoint)s AND r.status = 'waiting' AND r.waiting_since <= %(since)s"
            " AND (r.leased_until IS NULL OR r.leased_until <= lease_now())"
            " ORDER BY r.due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
            {"endpoint": endpoint, "since": since, "limit": limit},
        )
        return self._with_events(found)

    def find(self, wanted: Wanted, limit: int) -> list[tuple[Delivery, OutgoingEvent]]:
        """Deliveries with their events, newest first."""
        order = "ORDER BY r.created_at DESC, r.order_no DESC, r.endpoint LIMIT %(limit)s"
        return self._with_events(self._select(f"{wanted.condition} {order}", wanted.params | {"limit": limit}))

    def of(self, event_id: UUID) -> list[Delivery]:
        """How an event fares with each endpoint."""
        return self._select("r.event_id = %(id)s ORDER BY r.endpoint", {"id": event_id})

    def of_payment(self, auction_id: str, session_id: UUID, limit: int) -> list[tuple[Delivery, OutgoingEvent]]:
        """What was told of one payment of an auction, to whom, and how that fares; the newest first."""
        mine = "SELECT id FROM outbox WHERE auction_id = %(auction)s AND session_id = %(session)s"
        order = "ORDER BY r.created_at DESC, r.order_no DESC, r.endpoint LIMIT %(limit)s"
        params = {"auction": auction_id, "session": session_id, "limit": limit}
        return self._with_events(self._select(f"r.event_id IN ({mine}) {order}", params))

    def over(self, wanted: Wanted, after: UUID, limit: int) -> list[UUID]:
        """The events of deliveries that are over, in the order of their ids, after that one."""
        rows = self.connection.execute(
            f"SELECT r.event_id FROM deliveries r WHERE {wanted.condition} AND r.status <> 'waiting'"  # noqa: S608
            " AND r.event_id > %(after)s ORDER BY r.event_id LIMIT %(limit)s",
            wanted.params | {"after": after, "limit": limit},
        )
        return [row[0] for row in rows]

    def _select(self, condition: str, params: dict[str, Any]) -> list[Delivery]:
        sql = f"SELECT {DELIVERIES.selection} FROM deliveries r WHERE {condition}"  # noqa: S608 - our own words
        return [DELIVERIES.load(row, self.cipher) for row in self.connection.execute(sql, params)]

    def _with_events(self, deliveries: Sequence[Delivery]) -> list[tuple[Delivery, OutgoingEvent]]:
        events = {event.id: event for event in self.events([one.event_id for one in deliveries])}
        return [(one, events[one.event_id]) for one in deliveries]

    def events(self, ids: Sequence[UUID]) -> list[OutgoingEvent]:
        """Events by their ids."""
        if not ids:
            return []
        sql = f"SELECT {OUTBOX.selection} FROM outbox r WHERE r.id = ANY(%s)"  # noqa: S608 - our own words
        return [OUTBOX.load(row, self.cipher) for row in self.connection.execute(sql, (list(ids),))]

    def _under_way(self, endpoint: str) -> int:
        row = self.connection.execute(
            "SELECT count(*) FROM deliveries WHERE endpoint = %s AND leased_until > lease_now()", (endpoint,)
        ).fetchone()
        return int(row[0]) if row else 0
