"""Payments to measure with: asked for as an auction service asks, by the use case that takes such requests."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from domain.ids import SessionId
from domain.messages import PaymentRequired, read_payment_required
from runtime.app import build_new_id, build_store
from runtime.clock import SystemClock
from runtime.policies import build_policies
from runtime.settings import Role, load
from services.require_payment import Accepted, RequirePayments

#: Requests in one transaction.
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A payment that was asked for, and whose it is."""

    session_id: SessionId
    buyer_id: str
    maker_id: str


def request(number: int) -> PaymentRequired:
    """One of any number of requests: an auction, a buyer and a maker of their own."""
    return read_payment_required(
        {
            "auction_id": f"bench-{number}",
            "buyer_id": f"buyer-{number}",
            "maker_id": f"maker-{number}",
            "amount": "1240.00",
            "currency": "USD",
            "title": "Walnut bracket clock, eight-day movement",
            "buyer_email": f"buyer-{number}@buyer.example",
        }
    )


def require(environment: Mapping[str, str], count: int, first: int = 0) -> Sequence[Asked]:
    """Have so many payments asked for, in the database of this environment of an `api` process."""
    settings, clock = load(environment, Role.API), SystemClock()
    new_id = build_new_id(clock)
    store = build_store(settings, role="bench", ring=_silence, new_id=new_id, threads=1)
    asked: list[Asked] = []
    with closing(store.database):
        take = RequirePayments(store.begin, build_policies(settings), clock, new_id, frozenset())
        for begin in range(first, first + count, _BATCH):
            requests = [request(number) for number in range(begin, min(begin + _BATCH, first + count))]
            for one, answer in zip(requests, take(requests), strict=True):
                if not isinstance(answer, Accepted):
                    raise answer
                asked.append(Asked(answer.session_id, one.buyer_id, one.maker_id))
    return asked


def _silence(_bells: Counter[str]) -> None:
    """Nobody works here unless a bench rings itself."""
