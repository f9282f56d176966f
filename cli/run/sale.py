"""One simulated sale: the auction house, how its payments stand, and whether all of it is settled."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx

from cli.run.environment import is_set
from cli.run.errors import CannotRun
from cli.run.options import Options
from cli.run.ports import Ports
from cli.run.settling import Look
from cli.run.standing import Standings
from sandbox.auction_house import AuctionHouse, Doors, Lot, Report, plan_lots

#: Seconds that the sandbox may take for its books.
BOOKS_TIMEOUT = 10.0


class Reached(Protocol):
    """A running system, as far as a sale needs it."""

    @property
    def urls(self) -> Mapping[str, str | None]:
        """Where everything is."""

    @property
    def service_token(self) -> str | None:
        """What the auction house calls with."""


@dataclass
class Sale:
    """What is sold in this run. Without auctions the house only listens."""

    lots: list[Lot]
    house: AuctionHouse
    #: Whether the house hears of what happens, and so knows how its lots end.
    listens: bool
    auctions: list[str] = field(init=False)
    _last_books: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        self.auctions = [lot.auction_id for lot in self.lots]

    @property
    def listening(self) -> tuple[str, str]:
        """Where it hears of auctions and of orders."""
        return f"{self.house.url}/auction", f"{self.house.url}/order"

    def open(self, stack: Reached) -> None:
        """Begin to hammer."""
        broker, api = stack.urls["broker"], stack.urls["api"]
        if self.lots and broker and api and stack.service_token:
            self.house.open_sale(Doors(api, broker, stack.service_token, stack.urls["sandbox"]))

    def report(self) -> Report:
        """What the house knows."""
        return self.house.report()

    def look(self, standings: Standings, sandbox: str | None) -> Look:
        """Look at everything; raises `DatabaseUnavailable`."""
        payments = standings.of_sale(self.auctions)
        return Look(
            payments,
            standings.work(),
            len(set(self.auctions) - {payment.auction_id for payment in payments}),
            self._house_waits(),
            read_books(sandbox),
        )

    def _house_waits(self) -> dict[str, int]:
        records = self.report().records
        unheard = sum(record.ending is None for record in records) if self.listens else 0
        return {
            "buyers at work": sum(not record.buyer_done for record in records),
            "lots whose end the auction has not heard": unheard,
        }


@contextmanager
def prepared_sale(options: Options, environ: Mapping[str, str], keys: Mapping[str, str]) -> Iterator[Sale]:
    """Plan a sale, and listen while the block lasts.

    Raises:
        CannotRun: it could not be held with what is set.
    """
    listens = not is_set(environ, "AUCTION_WEBHOOK_URL", "AUCTION_WEBHOOK_SECRET")
    if options.auctions and is_set(environ, "AUTH_JWKS_URL"):
        raise CannotRun(
            "AUTH_JWKS_URL is set, so tokens are issued elsewhere and the simulated auction house has none: "
            "run with --auctions 0, or set AUTH_JWT_SECRET instead."
        )
    # Each run sells lots of its own, so that a second one in the same data directory is no repeat.
    name = f"lot-{datetime.now(UTC):%y%m%d%H%M%S}"
    lots = plan_lots(options.auctions, seed=options.seed, rate=options.rate, sale=name, queue=listens)
    port = Ports(options.port_base).auction_house
    secrets = {"auction": keys["AUCTION_WEBHOOK_SECRET"], "order": keys["ORDER_WEBHOOK_SECRET"]}
    pays = not is_set(environ, "STRIPE_SECRET_KEY") or is_set(environ, "STRIPE_API_BASE")
    house = AuctionHouse(lots, secrets, seed=options.seed, port=port, buyers_pay=pays)
    house.start()
    try:
        yield Sale(lots, house, listens)
    finally:
        house.stop()


def read_books(sandbox: str | None) -> Mapping[str, Any] | None:
    """Stripe's own books; None where it is the real one, or does not answer."""
    if sandbox is None:
        return None
    try:
        answer = httpx.get(f"{sandbox}/sandbox/books", timeout=BOOKS_TIMEOUT, trust_env=False)
    except httpx.HTTPError:
        return None
    books: Mapping[str, Any] | None = answer.json() if answer.is_success else None
    return books
