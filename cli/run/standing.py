"""How payments stand, read from the database without touching it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from domain.lifecycle import FINAL
from domain.money import Money
from models.database import Database

_PAYMENTS: Final = """
    SELECT s.id, s.auction_id, s.buyer_id, s.amount_minor, s.currency, s.status, s.reason,
           s.window_started_at IS NOT NULL, s.window_expires_at, s.next_retry_at, s.fully_refunded,
           EXISTS (SELECT 1 FROM refunds r WHERE r.session_id = s.id AND r.status IN ('requested', 'pending')),
           EXISTS (SELECT 1 FROM refunds r WHERE r.session_id = s.id AND r.status = 'succeeded'),
           EXISTS (SELECT 1 FROM outbox o JOIN deliveries d ON d.event_id = o.id
                    WHERE o.auction_id = s.auction_id AND o.session_id = s.id AND d.status = 'waiting')
      FROM payment_sessions s
"""
_OF_SALE: Final = f"{_PAYMENTS} WHERE s.auction_id = ANY(%s) ORDER BY s.id"
_NEWEST: Final = f"{_PAYMENTS} ORDER BY s.id DESC LIMIT %s"
_WORK: Final = """
    SELECT (SELECT count(*) FROM webhook_events WHERE status = 'waiting'),
           (SELECT count(*) FROM checkout_attempts WHERE due_at IS NOT NULL),
           (SELECT count(*) FROM refunds WHERE status IN ('requested', 'pending')),
           (SELECT count(*) FROM deliveries WHERE status = 'waiting'),
           (SELECT count(*) FROM dead_letters WHERE status = 'dead'),
           (SELECT count(*) FROM webhook_events WHERE status = 'set_aside'),
           (SELECT count(*) FROM receipts WHERE status IN ('wanted', 'numbered')),
           (SELECT count(*) FROM notifications WHERE status = 'queued' AND due_at <= now())
"""
_MONEY: Final = """
    SELECT t.session_id, s.auction_id, t.stripe_payment_intent_id, t.amount_minor, t.currency, t.disposition,
           t.refunded_minor, t.stripe_fee_minor
      FROM transactions t JOIN payment_sessions s ON s.id = t.session_id
"""
_AT_STRIPE: Final = """
    SELECT currency, sum(balance_minor)::bigint FROM ledger_balances WHERE account = 'stripe_balance' GROUP BY currency
"""
_DELIVERED: Final = """
    SELECT count(*), coalesce(sum(d.tries), 0)
      FROM deliveries d JOIN outbox o ON o.id = d.event_id JOIN payment_sessions s ON s.id = o.session_id
     WHERE s.auction_id = ANY(%s) AND d.status = 'sent' AND d.endpoint <> 'queue'
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """One payment, as far as a line of a table needs it."""

    session_id: UUID
    auction_id: str
    buyer_id: str
    amount_minor: int
    currency: str
    status: str
    reason: str | None
    window_begun: bool
    window_ends: datetime
    next_retry_at: datetime | None
    fully_refunded: bool
    refund_open: bool
    refunded: bool
    #: Whether the auction or the order service still has to be told something.
    untold: bool

    @property
    def amount(self) -> str:
        """As people write it: `275.50 USD`."""
        money = Money(self.currency, self.amount_minor)
        return f"{money.major:,} {money.currency}"

    @property
    def over(self) -> bool:
        """Whether nothing more can come of it but late money."""
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class Work:
    """What still waits to be done, and what waits for a person."""

    events: int
    attempts: int
    refunds: int
    deliveries: int
    dead_letters: int
    set_aside: int
    receipts: int = 0
    #: Due now; a reminder of a window that goes on may wait.
    notices: int = 0

    def waiting(self) -> Mapping[str, int]:
        """What waits for the system, in words; empty when all is done."""
        counts = {
            "Stripe events to process": self.events,
            "checkouts to open or close": self.attempts,
            "refunds under way": self.refunds,
            "webhooks to deliver": self.deliveries,
            "receipts to issue": self.receipts,
            "notices to send": self.notices,
        }
        return {words: count for words, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class Taken:
    """Money that came, in our books."""

    session_id: UUID
    auction_id: str
    payment_intent_id: str
    amount_minor: int
    currency: str
    disposition: str
    refunded_minor: int
    fee_minor: int | None


class Standings:
    """Reads how payments stand. Every method raises `DatabaseUnavailable` while PostgreSQL is away."""

    def __init__(self, database_url: str) -> None:
        self._database = Database(database_url, pool_size=1, application="gavelpay run")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def of_sale(self, auctions: Sequence[str]) -> list[Standing]:
        """The payments of these auctions, oldest first."""
        return [Standing(*row) for row in self._rows(_OF_SALE, (list(auctions),))]

    def newest(self, count: int) -> list[Standing]:
        """The newest payments, newest first."""
        return [Standing(*row) for row in self._rows(_NEWEST, (count,))]

    def work(self) -> Work:
        """What waits."""
        return Work(*self._rows(_WORK)[0])

    def money(self) -> list[Taken]:
        """All money that came."""
        return [Taken(*row) for row in self._rows(_MONEY)]

    def at_stripe(self) -> dict[str, int]:
        """What our ledger says that Stripe has, in minor units, by currency."""
        return dict(self._rows(_AT_STRIPE))

    def delivered(self, auctions: Sequence[str]) -> tuple[int, int]:
        """How many outgoing events of these auctions were received, and how often they were sent for that."""
        return tuple(map(int, self._rows(_DELIVERED, (list(auctions),))[0]))  # type: ignore[return-value]

    def _rows(self, sql: str, params: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return self._database.rows(sql, params)
