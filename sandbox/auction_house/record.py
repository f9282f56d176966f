"""What the auction house knows of its lots, from what it was told; and what was wrong with how it was told."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sandbox.auction_house.lots import Lot


class Ending(StrEnum):
    """How it ended for a lot, as the auction house sees it."""

    SOLD = "sold"
    REOPENED = "reopened"
    #: Sold, and then all of the money went back.
    REFUNDED = "refunded"
    #: The payment system would not take the request.
    REFUSED = "refused"


#: What may come next after what, for one session, by endpoint; None is the beginning.
FOLLOWS: Final[Mapping[str, Mapping[str | None, frozenset[str]]]] = {
    "auction": {
        None: frozenset({"auction.payment_pending"}),
        "auction.payment_pending": frozenset({"auction.payment_failed", "auction.sold", "auction.reopened"}),
        "auction.payment_failed": frozenset({"auction.payment_failed", "auction.sold", "auction.reopened"}),
        "auction.sold": frozenset({"auction.refunded"}),
        "auction.refunded": frozenset({"auction.refunded"}),
        "auction.reopened": frozenset(),
    },
    "order": {
        None: frozenset({"order.requested"}),
        "order.requested": frozenset({"order.updated", "order.canceled"}),
        "order.updated": frozenset({"order.updated", "order.canceled"}),
        "order.canceled": frozenset({"order.updated"}),
    },
}


@dataclass(slots=True)
class LotRecord:
    """One lot, and what came of it so far."""

    lot: Lot
    asked: bool = False
    session_id: str | None = None
    #: Where the buyer's page is, once it is known.
    buyer_page: str | None = None
    ending: Ending | None = None
    #: What the buyer did last, in words.
    buyer: str = "waits"
    #: Whether the buyer will do nothing more.
    buyer_done: bool = False
    told: list[str] = field(default_factory=list)
    #: Set by the first event.
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    _last: dict[str, str] = field(default_factory=dict)

    def hear(self, endpoint: str, kind: str) -> str | None:
        """Take note of a new event; returns what is wrong with its coming now, or None."""
        last = self._last.get(endpoint)
        self._last[endpoint] = kind
        self.told.append(kind)
        self.heard.set()
        match kind:
            case "auction.sold":
                self.ending = Ending.SOLD
            case "auction.reopened":
                self.ending = Ending.REOPENED
            case "order.canceled":
                self.ending = Ending.REFUNDED
        if kind in FOLLOWS[endpoint].get(last, frozenset()):
            return None
        return f"{self.lot.auction_id} was told {kind} after {last or 'nothing'}"


@dataclass(frozen=True, slots=True)
class Report:
    """The auction house's own view of a sale."""

    records: tuple[LotRecord, ...]
    #: By type, each event once.
    events: Mapping[str, int]
    repeats: int
    #: Signed events of auctions that are not of this sale.
    strangers: int
    #: What must not happen, in words; empty is good.
    problems: tuple[str, ...]

    def ended(self, ending: Ending) -> list[LotRecord]:
        """The lots that ended like this."""
        return [record for record in self.records if record.ending is ending]


class Book:
    """All lots of a sale, by auction."""

    def __init__(self, lots: Iterable[Lot]) -> None:
        self.records = {lot.auction_id: LotRecord(lot) for lot in lots}
        self.problems: list[str] = []
        self.strangers = 0
        self.repeats = 0
        self.events: Counter[str] = Counter()
        self._seen: dict[tuple[str, str], bytes] = {}

    def take(self, endpoint: str, event_id: str, body: bytes, event: Mapping[str, Any]) -> None:
        """Take note of one verified delivery."""
        if (before := self._seen.get((endpoint, event_id))) is not None:
            self.repeats += 1
            if before != body:
                self.problems.append(f"{event_id} came again with another content")
            return
        self._seen[endpoint, event_id] = body
        record = self.records.get(event["data"]["auctionId"])
        if record is None:
            self.strangers += 1
            return
        self.events[event["type"]] += 1
        session = event["data"]["sessionId"]
        if session is None:
            self._take_refusal(record, event["data"])
            return
        if record.session_id not in {None, session}:
            self.problems.append(f"{record.lot.auction_id} was told of a second session {session}")
            return
        record.session_id = session
        if wrong := record.hear(endpoint, event["type"]):
            self.problems.append(wrong)

    def _take_refusal(self, record: LotRecord, data: Mapping[str, Any]) -> None:
        """A request of ours never became a payment. One for another buyer changes nothing for the lot."""
        if data["buyerId"] == record.lot.buyer_id and record.session_id is None:
            record.ending = Ending.REFUSED
            record.heard.set()
            self.problems.append(f"{record.lot.auction_id} was refused: {data['reason']}")

    def report(self) -> Report:
        """A copy of what is known now."""
        return Report(
            tuple(self.records.values()), dict(self.events), self.repeats, self.strangers, tuple(self.problems)
        )
