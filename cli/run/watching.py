"""Watches a running system: addresses, payments, logs; and says when a sale is settled and what it came to."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cli.run.addresses import address, addresses
from cli.run.comparing import (
    Books,
    compare_balance,
    compare_pages,
    compare_with_house,
    compare_with_stripe,
    unexplained,
)
from cli.run.display import Display
from cli.run.errors import CannotRun, StopAsked
from cli.run.explaining import Explained, explain_money
from cli.run.invariants import broken_on_our_books
from cli.run.logs import LogFollower
from cli.run.options import Options
from cli.run.sale import Sale, read_books
from cli.run.settling import LOOKS, Look, in_words, longest_wait
from cli.run.stack import Stack
from cli.run.standing import Standing, Standings, Taken
from cli.run.stopping import Stopping
from cli.run.summary import summary
from domain.errors import GatewayRefused, GatewayUnavailable
from models.database import DatabaseUnavailable
from sandbox.auction_house import Habit

#: How often everything is looked at.
EVERY_SECONDS: Final = 0.5
#: Newest payments that are shown where there is no sale.
SHOWN: Final = 20
LOGS: Final = ("ingest", "api", "worker", "scheduler", "sandbox")


@dataclass
class Watch:
    """Looks at a running system until it is over."""

    options: Options
    stack: Stack
    sale: Sale
    display: Display
    standings: Standings
    logs: LogFollower
    #: Seconds after which a sale that is not settled never will be.
    limit: float
    _page_shown: bool = False

    @classmethod
    @contextmanager
    def begun(cls, options: Options, stack: Stack, sale: Sale, display: Display, directory: Path) -> Iterator[Self]:
        """Show the addresses and open the sale."""
        database = stack.urls["database"]
        if database is None:
            raise CannotRun("DATABASE_URL is not set.")
        logs = LogFollower(directory / "logs", LOGS, "warning" if options.auctions else "info")
        try:
            with Standings(database) as standings:
                limit = longest_wait(stack.settings, options.auctions, options.rate)
                watch = cls(options, stack, sale, display, standings, logs, limit)
                for line in addresses(stack):
                    display.say(line)
                sale.open(stack)
                yield watch
        finally:
            sale.house.end_sale()
            logs.close()

    def until_over(self, stopping: Stopping) -> int:
        """Watch until somebody asks to stop, or the sale is settled where that is the end; returns the exit code."""
        deadline, settled, look = time.monotonic() + self.limit, 0, None
        while settled < LOOKS or not self.options.exit_when_settled:
            try:
                stopping.nap(EVERY_SECONDS)
            except StopAsked:
                return self._stopped()
            self.stack.supervisor.raise_failure()
            look = self._look() or look
            settled = settled + 1 if look is not None and not look.waits() else 0
            if self.options.exit_when_settled and time.monotonic() > deadline:
                left = in_words(look.waits()) if look else "the database does not answer"
                self.display.say(f"Not settled after {self.limit:.0f} seconds: {left}.", "red")
                return 1
        return self._verdict()

    def _explained(self) -> tuple[Explained | None, list[str]]:
        """What Stripe's books say of ours; or why they could not be asked. Without money there is nothing to ask."""
        if not self.standings.money():
            return None, []
        self.display.say("Everything is settled; Stripe's books are read.")
        try:
            return explain_money(self.stack.env, time.sleep), []
        except (GatewayUnavailable, GatewayRefused) as error:
            return None, [f"Stripe's books could not be compared with ours: {error}."]

    def _stopped(self) -> int:
        self.display.finish()
        if self.options.exit_when_settled:
            self.display.say("Stopping, before the sale was settled.", "red")
            return 1
        self.display.say("Stopping.")
        return 0

    def _look(self) -> Look | None:
        for level, line in self.logs.lines():
            self.display.say(line, "" if level == "info" else "yellow" if level == "warning" else "red")
        records = self.sale.report().records
        buyers = {record.lot.auction_id: str(record.lot.habit) for record in records}
        self._show_page()
        try:
            payments = (
                self.standings.of_sale(self.sale.auctions) if self.sale.lots else self.standings.newest(SHOWN)[::-1]
            )
            self.display.payments(payments, buyers)
            return (
                self.sale.look(self.standings, self.stack.urls["sandbox"]) if self.options.exit_when_settled else None
            )
        except DatabaseUnavailable:
            return None

    def _show_page(self) -> None:
        """Show the page of a lot that nobody else pays, as soon as it is there: whoever watches may try it."""
        records = self.sale.report().records
        unpaid = [record for record in records if record.lot.habit is Habit.NEVER_PAYS] or records
        if not self._page_shown and unpaid and (page := unpaid[0].buyer_page):
            self._page_shown = True
            self.display.say(address("a buyer's page", f"{page} (try it: pay for {unpaid[0].lot.auction_id} yourself)"))

    def _verdict(self) -> int:
        explained, unread = self._explained()
        payments, money = self.standings.of_sale(self.sale.auctions), self.standings.money()
        books, report = read_books(self.stack.urls["sandbox"]), self.sale.report()
        self.display.finish()
        self.display.say("")
        for line in summary(
            payments, money, self.standings.delivered(self.sale.auctions), report, books, explained=explained
        ):
            self.display.say(line)
        broken = [
            *unread,
            *unexplained(explained),
            *broken_on_our_books(self.stack.env),
            *(self._compared(books, money, payments) if books is not None else []),
            *compare_with_house(report, payments, books, listens=self.sale.listens),
        ]
        for sentence in broken:
            self.display.say(sentence, "red")
        if broken:
            self.display.say(f"{len(broken)} invariants of the money are broken.", "red")
            return 1
        self.display.say("Every cent is an order or a refund; all books agree.", "green")
        return 0

    def _compared(self, books: Books, money: list[Taken], payments: list[Standing]) -> Iterator[str]:
        yield from compare_with_stripe(books, money, payments)
        yield from compare_pages(books, payments)
        yield from compare_balance(books, money, self.standings.at_stripe())
