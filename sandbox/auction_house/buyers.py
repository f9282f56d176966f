"""A buyer in action: finds the page of the lot, and pays as their habit says."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from sandbox.auction_house.habits import PLAY
from sandbox.auction_house.pay_page import Outcome, PayPage
from sandbox.auction_house.payments import Payments
from sandbox.auction_house.record import LotRecord

#: A lot whose page does not open within this many seconds is left.
PAGE_SECONDS: Final = 120.0


class LotBuyer:
    """Plays one lot. Whatever happens is written to its record."""

    def __init__(self, record: LotRecord, payments: Payments, page: PayPage) -> None:
        self.patience = record.lot.patience
        self._record = record
        self._payments = payments
        self._page = page
        self._url = ""

    async def play(self) -> None:
        """Do all that this buyer will ever do."""
        try:
            await self._look()
            if self._url:
                self._record.buyer = str(self._record.lot.habit)
                await PLAY[self._record.lot.habit](self)
            else:
                self._record.buyer = "found no page"
        finally:
            self._record.buyer_done = True

    async def pay(self, card: str) -> Outcome:
        """Enter a card on the newest page."""
        await self._look()
        outcome = await self._page.pay(self._url, card, self._record.lot.buyer_email)
        self._record.buyer = str(outcome)
        return outcome

    async def pay_in_two_tabs(self, card: str) -> None:
        """Press the button twice at the same time."""
        both = [self._page.pay(self._url, card, self._record.lot.buyer_email) for _ in range(2)]
        outcomes = await asyncio.gather(*both)
        self._record.buyer = str(Outcome.PAID if Outcome.PAID in outcomes else outcomes[0])

    async def confirm(self) -> Outcome:
        """Answer the bank's question with yes."""
        outcome = await self._page.confirm(self._url)
        self._record.buyer = str(outcome)
        return outcome

    async def wait(self, seconds: float) -> None:
        """Do something else."""
        await asyncio.sleep(seconds)

    async def wait_for_share(self, share: float) -> None:
        """Wait until this share of what is left of the window is over. An extension on the way counts."""
        began = datetime.now(UTC)
        while self._record.session_id and (end := await self._payments.window_end(self._record.session_id)):
            left = (began + (end - began) * share - datetime.now(UTC)).total_seconds()
            if left <= 0:
                return
            await asyncio.sleep(left)

    async def _look(self) -> None:
        """Find the present page; a buyer who is too late keeps the one that is open in the browser."""
        if self._record.ending is None:
            found = await self._payments.checkout(self._record.lot, PAGE_SECONDS if not self._url else 0.0)
            if found:
                self._url, self._record.session_id = found.url, found.session_id
                self._record.buyer_page = found.buyer_page
