"""Stripe's hosted pay page, as a buyer's browser uses it: forms and redirects."""

import asyncio
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import httpx

#: A page that does not load is loaded again, for this many seconds.
PATIENCE: Final = 10.0
PAUSE: Final = 0.5


class Outcome(StrEnum):
    """What the page says after the button was pressed."""

    PAID = "paid"
    DECLINED = "declined"
    ASKED_BY_BANK = "asked by the bank"
    #: Paid already, expired, or unknown: nothing was charged now.
    CLOSED = "closed"
    UNREACHABLE = "unreachable"


class PayPage:
    """One buyer's browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def pay(self, url: str, card: str, email: str) -> Outcome:
        """Enter a card, press the button."""
        return await self._submit(url, {"card": card, "email": email})

    async def confirm(self, url: str) -> Outcome:
        """Answer the bank's question with yes."""
        bare = urlsplit(url)._replace(query="", fragment="").geturl()
        return await self._submit(f"{bare}/authenticate", {"answer": "complete"})

    async def _submit(self, url: str, form: dict[str, str]) -> Outcome:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        while True:
            try:
                answer = await self._client.post(url, data=form, follow_redirects=False)
            except httpx.ConnectError:
                # Nothing was sent. After any other failure a person would look before paying again; so the page tells.
                if loop.time() >= deadline:
                    return Outcome.UNREACHABLE
                await asyncio.sleep(PAUSE)
            except httpx.HTTPError:
                return Outcome.UNREACHABLE
            else:
                return _outcome(url, answer)


def _outcome(url: str, answer: httpx.Response) -> Outcome:
    if answer.status_code == httpx.codes.SEE_OTHER:
        there = urlsplit(answer.headers["location"])
        stays = there.path.startswith("/c/pay/") and there.netloc in {"", urlsplit(url).netloc}
        return Outcome.ASKED_BY_BANK if stays else Outcome.PAID
    return Outcome.DECLINED if answer.status_code == httpx.codes.PAYMENT_REQUIRED else Outcome.CLOSED
