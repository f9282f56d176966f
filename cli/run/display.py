"""What the terminal shows while the system runs: a live table where it is one, plain lines where it is not."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.run.outlook import outlook, time_left
from cli.run.standing import Standing

STYLES: Final[Mapping[str, str]] = {
    "pending": "bright_black",
    "processing": "blue",
    "completed": "green",
    "failed": "yellow",
    "expired": "dim",
    "canceled": "dim",
}
#: Lines around the table, which must all fit on the screen: what scrolls away cannot be redrawn.
AROUND: Final = 8
PER_SECOND: Final = 2


class Display(Protocol):
    """Where everything that a person should see goes."""

    def say(self, line: str, style: str = "") -> None:
        """Print a line above whatever is live."""

    def payments(self, payments: Sequence[Standing], buyers: Mapping[str, str]) -> None:
        """Show how they stand now; `buyers` tells what those of the simulation did, by auction."""

    def finish(self) -> None:
        """Draw no more; what is said from now on stands below."""


class PlainDisplay:
    """A line for each payment that changes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, str] = {}

    def say(self, line: str, style: str = "") -> None:
        """Print a line."""
        self._console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)

    def payments(self, payments: Sequence[Standing], buyers: Mapping[str, str]) -> None:
        """Print those that have moved."""
        now = datetime.now(UTC)
        for payment in payments:
            line = f"{payment.status:<10} {outlook(payment, now)}"
            stable = f"{payment.status} {outlook(payment, payment.window_ends)}"
            if self._shown.get(payment.auction_id) == stable:
                continue
            self._shown[payment.auction_id] = stable
            buyer = buyers.get(payment.auction_id, "")
            known = f"  (buyer: {buyer})" if buyer else ""
            self.say(f"{now:%H:%M:%S}  {payment.auction_id}  {payment.amount:>13}  {line}{known}")

    def finish(self) -> None:
        """Lines are below each other anyway."""


class LiveDisplay:
    """A table that is drawn anew, with lines above it."""

    def __init__(self, console: Console, live: Live) -> None:
        self._console = console
        self._live = live

    def say(self, line: str, style: str = "") -> None:
        """Print a line above the table."""
        self._console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)

    def payments(self, payments: Sequence[Standing], buyers: Mapping[str, str]) -> None:
        """Draw the table."""
        self._live.update(table(payments, buyers, datetime.now(UTC), max(3, self._console.height - AROUND)))

    def finish(self) -> None:
        """Leave the table as it is."""
        self._live.stop()


def table(payments: Sequence[Standing], buyers: Mapping[str, str], now: datetime, most: int) -> Table:
    """The newest payments that fit, and how many there are of each status."""
    drawn = Table(expand=False, title=_counts(payments), title_justify="left", title_style="bold")
    for name in ("Auction", "Buyer"):
        drawn.add_column(name, no_wrap=True)
    drawn.add_column("Amount", justify="right", no_wrap=True)
    drawn.add_column("Status", no_wrap=True)
    drawn.add_column("What happens next")
    drawn.add_column("Time to pay", justify="right", no_wrap=True)
    for payment in payments[-most:]:
        buyer = buyers.get(payment.auction_id) or payment.buyer_id
        status = Text(payment.status, STYLES.get(payment.status, ""))
        drawn.add_row(payment.auction_id, buyer, payment.amount, status, outlook(payment, now), time_left(payment, now))
    return drawn


def _counts(payments: Sequence[Standing]) -> str:
    counts = {status: sum(one.status == status for one in payments) for status in STYLES}
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return f"{len(payments)} payments: {told}" if payments else "No payment yet"


@contextmanager
def showing() -> Iterator[Display]:
    """Show things on standard output while the block lasts."""
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        yield PlainDisplay(console)
        return
    # Not the signals' business: it only draws.
    with Live(console=console, refresh_per_second=PER_SECOND, transient=False) as live:
        yield LiveDisplay(console, live)
