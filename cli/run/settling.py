"""Whether every simulated payment has reached its end and all work is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from cli.run.standing import Standing, Work
from runtime.settings import Settings

#: Beyond windows and sweeps: for starts, kills, take-overs, and Stripe's word on what outlived its window.
PATIENCE: Final = timedelta(seconds=180)
#: It must look settled this often in a row, for one thing may just be leading to another.
LOOKS: Final = 3


def longest_wait(settings: Settings, auctions: int, rate: float) -> float:
    """Seconds after which a sale that is not settled never will be."""
    windows = max(settings.standard.window, settings.instant.window)
    sweeps = settings.windows.grace + 3 * settings.windows.sweep
    return auctions / rate + (windows + sweeps + PATIENCE).total_seconds()


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at everything has shown."""

    payments: Sequence[Standing]
    work: Work
    #: Lots of the sale that are not in the database yet.
    unasked: int
    #: Buyers who are not done, and lots whose end the auction house has not heard of.
    house_waits: Mapping[str, int]
    #: Stripe's own books; None where there are none to read.
    books: Mapping[str, Any] | None

    def waits(self) -> dict[str, int]:
        """What is not over yet, in words; empty when everything is settled."""
        found = {"requests that have not arrived": self.unasked, **self.house_waits}
        for payment in self.payments:
            if not payment.over:
                words = f"payments {payment.status}"
                found[words] = found.get(words, 0) + 1
        found |= {**self.work.waiting(), **self._stripe_waits()}
        return {words: count for words, count in found.items() if count}

    def _stripe_waits(self) -> dict[str, int]:
        if self.books is None:
            return {}
        uncaptured = sum(charge["balance_transaction"] is None for charge in self.books["charges"])
        return {
            "webhooks that Stripe has to send": self.books["deliveries"].get("pending", 0),
            "charges that Stripe has to book": uncaptured,
        }


def in_words(waits: Mapping[str, int]) -> str:
    """One line: `2 payments pending, 1 webhooks to deliver`."""
    return ", ".join(f"{count} {words}" for words, count in waits.items())
